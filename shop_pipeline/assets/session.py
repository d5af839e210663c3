"""One run's hold on the warehouse: connection, gate, settings and clock, shared by all assets of the run.

Here: opening, and the values that SQL reads with `getvariable`. Not here: what an asset does with them (`gated.py`).
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from ..checks import Gate
from ..contracts import TABLES
from ..models.readiness_rules import COUNTED
from ..settings import Paths, SettingsError, ShopSettings, find_paths, load_settings
from ..storage import open_warehouse, set_variables

AS_OF_TAG = "shop/as_of"
FULL_REFRESH_TAG = "shop/full_refresh"
TUNING_TAG = "shop/tuning"


@dataclass(frozen=True)
class Session:
    """What the assets of one run share."""

    duck: duckdb.DuckDBPyConnection
    gate: Gate
    paths: Paths
    settings: ShopSettings
    run_id: str

    def as_of(self, tags: dict[str, str], newest_in: str = "clean.events") -> datetime:
        """The run's clock: the end of the day in the tag, else of the newest day in that table of events (UTC)."""
        given = tags.get(AS_OF_TAG)
        if given:
            return self.end_of_day(date.fromisoformat(given))
        if TUNING_TAG in tags:
            # It builds only some of the marts, and all have to be of one moment.
            last = self.duck.execute("SELECT max(as_of) FROM marts.model_readiness").fetchone()
            if last and last[0]:
                clock: datetime = last[0]
                return clock
        newest = self.duck.execute(f"SELECT max(event_date) FROM {newest_in}").fetchone()
        return self.end_of_day(newest[0] if newest and newest[0] else self.settings.shop.first_day)

    def end_of_day(self, day: date) -> datetime:
        """The first instant (UTC, naive) after a calendar day of the shop."""
        midnight = datetime.combine(day + timedelta(days=1), time(), self.settings.shop.zone)
        return midnight.astimezone(UTC).replace(tzinfo=None)


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Holds the warehouse open for the run. Waits for another holder, then fails with its process id."""

    memory_gb: float = 4.0
    lock_wait_seconds: float = 20.0
    _session: Session | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["WarehouseResource"]:
        paths = find_paths()
        settings = load_settings(paths.shop_yaml)
        run_id = context.run.run_id if context.run else ""
        duck = open_warehouse(paths.warehouse, memory_gb=self.memory_gb, wait_seconds=self.lock_wait_seconds)
        try:
            set_variables(duck, run_variables(settings, run_id) | {"id_key": id_key(paths)})
            gate = Gate(duck, run_id, TABLES["clean.quarantine"], TABLES["ops.check_results"], known_limits(settings))
            self._session = Session(duck, gate, paths, settings, run_id)
            yield self
        finally:
            self._session = None
            duck.close()

    @property
    def session(self) -> Session:
        if self._session is None:
            raise RuntimeError("the warehouse is open during a run only")
        return self._session


def id_key(paths: Paths) -> str:
    """The secret that presets put before a mail address that they make an id of; made at the first run, then kept.

    Without it, who has a list of addresses could tell whose ids stand in the published file.
    """
    if not paths.id_key.exists():
        paths.id_key.touch(mode=0o600)
        paths.id_key.write_text(secrets.token_hex(16), "utf-8")
    return paths.id_key.read_text("utf-8").strip()


def known_limits(settings: ShopSettings) -> dict[str, float]:
    """The own limits of row rules. Raises `SettingsError` for a rule that no contract has."""
    rules = {rule.name for table in TABLES.values() for rule in table.row_rules}
    if unknown := set(settings.limits) - rules:
        raise SettingsError(f"shop.yaml: limits: {sorted(unknown)}: no such row rule; there are {sorted(rules)}")
    return settings.limits


def run_variables(settings: ShopSettings, run_id: str) -> dict[str, object]:
    """What SQL files may read. `now` is the start of the run (UTC); no model sees it, it only refuses the future."""
    return {
        "run_id": run_id,
        "now": datetime.now(UTC).replace(tzinfo=None),
        "first_day": settings.shop.first_day,
        "currency": settings.shop.currency,
        "timezone": settings.shop.timezone,
        "return_window_days": settings.returns.window_days,
        "half_life_days": settings.interactions.half_life_days,
        "event_weights": settings.interactions.weights,
        "leave_out": settings.interactions.leave_out,
        **settings.customers.model_dump(exclude={"test_patterns"}),
        "test_pattern": settings.customers.test_pattern,
        "list_length": settings.recommend.list_length,
        "customer_measures": settings.recommend.customer_measures,
        "holdout_days": settings.recommend.holdout_days,
        **settings.lists.model_dump(),
        "n_categories": settings.propensity.categories,
        "demand_history_days": settings.demand.history_days,
        "promotion_discount": settings.demand.promotion_discount,
        **COUNTED,
    }
