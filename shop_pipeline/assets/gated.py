"""Contract + builder = asset: the one decorator of the graph.

A builder (a SQL file or a Python function) says where the rows come from; the asset stages them, passes them through
the gate, reports the checks and swaps them in. Not here: the builders (the modules named after their stage), and the
gate (`checks/`).
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import dagster as dg
import duckdb

from ..checks import GateRefused, Outcome, Part, Report
from ..contracts import Table
from ..sources.problems import LandingError
from ..storage import drop_scratch, set_variables
from .lineage import checked_against
from .session import FULL_REFRESH_TAG, Session, WarehouseResource

OWNERS = ["team:shop-data"]
CONTRACT = "contract"
QUARANTINE = "quarantine_share"


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
    days.
    """

    source: str
    companions: tuple[Part, ...] = ()
    refused: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


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
) -> dg.AssetsDefinition:
    """The asset `[schema, table]` over its upstream tables `deps` (qualified names).

    `afterwards` adds metadata from the stored table (a plot, a density).
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
    )
    def asset(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        began = time.monotonic()
        run = _open_run(context, warehouse.session, table, partitioned=partitions is not None)
        try:
            built = build(run)
            report = run.session.gate.write(_part(table, built, run), *built.companions)
        except (LandingError, duckdb.Error) as error:
            # The same input would fail again. Anything else may pass (a file still being copied), where a retry is set.
            raise dg.Failure(str(error), allow_retries=False) from error
        except GateRefused as refusal:
            yield from _check_results(table, refusal.report)
            raise dg.Failure(str(refusal), metadata=_counts(refusal.report), allow_retries=False) from refusal
        finally:
            drop_scratch(run.duck)
        yield from _check_results(table, report)
        extra = built.metadata | (afterwards(run) if afterwards else {})
        yield dg.MaterializeResult(metadata=_counts(report) | extra | {"seconds": round(time.monotonic() - began, 3)})

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
    set_variables(session.duck, {"as_of": as_of})
    return Run(session, as_of, days, tags, context.log)


def _part(table: Table, built: Built, run: Run) -> Part:
    if run.days is None or run.is_full:
        return Part(table, built.source)
    between = f"BETWEEN DATE '{run.days[0]}' AND DATE '{run.days[1]}'"
    label = f"{run.days[0]}..{run.days[1]}"
    return Part(table, built.source, f"{table.partition} {between}", label, built.refused or f'"partition" {between}')


def checks_of(table: Table) -> list[tuple[str, str]]:
    """The checks that the UI shows for a table: name and description."""
    found = [(CONTRACT, "declared columns, key, ranges, values and foreign keys")]
    found += [(rule.name, rule.doc) for rule in table.rules]
    if table.row_rules:
        found.append((QUARANTINE, "no row rule refused more rows than its limit"))
    return found


def _check_results(table: Table, report: Report) -> Iterator[dg.AssetCheckResult]:
    row_rules = {rule.name for rule in table.row_rules}
    for name, _ in checks_of(table):
        if name == CONTRACT:
            mine = [o for o in report.outcomes if not o.is_rule and o.rule not in row_rules]
        elif name == QUARANTINE:
            mine = [o for o in report.outcomes if o.rule in row_rules]
        else:
            mine = [o for o in report.outcomes if o.rule == name]
        yield _check_result(table, name, mine)


def _check_result(table: Table, name: str, outcomes: list[Outcome]) -> dg.AssetCheckResult:
    failed = [o for o in outcomes if not o.passed]
    severe = any(o.severity == "ERROR" for o in failed) or not failed
    counted = [o for o in outcomes if o.n_failed]
    return dg.AssetCheckResult(
        passed=not failed,
        check_name=name,
        asset_key=dg.AssetKey([table.schema, table.name]),
        severity=dg.AssetCheckSeverity.ERROR if severe else dg.AssetCheckSeverity.WARN,
        metadata={
            "expectations": len(outcomes),
            "failing_rows": sum(o.n_failed for o in counted),
            "failing_share": max((o.share for o in counted), default=0.0),
            "sample": dg.MetadataValue.json({o.rule: {"rows": o.n_failed, "sample": _parsed(o)} for o in counted}),
        },
    )


def _parsed(outcome: Outcome) -> Any:
    try:
        return json.loads(outcome.sample or "null")
    except ValueError:  # an exception's text, not a sample
        return outcome.sample


def _counts(report: Report) -> dict[str, Any]:
    counts: dict[str, Any] = {"dagster/row_count": report.n_rows}
    if report.table.row_rules:
        total = report.n_rows + sum(report.set_aside.values())
        counts["set_aside"] = dg.MetadataValue.json(report.set_aside)
        counts["set_aside_share"] = sum(report.set_aside.values()) / total if total else 0.0
    return counts


def column_schema(table: Table) -> dg.TableSchema:
    """The contract's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(c.name, c.type, c.doc, dg.TableColumnConstraints(nullable=not c.required)) for c in table
        ]
    )
