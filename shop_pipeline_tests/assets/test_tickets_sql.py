"""clean.tickets beyond its row rules (see test_clean_sql.py): which state of a case holds, and whose cases stay."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shop_pipeline_tests.assets.conftest import Bench

OPENED = datetime(2025, 1, 10, 9)
CLOSED = OPENED + timedelta(days=1)
COLUMNS = "_part _file _row ticket_id customer_id closed_at satisfaction opened_at"


@pytest.fixture
def asked(bench: Bench) -> Bench:
    """40 cases of others, so that one bad row is under the limit."""
    bench.fill("clean.customers", "customer_id", *((f"C{n}",) for n in range(42)))
    land(bench, *(("a.csv", n, f"T{n}", f"C{n}") for n in range(2, 42)))
    return bench


def land(bench: Bench, *rows: tuple[Any, ...]) -> None:
    """Open cases without a mark, but for what stands at the end of a row."""
    bench.fill("raw.tickets", COLUMNS, *((1, *row, *(None, None)[len(row) - 4 :], OPENED) for row in rows))


def case(bench: Bench, ticket: str = "T1") -> list[tuple[Any, ...]]:
    return bench.rows(f"SELECT customer_id, closed_at, satisfaction FROM clean.tickets WHERE ticket_id = '{ticket}'")


def test_a_case_has_the_state_that_landed_last(asked: Bench) -> None:
    """Opened in one file, closed in the next, marked in the third; by file, then by line."""
    land(asked, ("b.csv", 9, "T1", "C1"), ("d.csv", 3, "T1", "C1", CLOSED, 4.0), ("c.csv", 2, "T1", "C1", CLOSED))
    land(asked, ("d.csv", 2, "T1", "C1", CLOSED))
    report = asked.run("clean.tickets")
    assert (report.set_aside, case(asked)) == ({"older_state": 3}, [("C1", CLOSED, 4.0)])


def test_a_broken_state_does_not_hide_the_good_one_before_it(asked: Bench) -> None:
    land(asked, ("b.csv", 2, "T1", "C1", CLOSED), ("c.csv", 2, "T1", "C1", CLOSED, -1.0))
    assert asked.run("clean.tickets").set_aside == {"impossible_mark": 1}
    assert case(asked) == [("C1", CLOSED, None)]


def test_a_number_of_another_customers_case_is_refused(asked: Bench) -> None:
    """A state of a case never changes whose it is: two people under one number are a mistake of the source."""
    land(asked, ("b.csv", 2, "T1", "C1"), ("c.csv", 2, "T1", "C2"))
    assert asked.run("clean.tickets").set_aside == {"duplicate_ticket": 1}
    assert case(asked) == [("C2", None, None)]
    assert asked.rows("SELECT rule, file FROM clean.quarantine") == [("duplicate_ticket", "b.csv")]


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
