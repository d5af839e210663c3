"""`raw.events` through Dagster on landing files: its row rules, and what the run tells when the gate refuses.

Only the one asset runs, with the real definitions and the real instance.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from shop_pipeline.contracts import FEEDS
from shop_pipeline.settings import Paths
from shop_pipeline_tests.pipeline.finished import run_shop

DAY = date(2025, 1, 2)
SHOP_YAML = """
shop: {timezone: Europe/London, currency: GBP, first_day: 2025-01-01}
feeds: {events: {files: "landing/*.csv"}}
"""
HEADER = "event_at,event_type,product_id,event_id,quantity"
GOOD = [f"2025-01-02T10:00:00Z,view,P1,E{number}," for number in range(60)]
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
# One line for each row rule of the contract.
BAD = {
    "broken_line": "2025-01-02T10:00:00Z,view,P1",
    "wrong_type": "2025-01-02T10:00:00Z,view,P1,B2,two",
    "missing_value": "2025-01-02T10:00:00Z,,P1,B3,",
    # 23:59:59 of the day before, in London's winter.
    "before_first_day": "2024-12-31T23:59:59Z,view,P1,B4,",
    "in_the_future": f"{TOMORROW},view,P1,B5,",
}


class Shop:
    """A landing folder, and a run of raw.events over the second of January."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder)
        self.paths.landing.mkdir()
        self.paths.shop_yaml.write_text(SHOP_YAML, "utf-8")

    def land(self, name: str, *lines: str) -> None:
        (self.paths.landing / name).write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")

    def run(self) -> dg.ExecuteInProcessResult:
        return run_shop(self.paths, DAY, DAY, only="raw/events")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.paths.warehouse), read_only=True) as duck:
            return duck.execute(sql).fetchall()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_every_row_rule_has_a_planted_line() -> None:
    assert set(BAD) == {rule.name for rule in FEEDS["events"].row_rules}


def test_each_bad_line_is_refused_by_its_rule(shop: Shop) -> None:
    shop.land("a.csv", *GOOD, *BAD.values())
    assert shop.run().success
    found = shop.rows("SELECT rule, file, line FROM clean.quarantine ORDER BY line")
    # Line 1 is the header, lines 2 to 61 are good.
    assert found == [(rule, "landing/a.csv", 62 + number) for number, rule in enumerate(BAD)]
    assert shop.rows("SELECT count(*) FROM raw.events") == [(60,)]
    told = shop.rows("SELECT file, n_rows, n_refused, first_day, last_day FROM ops.landing_files")
    assert told == [("landing/a.csv", 65, 5, DAY, DAY)]


def test_a_refused_load_leaves_the_last_good_table_and_says_why(shop: Shop) -> None:
    """4 of 64 lines break one rule: 6.25 %, over the limit of 5 %."""
    shop.land("a.csv", *GOOD)
    assert shop.run().success
    before = shop.rows("FROM raw.events ORDER BY _row"), shop.rows("FROM ops.landing_files")
    shop.land("a.csv", *GOOD, *[BAD["wrong_type"]] * 4)
    result = shop.run()
    assert not result.success
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert {name: check.passed for name, check in checks.items()} == {"contract": True, "quarantine_share": False}
    assert checks["quarantine_share"].metadata["failing_rows"].value == 4
    assert result.get_asset_materialization_events() == []
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "raw.events was refused and is as it was. wrong_type: 4 of 64 rows" in str(failure.step_failure_data)
    assert (shop.rows("FROM raw.events ORDER BY _row"), shop.rows("FROM ops.landing_files")) == before
    assert shop.rows("FROM clean.quarantine") == []
    stored = "SELECT n_failed, n_rows FROM ops.check_results WHERE rule = 'wrong_type' AND NOT passed"
    assert shop.rows(stored) == [(4, 64)]


def test_a_refusal_is_not_tried_again(shop: Shop) -> None:
    """raw.events has a retry policy for files that are still arriving; a bad file would only be bad three times."""
    shop.land("a.csv", *[BAD["wrong_type"]] * 4)
    result = shop.run()
    assert not result.success
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
