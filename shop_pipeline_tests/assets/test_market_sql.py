"""clean.market beyond its row rules (see test_clean_sql.py), our share of the market, and our prices beside a rival's.

The clock of the hand-worked shop is the end of 28 February 2025: 1 February is 28 days ago, 1 January is 59.
"""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shop_pipeline.assets import market_page as pages
from shop_pipeline.simulate import ShopConfig, write_sample
from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import open_shop, sell
from shop_pipeline_tests.assets.test_growth_sql import told

DEC, JAN, FEB, MAR = date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)
TOLD = "_part _file _row category period_date market_revenue competitor_price"


def tell(bench: Bench, *rows: tuple[Any, ...], file: str = "m.csv") -> None:
    """Figures of the market feed: category, period, revenue and, if told, a competitor's price."""
    padded = [(1, file, number, *row, *(None,)[: 4 - len(row)]) for number, row in enumerate(rows)]
    bench.fill("raw.market", TOLD, *padded)


def book(bench: Bench, event: str, days_ago: float, amount: float, **given: Any) -> None:
    """A sale in the books."""
    sell(bench, event, given.pop("customer", "C1"), days_ago, amount, booked_amount=amount, **given)


def take_back(bench: Bench, event: str, days_ago: float, amount: float, **given: Any) -> None:
    """A return in the books: no sale, and money the other way."""
    book(bench, event, days_ago, 0, **({"is_return": True} | given))
    bench.duck.execute("UPDATE clean.order_lines SET booked_amount = ? WHERE event_id = ?", [-amount, event])


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1", "C2")


def share(bench: Bench, columns: str) -> list[tuple[Any, ...]]:
    bench.run("clean.market")
    bench.run("marts.market_share")
    return bench.rows(f"SELECT category, period_date, {columns} FROM marts.market_share ORDER BY category, period_date")


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (days("2024-01-01", "2024-02-01", "2024-03-01"), days("2024-02-01", "2024-03-01", "2024-04-01")),
        (days("2024-01-15", "2024-02-15", "2024-03-15"), days("2024-02-15", "2024-03-15", "2024-04-15")),
        (days("2024-01-01", "2024-04-01", "2024-07-01"), days("2024-04-01", "2024-07-01", "2024-10-01")),
        (days("2023-01-01", "2024-01-01"), days("2024-01-01", "2025-01-01")),
        (days("2024-12-23", "2024-12-30", "2025-01-06"), days("2024-12-30", "2025-01-06", "2025-01-13")),
        (days("2024-02-27", "2024-02-28", "2024-02-29"), days("2024-02-28", "2024-02-29", "2024-03-01")),
        # A month that is missing makes no month of two.
        (
            days("2024-01-01", "2024-02-01", "2024-03-01", "2024-06-01"),
            days("2024-02-01", "2024-03-01", "2024-04-01", "2024-07-01"),
        ),
        # Retail months: four weeks, four, five, and again; the last may be of either.
        (
            days("2024-01-01", "2024-01-29", "2024-02-26", "2024-04-01", "2024-04-29"),
            [*days("2024-01-29", "2024-02-26", "2024-04-01", "2024-04-29"), None],
        ),
        # Four weeks each time so far, and three calendar months that might be four weeks, too.
        (days("2024-02-26", "2024-03-25", "2024-04-22"), [*days("2024-03-25", "2024-04-22"), None]),
        (days("2023-02-01", "2023-03-01"), [*days("2023-03-01"), None]),
        # A week that is missing, and one that was cut.
        (days("2024-01-01", "2024-01-08", "2024-01-29"), days("2024-01-08", "2024-01-15", "2024-02-05")),
        (
            days("2023-12-29", "2024-01-01", "2024-01-08", "2024-01-15"),
            [*days("2024-01-01", "2024-01-08", "2024-01-15"), None],
        ),
        # One period tells no length.
        (days("2024-01-01"), [None]),
    ],
)
def test_how_long_a_period_is(bench: Bench, begins: list[date], ends: list[date | None]) -> None:
    tell(bench, *(("tea", begin, 1) for begin in begins))
    bench.run("clean.market")
    assert bench.rows("SELECT period_until FROM clean.market ORDER BY period_date") == [(end,) for end in ends]


RETAIL = days("2024-10-07", "2024-11-04", "2024-12-02", "2025-01-06", "2025-02-03", "2025-03-03", "2025-04-07")
"""The first days of retail months of 4, 4, 5, 4, 4 and 5 weeks."""


@pytest.mark.parametrize(
    ("clock", "newest"),
    [
        # The month of five weeks from 2 December on, one day before and after the next begins.
        (datetime(2025, 1, 6), (date(2024, 11, 4), date(2024, 12, 2))),
        (datetime(2025, 1, 7), (date(2024, 12, 2), date(2025, 1, 6))),
        (datetime(2025, 2, 3, 15), (date(2024, 12, 2), date(2025, 1, 6))),
        (datetime(2025, 2, 4), (date(2025, 1, 6), date(2025, 2, 3))),
        (datetime(2025, 4, 10), (date(2025, 3, 3), date(2025, 4, 7))),
    ],
)
def test_retail_months_end_where_the_next_begins(shop: Bench, clock: datetime, newest: tuple[date, date]) -> None:
    """Weeks and calendar months beside them. What the feed tells of days from the clock's on changes nothing."""
    book(shop, "A", 90, 5)
    book(shop, "B", 40, 7)
    tell(shop, *(("home", begin, 100, 3) for begin in RETAIL))
    tell(shop, *(("food", begin, 100, 3) for begin in (DEC, JAN, FEB, MAR, date(2025, 4, 1))), file="n.csv")
    mondays = [date(2024, 12, 2) + timedelta(days=7 * week) for week in range(18)]
    tell(shop, *(("toys", begin, 100, 3) for begin in mondays), file="o.csv")
    shop.set(as_of=clock)

    def seen() -> list[list[tuple[Any, ...]]]:
        for name in ("clean.market", "marts.market_share", "marts.competitor_prices"):
            shop.run(name)
        tables = ("market_share", "competitor_prices")
        return [shop.rows(f"SELECT * FROM marts.{table} ORDER BY category, period_date") for table in tables]

    found = seen()
    home = "SELECT max((period_date, period_until)) FROM marts.market_share WHERE category = 'home'"
    assert shop.rows(home) == [(newest,)]
    shop.duck.execute("DELETE FROM raw.market WHERE period_date >= ?", [clock.date()])
    assert seen() == found
    assert len(found[0]) > 0


def test_a_week_that_is_cut_after_the_clock_is_guessed_whole(shop: Bench) -> None:
    """The feed already tells of a week that begins five days after the last one: the run's clock does not know it."""
    tell(shop, *(("home", begin, 1) for begin in days("2025-02-10", "2025-02-17", "2025-02-24", "2025-03-01")))
    shop.run("clean.market")
    ends = shop.rows("SELECT period_until FROM clean.market ORDER BY period_date")
    assert ends == [(end,) for end in (*days("2025-02-17", "2025-02-24", "2025-03-03"), None)]


def test_a_category_told_once_has_the_usual_length_of_the_feed(bench: Bench) -> None:
    """Tea and coffee are told by the month, oil by the day; cocoa once: as long as most."""
    tell(bench, *((name, month, 1) for name in ("tea", "coffee") for month in (DEC, JAN, FEB)), ("cocoa", FEB, 1))
    tell(bench, ("oil", JAN, 1), ("oil", date(2025, 1, 2), 1), file="n.csv")
    bench.run("clean.market")
    assert bench.rows("SELECT period_until FROM clean.market WHERE category = 'cocoa'") == [(MAR,)]


def test_the_figures_that_landed_last_hold_in_whatever_writing(bench: Bench) -> None:
    """A revision in a file that is younger, though its name comes first; a broken one hides nothing."""
    tell(bench, ("food>tea", JAN, 100, 5), ("food>tea", FEB, 200, 0))
    bench.fill("raw.market", f"{TOLD} _loaded_at", (1, "a.csv", 1, " food  >tea ", JAN, 90, 4, datetime(2025, 3, 2)))
    # One row of three is over the limit of 5 %.
    tell(bench, *((f"other {n}", JAN, 1) for n in range(40)), ("food > tea", JAN, -1), file="z.csv")
    report = bench.run("clean.market")
    assert report.set_aside == {"older_figure": 1, "impossible_figure": 1}
    assert report.repaired == {"no_price_is_none": 1}
    found = bench.rows("SELECT category, market_revenue, competitor_price FROM clean.market WHERE category ~ 'food.*'")
    assert sorted(found, key=str) == [("food > tea", 200, None), ("food > tea", 90, 4)]


@pytest.mark.parametrize(
    ("categories", "dates", "warns"),
    [
        (("home", "toys"), (JAN, FEB, MAR), set()),
        (("home", "toys", "cars"), (JAN, FEB, MAR), {"most_categories_are_ours"}),
        (("home",), days("2024-12-31", "2025-01-31", "2025-02-28"), {"periods_are_told_by_their_first_day"}),
    ],
)
def test_a_feed_of_another_writing_is_warned_of(
    shop: Bench, categories: tuple[str, ...], dates: tuple[date, ...], warns: set[str]
) -> None:
    tell(shop, *((name, day, 1) for name in categories for day in dates))
    assert {outcome.rule for outcome in shop.run("clean.market").outcomes if not outcome.passed} == warns


@pytest.fixture
def sold(shop: Bench) -> Bench:
    """First sale on 20 December, 5 of home. January: 40 and 10 of home (C2 unknown), 30 of tea, none back. February: 60
    of home, 10 of it back, 7 of no category, postage of 3.
    """
    book(shop, "A", 71, 5)
    book(shop, "B", 50, 40)
    book(shop, "C", 40, 10, customer=None, product_id="P2")
    book(shop, "D", 35, 30, product_id="P4")
    book(shop, "E", 28, 60)
    take_back(shop, "F", 20, 10)
    book(shop, "G", 10, 7, product_id="P3")
    book(shop, "H", 10, 3, product_id="POST", is_service=True)
    return shop


def test_share_and_growth(sold: Bench) -> None:
    """December began before the first sale, and March is not over. Nobody sells toys here. The total is of the months
    that all three are told of: 80 of 850 and 60 of 650.
    """
    tell(sold, ("home", DEC, 100), ("home", JAN, 500), ("home", FEB, 600), ("home", MAR, 700))
    tell(sold, ("food > tea", DEC, 60), ("food > tea", JAN, 300), ("food > tea", FEB, 0), file="n.csv")
    tell(sold, ("toys", JAN, 50), ("toys", FEB, 50), file="o.csv")
    columns = "is_complete, n_products, revenue, net_revenue, share, round(growth, 9), market_growth"
    february = 60 / 650
    assert share(sold, columns) == [
        ("(all)", JAN, True, 3, 80, 80, 80 / 850, None, None),
        ("(all)", FEB, True, 3, 60, 50, february, -0.25, pytest.approx(650 / 850 - 1)),
        ("food > tea", DEC, False, 1, 0, 0, None, None, None),
        ("food > tea", JAN, True, 1, 30, 30, 0.1, None, None),
        ("food > tea", FEB, True, 1, 0, 0, None, -1.0, -1.0),
        ("home", DEC, False, 2, 5, 5, None, None, None),
        ("home", JAN, True, 2, 50, 50, 0.1, None, None),
        ("home", FEB, True, 2, 60, 50, 0.1, 0.2, pytest.approx(0.2)),
        ("toys", JAN, True, 0, 0, 0, 0.0, None, None),
        ("toys", FEB, True, 0, 0, 0, 0.0, None, 0.0),
    ]
    change = "SELECT round(share_change, 9) FROM marts.market_share WHERE period_date = '2025-02-01' ORDER BY category"
    assert sold.rows(change) == [(round(february - 80 / 850, 9),), (None,), (0.0,), (0.0,)]
    page = pages.share(told(sold))["examples"].value
    assert "| home | 2025-02-01 | 2025-03-01 | 60.00 | 600.00 | 10.0 | 0.0 | 20.0 | 20.0 |" in page


def test_a_line_counts_once_in_each_category_that_holds_it(sold: Bench) -> None:
    """The whole market holds also what has no category: 60 + 7. `homeware` begins like `home`, and is another thing."""
    tell(sold, *((name, month, 100) for name in ("(all)", "home", "home > mugs", "homeware") for month in (JAN, FEB)))
    found = [(name, revenue) for name, month, revenue in share(sold, "revenue") if month == FEB]
    assert found == [("(all)", 67), ("home", 60), ("home > mugs", 60), ("homeware", 0)]


@pytest.mark.parametrize(("market", "warns"), [(60, False), (59, True)])
def test_a_market_smaller_than_our_sales_is_warned_of(sold: Bench, market: int, warns: bool) -> None:
    tell(sold, ("home", JAN, 500), ("home", FEB, market))
    sold.run("clean.market")
    told = {outcome.rule: outcome.passed for outcome in sold.run("marts.market_share").outcomes}
    assert told["shares_are_below_one"] is not warns


@pytest.mark.parametrize("label", ["test", "staff"])
def test_a_test_order_is_no_sale_and_one_of_staff_is(sold: Bench, label: str) -> None:
    sold.fill("clean.customer_labels", "customer_id label rule", ("C2", label, "listed_id"))
    book(sold, "I", 5, 100, customer="C2")
    tell(sold, ("home", JAN, 500), ("home", FEB, 600))
    assert share(sold, "revenue")[-1] == ("home", FEB, 60 if label == "test" else 160)


def test_a_month_is_one_of_the_shop(sold: Bench) -> None:
    """In New York the clock is in the evening of 28 February: the month is not over there."""
    tell(sold, ("home", JAN, 500), ("home", FEB, 600))
    sold.set(timezone="America/New_York")
    assert {month for _, month, _ in share(sold, "revenue")} == {JAN}


def test_nothing_after_the_clock_is_used(sold: Bench) -> None:
    """At the end of January its figures are known, and February's are not, although the feed tells them."""
    tell(sold, ("home", DEC, 400), ("home", JAN, 500), ("home", FEB, 600))
    tell(sold, ("what is told later", FEB, 1), file="n.csv")
    sold.set(as_of=datetime(2025, 2, 1))
    both = [(DEC, 5), (JAN, 50)]
    assert share(sold, "revenue") == [(name, *told) for name in ("(all)", "home") for told in both]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "there is no market feed"),
        ([("home", JAN, 1)], "nothing tells yet when a period of the market feed ends"),
        ([("home", MAR, 1), ("home", date(2025, 4, 1), 1)], "no period of the market feed lies between the first sale"),
    ],
)
def test_an_empty_share_says_why(sold: Bench, rows: list[tuple[Any, ...]], why: str) -> None:
    tell(sold, *rows)
    assert share(sold, "share") == []
    assert pages.share(told(sold))["note"].startswith(why)


def test_a_shop_without_a_sale_has_no_share(shop: Bench) -> None:
    tell(shop, ("home", JAN, 1), ("home", FEB, 1))
    assert share(shop, "share") == []
    assert pages.share(told(shop)) == {"note": "no sale yet"}


def test_the_simulated_shares_come_out(bench: Bench, tmp_path: Path) -> None:
    """Four months; each figure of the market has 3 % noise: four standard errors of the mean of four are 6 %."""
    write_sample(ShopConfig(days=122, customers=100, products=48, seed=4, dirt=0, last_day=date(2025, 6, 30)), tmp_path)
    bench.set(timezone="Europe/London", as_of=datetime(2025, 6, 30, 23))
    events, feed = tmp_path / "landing/events/*.csv", tmp_path / "landing/market/market.csv"
    bench.duck.execute(
        f"INSERT INTO clean.products BY NAME SELECT DISTINCT product_id, category, true AS is_listed"
        f" FROM '{tmp_path / 'landing/products/products.csv'}'"
    )
    bench.duck.execute(
        "INSERT INTO clean.order_lines BY NAME SELECT order_id, row_number() OVER () AS line_number, event_id,"
        " product_id, moment AS line_at, false AS is_service, false AS is_return, units AS quantity,"
        " price AS unit_price, (moment AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/London')::DATE AS line_date,"
        " units AS net_quantity, 0 AS matched_quantity, 0 AS returned_quantity, 0 AS returned_amount,"
        " units * price AS gross_amount, units * price AS net_amount, units * price AS booked_amount"
        " FROM (SELECT *, rtrim(event_at, 'Z')::TIMESTAMP AS moment, quantity::BIGINT AS units,"
        f" unit_price::DECIMAL(18, 4) AS price FROM read_csv('{events}', all_varchar = true)"
        " WHERE event_type = 'purchase')"
    )
    bench.duck.execute(
        f"INSERT INTO raw.market BY NAME SELECT *, '' AS _file, row_number() OVER () AS _row, 1 AS _part,"
        f" TIMESTAMP '2025-07-01' AS _loaded_at FROM '{feed}'"
    )
    share(bench, "share")
    found = dict(bench.rows("SELECT category, avg(share) FROM marts.market_share GROUP BY 1 HAVING count(*) = 4"))
    truth = json.loads((tmp_path / "truth/parameters.json").read_text("utf-8"))["market_share"]
    assert {name: found[name] / true for name, true in truth.items()} == {
        name: pytest.approx(1, abs=4 * 0.03 / 2) for name in truth
    }


def rivals(bench: Bench) -> list[tuple[Any, ...]]:
    bench.run("clean.market")
    bench.run("marts.competitor_prices")
    return bench.rows(
        "SELECT category, period_date, n_products, round(our_price, 6), paid_price, competitor_price, round(gap, 6),"
        " round(gap_share, 6) FROM marts.competitor_prices ORDER BY category, period_date"
    )


def test_our_prices_beside_a_rivals(sold: Bench) -> None:
    """P1 is listed at 10 until 16 January, then at 20: (15 x 10 + 16 x 20) / 31 = 470 / 31 in January, 20 in February.
    P2 has no list price: in January it was paid 10 for one, in February nobody bought it. What was given away had no
    price. Two units of P1 for 60 would be 30 each: January's paid price is (40 + 10) / 3.
    """
    sold.duck.execute("DELETE FROM clean.prices")
    sold.fill("clean.products", "product_id category", ("P5", "home"))
    sold.fill(
        "clean.prices",
        "product_id version valid_from valid_until unit_price",
        ("P1", 1, None, datetime(2025, 1, 16), 10),
        ("P1", 2, datetime(2025, 1, 16), None, 20),
        ("P2", 1, None, None, None),
        # It comes after the clock.
        ("P5", 1, datetime(2025, 3, 1), None, 1000),
    )
    sold.duck.execute("UPDATE clean.order_lines SET unit_price = gross_amount")
    sold.duck.execute("UPDATE clean.order_lines SET quantity = 2, unit_price = 20 WHERE event_id = 'B'")
    book(sold, "I", 45, 0, product_id="P1", quantity=9)
    tell(sold, ("home", JAN, 1, 10), ("home", FEB, 1, 25), ("toys", JAN, 1, 3), ("toys", FEB, 1))
    january = (470 / 31 + 10) / 2
    assert rivals(sold) == [
        ("home", JAN, 2, round(january, 6), 50 / 3, 10, round(january - 10, 6), round(january / 10 - 1, 6)),
        ("home", FEB, 1, 20.0, 60.0, 25, -5.0, -0.2),
        ("toys", JAN, 0, None, None, Decimal(3), None, None),
    ]
    page = pages.rivals(told(sold))["examples"].value
    assert "| home | 2025-02-01 | 1 | 20.0 | 25.00 | -20.0 |" in page


def test_a_feed_without_prices_says_so(sold: Bench) -> None:
    tell(sold, ("home", JAN, 1), ("home", FEB, 1))
    assert rivals(sold) == []
    assert pages.rivals(told(sold)) == {"note": "the market feed tells no prices"}
