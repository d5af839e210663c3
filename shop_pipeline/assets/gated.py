"""Contract + builder = asset: the one decorator of the graph.

A builder (a SQL file or a Python function) says where the rows come from; the asset stages them, passes them through
the gate and swaps them in. Not here: the builders (the modules named after their stage), the gate (`checks/`), and what
the UI is told (`reporting.py`).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
import duckdb

from ..checks import GateRefused, Part
from ..checks.gate import WHOLE
from ..contracts import Table
from ..sources.problems import LandingError
from ..storage import drop_scratch, set_variables
from .lineage import checked_against
from .reporting import check_results, checks_of, column_schema, counts
from .session import FULL_REFRESH_TAG, Session, WarehouseResource

OWNERS = ["team:shop-data"]


@dataclass(frozen=True)
class Run:
    """What a builder may use: the session, the clock, the days to fill (None: all), and a log."""

    session: Session
    as_of: datetime
    days: tuple[date, date] | None
    tags: dict[str, str]
    log: Any

    @property
    def is_full(self) -> bool:
        """Everything is built again from the landing files, and what is not in them is forgotten."""
        return FULL_REFRESH_TAG in self.tags

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        return self.session.duck


@dataclass(frozen=True)
class Built:
    """A SELECT for the rows, other tables to be written with them, and what people should see beside the counts.

    `refused` is the predicate of the earlier refusals in quarantine that this load replaces; by default those of its
    days. `checked` counts the rows that the limits of the row rules are shares of; by default those of the source.
    `is_stored`: the source only picks from temporary tables of the builder.
    """

    source: str
    companions: tuple[Part, ...] = ()
    refused: str = ""
    checked: str = ""
    is_stored: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)


def empty(name: str, metadata: Mapping[str, object]) -> Built:
    """No rows for the table `name`, and why."""
    return Built(f"SELECT * FROM {name} WHERE false", metadata=dict(metadata))


Builder = Callable[[Run], Built]
Afterthought = Callable[[Run], dict[str, Any]]


def gated_asset(
    table: Table,
    build: Builder,
    deps: Iterable[str],
    *,
    kinds: set[str],
    partitions: dg.PartitionsDefinition | None = None,
    afterwards: Afterthought | None = None,
    retry: dg.RetryPolicy | None = None,
    fresh_for: timedelta | None = None,
) -> dg.AssetsDefinition:
    """The asset `[schema, table]` over its upstream tables `deps` (qualified names).

    `afterwards` adds metadata from the stored table (a plot, a density). After `fresh_for` the UI calls it overdue.
    """
    key = dg.AssetKey([table.schema, table.name])

    @dg.asset(
        key=key,
        deps=_keys(set(deps) | checked_against(table), table),
        description=f"{table.grain[0].upper()}{table.grain[1:]}.",
        group_name=table.schema,
        owners=OWNERS,
        kinds={"duckdb"} | kinds,
        metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.qualified},
        check_specs=[dg.AssetCheckSpec(name, asset=key, description=text) for name, text in checks_of(table)],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        retry_policy=retry,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=fresh_for) if fresh_for else None,
    )
    def asset(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        began = time.monotonic()
        run = _open_run(context, warehouse.session, table, partitioned=partitions is not None)
        try:
            built = build(run)
            report = run.session.gate.write(part_of(table, built, run), *built.companions)
        except (LandingError, duckdb.Error) as error:
            # The same input would fail again. Anything else may pass (a file still being copied), where a retry is set.
            raise dg.Failure(str(error), allow_retries=False) from error
        except GateRefused as refusal:
            yield from check_results(table, refusal.report)
            raise dg.Failure(str(refusal), metadata=counts(refusal.report), allow_retries=False) from refusal
        finally:
            drop_scratch(run.duck)
        yield from check_results(table, report)
        extra = built.metadata | (afterwards(run) if afterwards else {})
        yield dg.MaterializeResult(metadata=counts(report) | extra | {"seconds": round(time.monotonic() - began, 3)})

    return asset


def _keys(names: set[str], table: Table) -> list[dg.AssetKey]:
    # A table is not upstream of itself; ops tables are written by the gate and by raw.events, and are no assets.
    return [dg.AssetKey(name.split(".")) for name in sorted(names - {table.qualified}) if not name.startswith("ops.")]


def _open_run(context: dg.AssetExecutionContext, session: Session, table: Table, *, partitioned: bool) -> Run:
    tags = dict(context.run.tags)
    days = None
    if partitioned:
        span = context.partition_key_range
        days = (date.fromisoformat(span.start), date.fromisoformat(span.end))
        if FULL_REFRESH_TAG in tags:
            days = (session.settings.shop.first_day, datetime.now(session.settings.shop.zone).date())
        set_variables(session.duck, {"since": days[0], "until": days[1]})
    # The version of a product is chosen before any event of the run is clean.
    as_of = session.as_of(tags, "raw.events" if table.schema == "clean" else "clean.events")
    set_variables(session.duck, {"as_of": as_of, "is_full": FULL_REFRESH_TAG in tags})
    return Run(session, as_of, days, tags, context.log)


def part_of(table: Table, built: Built, run: Run) -> Part:
    if run.days is None or run.is_full:
        whole = built.refused or WHOLE
        return Part(table, built.source, refused=whole, checked=built.checked, is_stored=built.is_stored)
    between = f"BETWEEN DATE '{run.days[0]}' AND DATE '{run.days[1]}'"
    label = f"{run.days[0]}..{run.days[1]}"
    refused = built.refused or f'"partition" {between}'
    replaces = f"{table.partition} {between}"
    return Part(table, built.source, replaces, label, refused, built.checked, built.is_stored)
