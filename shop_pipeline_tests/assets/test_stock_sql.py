"""clean.stock beyond its row rules (see test_clean_sql.py): which count of a day holds, and what no units mean."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shop_pipeline.checks import Gate
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import Bench

DAY = date(2025, 1, 10)
COLUMNS = "_part _file _row on_hand on_order product_id stock_date lead_time_days"


@pytest.fixture
def counted(bench: Bench) -> Bench:
    """40 counts of other days, so that one bad row is under the limit."""
    bench.set(timezone="UTC")
    bench.fill("clean.products", "product_id is_listed", ("P1", True), ("P2", True))
    bench.fill("clean.prices", "product_id version", ("P1", 1), ("P2", 1))
    bench.fill("raw.products", "product_id", ("P1",), ("P2",))
    count(bench, *(("a.csv", n, n, 0, "P2", date(2024, 1, 1) + timedelta(days=n)) for n in range(2, 42)))
    return bench


def count(bench: Bench, *rows: tuple[Any, ...]) -> None:
    padded = [(1, *row, *("P1", DAY, 7.0)[len(row) - 4 :]) for row in rows]
    bench.fill("raw.stock", COLUMNS, *padded)


def on_hand(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.rows("SELECT on_hand, on_order FROM clean.stock WHERE product_id = 'P1'")


def test_of_several_counts_of_a_day_the_last_landed_holds(counted: Bench) -> None:
    """By file, then by line; the copy of the one that holds is a duplicate, any other is older."""
    count(counted, ("b.csv", 9, 1, 0), ("c.csv", 2, 5, 0), ("c.csv", 3, 8, 0), ("c.csv", 1, 8, 0))
    report = counted.run("clean.stock")
    assert (report.set_aside, on_hand(counted)) == ({"exact_duplicate": 1, "older_count": 2}, [(8, 0)])


def test_a_broken_count_does_not_hide_the_good_one_before_it(counted: Bench) -> None:
    count(counted, ("b.csv", 2, 5, 0), ("c.csv", 2, 9, -1))
    assert counted.run("clean.stock").set_aside == {"impossible_figure": 1}
    assert on_hand(counted) == [(5, 0)]


def test_oversold_is_none_and_not_refused(counted: Bench) -> None:
    """Refused, it would leave the word to an older count, and a product that is oversold would be shown."""
    count(counted, ("b.csv", 2, -3, 4), ("b.csv", 3, 5, 4, "P1", DAY - timedelta(days=1)))
    report = counted.run("clean.stock")
    assert (report.set_aside, report.repaired) == ({}, {"oversold_is_none": 1})
    counted.run("features.product_rules")
    told = counted.rows("SELECT product_id, rule FROM features.product_rules ORDER BY 1")
    assert told == [("P1", "out_of_stock"), ("P2", None)]


def test_without_figures_of_the_supply_a_count_is_a_count(counted: Bench) -> None:
    count(counted, ("b.csv", 2, 5, None, "P1", DAY, None), ("b.csv", 1, 5, None, "P1", DAY, None))
    assert counted.run("clean.stock").set_aside == {"exact_duplicate": 1}
    assert on_hand(counted) == [(5, None)]


@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_where_the_shop_is(counted: Bench, timezone: str) -> None:
    """25 hours lie between the two: they never have the same day."""
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo(timezone)).date()
    counted.set(timezone=timezone, now=now.replace(tzinfo=None))
    count(counted, ("b.csv", 2, 5, 0, "P1", today), ("b.csv", 3, 5, 0, "P1", today + timedelta(days=1)))
    assert counted.run("clean.stock").set_aside == {"in_the_future": 1}


@pytest.mark.parametrize("has_feed", [True, False])
def test_counts_of_unknown_products_are_left_out_however_many(counted: Bench, has_feed: bool) -> None:
    """A stock history outlives products that left the feed unsold, and without a feed nobody may have seen a product:
    no dirt, and no list can show them. The shop's own limit for events of unknown products is not theirs.
    """
    if not has_feed:
        counted.duck.execute("DELETE FROM raw.products")
    count(counted, *(("b.csv", n, 1, 0, f"N{n}") for n in range(2, 102)))
    counted.gate = Gate(
        counted.duck,
        "run-1",
        TABLES["clean.quarantine"],
        TABLES["ops.check_results"],
        limits={"unknown_product": 0.01},
    )
    report = counted.run("clean.stock")
    assert (report.n_rows, report.set_aside) == (40, {"no_such_product": 100})
    assert counted.rows("FROM clean.quarantine") == []


@pytest.mark.parametrize(("n_unknown", "warns"), [(1, False), (2, True)])
def test_a_feed_that_counts_mostly_unknown_products_is_warned_of(counted: Bench, n_unknown: int, warns: bool) -> None:
    """One product of two is known, or of three: ids in another writing would leave no count at all."""
    count(counted, *(("b.csv", n, 1, 0, f"p-{n}") for n in range(n_unknown)))
    told = {outcome.rule: outcome.passed for outcome in counted.run("clean.stock").outcomes}
    assert told["most_counts_are_of_products"] is not warns
