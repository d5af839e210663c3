"""`raw.events` through Dagster on landing files: its row rules, and what the run tells when the gate refuses.

Only the one asset runs, with the real definitions and the real instance.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from shop_pipeline.automation.landing_days import Days, days_to_load, new_files
from shop_pipeline.contracts import FEEDS, TABLES
from shop_pipeline.settings import Paths, load_settings
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

    def __init__(self, folder: Path, files: str = "landing/*.csv") -> None:
        self.paths = Paths(folder)
        self.paths.landing.mkdir()
        self.paths.shop_yaml.write_text(SHOP_YAML.replace("landing/*.csv", files), "utf-8")

    def land(self, name: str, *lines: str) -> None:
        (self.paths.landing / name).write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")

    def run(self, since: date = DAY, until: date | None = None) -> dg.ExecuteInProcessResult:
        return run_shop(self.paths, since, until or since, only="raw/events")

    def files_read(self, result: dg.ExecuteInProcessResult) -> tuple[object, object]:
        """How many files the run read, of how many in the landing folder."""
        assert result.success
        metadata = result.get_asset_materialization_events()[0].materialization.metadata
        return metadata["files_read"].value, metadata["files_in_landing"].value

    def remember_good_run(self, file: str) -> None:
        """What the last step of a whole run does, as far as raw.events asks: the manifest names the file."""
        with duckdb.connect(str(self.paths.warehouse)) as duck:
            columns = {column.name: "''" for column in TABLES["ops.run_manifest"]}
            columns |= {"inputs": f"to_json(map {{'{file}': ''}})", "as_of": "TIMESTAMP '2025-01-21'"}
            selected = ", ".join(f"{value} AS {name}" for name, value in columns.items())
            duck.execute(f"INSERT INTO ops.run_manifest BY NAME SELECT {selected}")

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


def test_only_files_of_the_days_are_read_where_names_say_the_day(tmp_path: Path) -> None:
    """A run of the 2nd reads the new files of the 1st to the 3rd, because the names may follow another time zone, and
    one whose digits are no day. The file of the 9th waits."""
    shop = Shop(tmp_path, "landing/{date}.csv")
    for name in ("20250101.csv", "2025-01-02.csv", "20250103.csv", "20250109.csv", "20259999.csv"):
        shop.land(name, f"{name[:4]}-01-02T10:00:00Z,view,P1,E{name},")
    assert shop.files_read(shop.run()) == (4, 5)
    assert shop.rows("SELECT count(*) FROM raw.events") == [(4,)]
    # What is loaded goes by what it holds, whatever its name says: nothing of the 9th is in any of the four.
    assert shop.files_read(shop.run(date(2025, 1, 9))) == (1, 5)


def test_rows_of_another_day_than_the_name_says_arrive_with_their_file(tmp_path: Path) -> None:
    """The file of the 9th holds a late row of the 2nd. A run of the 2nd leaves it; but the file is new all the same,
    and the run that it asks for spans its rows and its name."""
    shop = Shop(tmp_path, "landing/{date}.csv")
    shop.land("20250102.csv", GOOD[0])
    shop.land("20250109.csv", "2025-01-02T11:00:00Z,view,P1,late,")
    assert shop.files_read(shop.run()) == (1, 2)
    assert shop.rows("SELECT event_id FROM raw.events") == [("E0",)]
    settings = load_settings(shop.paths.shop_yaml)
    # Nothing is published here, so that all files are new; the first one alone is known to the warehouse.
    late = [file for file in new_files(shop.paths, settings) if file.name == "landing/20250109.csv"]
    days = days_to_load(shop.paths, late, settings)
    assert days == Days(DAY, date(2025, 1, 9))
    assert shop.files_read(shop.run(days.since, days.until)) == (2, 2)
    assert shop.rows("SELECT event_id FROM raw.events ORDER BY event_id") == [("E0",), ("late",)]
    # From now on it goes by what it holds.
    assert shop.files_read(shop.run()) == (2, 2)
    assert shop.rows("SELECT count(*) FROM raw.events") == [(2,)]


def test_a_file_that_waits_keeps_what_an_earlier_run_loaded_of_it(tmp_path: Path) -> None:
    """A run over the 8th to the 20th loads the file of the 9th without its row of the 2nd: it is not done with, and a
    run of the 20th does not read it: its row of the 20th stays."""
    shop = Shop(tmp_path, "landing/{date}.csv")
    times = ("2025-01-02T10:00:00Z", "2025-01-20T10:00:00Z")
    shop.land("20250109.csv", *[f"{time},view,P1,{time}," for time in times])
    assert shop.files_read(shop.run(date(2025, 1, 8), date(2025, 1, 20))) == (1, 1)
    shop.remember_good_run("landing/20250109.csv")
    assert shop.rows("SELECT event_id FROM raw.events") == [(times[1],)]
    assert shop.files_read(shop.run(date(2025, 1, 20))) == (0, 1)
    assert shop.rows("SELECT event_id FROM raw.events") == [(times[1],)]


def test_a_refusal_is_not_tried_again(shop: Shop) -> None:
    """raw.events has a retry policy for files that are still arriving; a bad file would only be bad three times."""
    shop.land("a.csv", *[BAD["wrong_type"]] * 4)
    result = shop.run()
    assert not result.success
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
