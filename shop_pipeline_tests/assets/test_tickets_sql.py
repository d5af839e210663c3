"""clean.tickets beyond its row rules (see test_clean_sql.py): which state of a case holds, and whose cases stay."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shop_pipeline_tests.assets.conftest import Bench

OPENED = datetime(2025, 1, 10, 9)
CLOSED = OPENED + timedelta(days=1)
COLUMNS = "_part _loaded_at _file _row ticket_id customer_id closed_at satisfaction opened_at"


@pytest.fixture
def asked(bench: Bench) -> Bench:
    """40 cases of others, so that one bad row is under the limit."""
    bench.fill("clean.customers", "customer_id", *((f"C{n}",) for n in range(42)))
    land(bench, *(("a.csv", n, f"T{n}", f"C{n}") for n in range(2, 42)))
    return bench


def land(bench: Bench, *rows: tuple[Any, ...], changed_at: datetime = OPENED) -> None:
    """Open cases without a mark, but for what stands at the end of a row; all files were changed at one time."""
    told = ((1, changed_at, *row, *(None, None)[len(row) - 4 :], OPENED) for row in rows)
    bench.fill("raw.tickets", COLUMNS, *told)


def case(bench: Bench, ticket: str = "T1") -> list[tuple[Any, ...]]:
    return bench.rows(f"SELECT customer_id, closed_at, satisfaction FROM clean.tickets WHERE ticket_id = '{ticket}'")


def test_a_case_has_the_state_that_landed_last(asked: Bench) -> None:
    """Opened in one file, closed in the next, marked in the third; by file, then by line."""
    land(asked, ("b.csv", 9, "T1", "C1"), ("d.csv", 3, "T1", "C1", CLOSED, 4.0), ("c.csv", 2, "T1", "C1", CLOSED))
    land(asked, ("d.csv", 2, "T1", "C1", CLOSED))
    report = asked.run("clean.tickets")
    assert (report.set_aside, case(asked)) == ({"older_state": 3}, [("C1", CLOSED, 4.0)])


def test_a_file_that_was_changed_later_holds_whatever_its_name(asked: Bench) -> None:
    land(asked, ("tickets_10.csv", 2, "T1", "C1", CLOSED, 4.0), changed_at=OPENED + timedelta(days=10))
    land(asked, ("tickets_9.csv", 2, "T1", "C1", CLOSED), changed_at=OPENED + timedelta(days=9))
    assert asked.run("clean.tickets").set_aside == {"older_state": 1}
    assert case(asked) == [("C1", CLOSED, 4.0)]


@pytest.mark.parametrize(
    ("zone", "closed", "told", "refused"),
    [
        ("UTC", datetime(2025, 1, 10), OPENED, {}),
        # The 10th begins in Tokyo at 15:00 of the 9th, UTC; a source may mean it in UTC there, too.
        ("Asia/Tokyo", datetime(2025, 1, 9, 15), OPENED, {}),
        ("Asia/Tokyo", datetime(2025, 1, 10), OPENED, {}),
        ("UTC", datetime(2025, 1, 11), datetime(2025, 1, 11), {}),
        ("UTC", datetime(2025, 1, 9), None, {"closed_before_opened": 1}),
        ("UTC", datetime(2025, 1, 10, 0, 1), None, {"closed_before_opened": 1}),
    ],
)
def test_closed_on_the_day_of_its_opening_without_a_time_is_no_mistake(
    asked: Bench, zone: str, closed: datetime, told: datetime | None, refused: dict[str, int]
) -> None:
    """It was opened on the 10th at 9:00 UTC; a day alone is read as its midnight."""
    asked.set(timezone=zone)
    land(asked, ("b.csv", 2, "N1", "C1", closed))
    report = asked.run("clean.tickets")
    assert (report.set_aside, report.repaired) == (refused, {"closed_on_its_day": int(told == OPENED)})
    assert case(asked, "N1") == ([] if refused else [("C1", told, None)])


def test_what_is_refused_is_kept_as_it_landed(asked: Bench) -> None:
    """Closed at midnight, and refused for its mark: the quarantine has the midnight."""
    land(asked, ("b.csv", 2, "N1", "C1", datetime(2025, 1, 10), -1.0))
    asked.run("clean.tickets")
    assert asked.rows("SELECT row_json ->> 'closed_at' FROM clean.quarantine") == [("2025-01-10 00:00:00",)]


def test_a_broken_state_does_not_hide_the_good_one_before_it(asked: Bench) -> None:
    land(asked, ("b.csv", 2, "T1", "C1", CLOSED), ("c.csv", 2, "T1", "C1", CLOSED, -1.0))
    assert asked.run("clean.tickets").set_aside == {"impossible_mark": 1}
    assert case(asked) == [("C1", CLOSED, None)]


def test_a_number_of_another_customers_case_is_refused(asked: Bench) -> None:
    """One file knows whose a case is: two people under one number are a mistake of the source."""
    land(asked, ("c.csv", 2, "T1", "C1"), ("c.csv", 3, "T1", "C2"))
    assert asked.run("clean.tickets").set_aside == {"duplicate_ticket": 1}
    assert case(asked) == [("C2", None, None)]
    assert asked.rows("SELECT rule, file, line FROM clean.quarantine") == [("duplicate_ticket", "c.csv", 2)]


def test_a_case_follows_its_customer_into_another(asked: Bench) -> None:
    """C1 was merged into C2 after b.csv: its cases are C2's since, and nothing is wrong with the older files."""
    land(asked, ("b.csv", 2, "T1", "C1", CLOSED), ("c.csv", 2, "T1", "C2", CLOSED))
    assert asked.run("clean.tickets").set_aside == {"older_state": 1}
    assert case(asked) == [("C2", CLOSED, None)]


@pytest.mark.parametrize(("n_unknown", "warns"), [(40, False), (41, True)])
def test_who_is_no_customer_may_ask_and_mostly_unknown_ids_are_warned_of(
    asked: Bench, n_unknown: int, warns: bool
) -> None:
    """40 cases are of known customers. Questions before the first purchase are no dirt: none is refused."""
    land(asked, *(("b.csv", n, f"N{n}", f"c-{n}") for n in range(n_unknown)))
    report = asked.run("clean.tickets")
    told = {outcome.rule: outcome.passed for outcome in report.outcomes}
    assert (report.n_rows, report.set_aside) == (40 + n_unknown, {})
    assert told["most_cases_are_of_customers"] is not warns
