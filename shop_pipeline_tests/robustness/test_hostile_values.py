"""Hostile and broken content lands beside a good shop: each row gets the right outcome, and nothing else changes.

Good rows with hostile values (SQL, quotes, markup, 300 characters) come through to the marts unchanged; rows that break
a rule stand in quarantine with rule, file, line and content; a day that comes twice is counted once; empty files and an
empty day are no problem. Everything is planted on days after the prepared ones, so that those must stay equal.
"""

import csv
import shutil
from pathlib import Path

import pytest

from .folder import Rows, Shop, event, marts, truth

DAY, EMPTY_DAY, LAST_DAY = "2025-07-01", "2025-07-02", "2025-07-03"
SQL = "Robert'); DROP TABLE marts.sales_daily;--"
HOSTILE = {
    "sql": SQL,
    "long": "x" * 300,
    "quotes": "say \"hi\", 'there'",
    "markup": "[/red]&amp;{0}%s",
    "line": "two\nlines",
    "chinese": "顾客 芳",
    "formula": "=1+1",
}
FILE = f"{SQL} [a]*?.csv"
N_GOOD = 60
# What breaks which rule; the line is where it is planted below.
BAD = {
    "wrong_type": event(f"{DAY}T12:00:00Z", "purchase", "P00011", event_id="BAD-1", quantity=SQL, unit_price="1"),
    "missing_value": event("", "view", "P00011", event_id="BAD-2"),
    "in_the_future": event("2099-12-31T23:59:59Z", "view", "P00011", event_id="BAD-3"),
    "before_first_day": event("2025-06-22T22:59:59Z", "view", "P00011", event_id="BAD-4"),
    "unknown_event_type": event(f"{DAY}T12:00:00Z", SQL.lower(), "P00011", event_id="BAD-5"),
    "unknown_product": event(f"{DAY}T12:00:00Z", "view", SQL + SQL, event_id="BAD-6"),
    "unknown_currency": event(
        *(f"{DAY}T12:00:00Z", "purchase", "P00011"), event_id="BAD-7", quantity="1", unit_price="1", currency="JPY"
    ),
}


def good_rows() -> list[dict[str, str]]:
    """Each hostile customer buys 2 of each hostile product at 1.50; and views, so that dirt stays under 5 %."""
    sale = {"quantity": "2", "unit_price": "1.50", "currency": "GBP"}
    columns = ("customer_id", "session_id", "order_id", "country", "channel", "device_id", "review_text")
    bought = [
        event(
            f"{DAY}T10:00:{n:02d}Z",
            "purchase",
            product,
            event_id=f"{value} {n}",
            **sale,
            **dict.fromkeys(columns, value),
        )
        for value in HOSTILE.values()
        for n, product in enumerate(HOSTILE.values())
    ]
    viewed = [event(f"{DAY}T11:00:{n:02d}Z", "view", "P00011", event_id=f"VIEW-{n}") for n in range(N_GOOD)]
    return bought + viewed


def append(path: Path, rows: list[list[str]]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def plant(shop: Shop) -> None:
    landing = shop.data / "landing"
    append(
        landing / "products/products.csv", [[v, v, v, f"{v} > {v}", v, "1.50", "1", "", ""] for v in HOSTILE.values()]
    )
    append(landing / "customers/customers.csv", [[v, v, v, v, "", v, v, v, *[""] * 4] for v in HOSTILE.values()])
    shop.land(FILE, good_rows())
    bad = shop.land(
        "bad.csv", [*BAD.values(), *(event(f"{DAY}T13:00:{n:02d}Z", "view", "P00011") for n in range(N_GOOD))]
    )
    with bad.open("ab") as file:
        file.write(f"{DAY}T14:00:00Z,view,P\xe9\n".encode("latin-1"))
    shop.land("last.csv", [event(f"{LAST_DAY}T10:00:00Z", "view", "P00011", event_id="LAST")])
    (landing / "events/empty.csv").touch()
    shop.land("header.csv", [])
    shutil.copy(landing / "events/events-2025-06-24.csv", landing / "events/the 24th again.csv")


@pytest.fixture(scope="module")
def hostile(prepared: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """In a folder whose name has a quote and a space too."""
    shop = prepared.copy(tmp_path_factory.mktemp("hostile") / "it's a shop")
    plant(shop)
    result = shop.call("run")
    assert result.exit_code == 0, result.output
    return shop


def test_hostile_ids_come_through_to_the_marts(hostile: Shop) -> None:
    values = sorted(HOSTILE.values())
    for table, column in (
        ("recommendations", "customer_id"),
        ("similar_products", "product_id"),
        ("similar_products", "similar_product_id"),
    ):
        listed = {row[0] for row in hostile.ask(f"SELECT DISTINCT {column} FROM marts.{table}")}
        assert [value for value in values if value not in listed] == [], column
    scopes = {row[0] for row in hostile.ask("SELECT DISTINCT scope FROM marts.popular_products")}
    assert [value for value in values if f"category: {value}" not in scopes] == []
    # One customer each: too few for a list of their country.
    countries = {row[0] for row in hostile.kept("SELECT DISTINCT country FROM clean.customers")}
    assert [value for value in values if value not in countries] == []
    assert not {f"country: {value}" for value in values} & scopes


def test_hostile_sales_are_counted(hostile: Shop) -> None:
    """Per category: 7 customers bought 2 at 1.50, each under one order: 7 orders, 14 units, 21.00."""
    n = len(HOSTILE)
    sold: Rows = hostile.ask(
        "SELECT category, orders, units, net_revenue FROM marts.sales_daily"
        f" WHERE sale_date = DATE '{DAY}' AND units > 0"
    )
    assert sorted(sold) == sorted((value, n, 2 * n, 3 * n) for value in HOSTILE.values())


def test_the_ledger_has_hostile_file_names_and_empty_files(hostile: Shop) -> None:
    rows = dict(hostile.ask("SELECT file, n_rows FROM ops.landing_files"))
    assert rows[f"landing/events/{FILE}"] == len(HOSTILE) ** 2 + N_GOOD
    assert (rows["landing/events/empty.csv"], rows["landing/events/header.csv"]) == (0, 0)


@pytest.mark.parametrize("rule", BAD)
def test_a_row_that_breaks_a_rule_is_in_quarantine(hostile: Shop, rule: str) -> None:
    event_id = BAD[rule]["event_id"]
    found = hostile.kept(
        f"SELECT rule, file, line, row_json ->> 'event_id' FROM clean.quarantine WHERE row_json LIKE '%\"{event_id}\"%'"
    )
    line = list(BAD).index(rule) + 2  # the header is line 1
    assert found == [(rule, "landing/events/bad.csv", line, event_id)]


def test_a_line_in_another_encoding_is_in_quarantine(hostile: Shop) -> None:
    found = hostile.kept(
        "SELECT line, row_json FROM clean.quarantine WHERE rule = 'broken_line' AND file LIKE '%/bad.csv'"
    )
    assert [line for line, _ in found] == [len(BAD) + N_GOOD + 2]
    assert f"{DAY}T14:00:00Z,view,P" in found[0][1]


def test_the_days_before_are_untouched_though_one_came_twice(hostile: Shop, prepared: Shop) -> None:
    kept = f"SELECT * FROM clean.events WHERE event_date < DATE '{DAY}' ORDER BY ALL"
    assert hostile.kept(kept) == prepared.kept(kept)
    sales = f"SELECT * EXCLUDE (as_of, run_id) FROM marts.sales_daily WHERE sale_date < DATE '{DAY}' ORDER BY ALL"
    assert hostile.ask(sales) == prepared.ask(sales)


def test_the_file_that_came_twice_is_counted_as_duplicates(hostile: Shop, prepared: Shop) -> None:
    """Every readable row of the second file, and the three that the sample repeats anyway."""
    again = "SELECT count(*) FROM raw.events WHERE _file = 'landing/events/the 24th again.csv'"
    counted = "SELECT n_failed FROM marts.data_quality WHERE table_name = 'clean.events' AND rule = 'exact_duplicate'"
    assert prepared.ask(counted) == [(truth(prepared, "dirt")["counts"]["duplicate"],)]
    assert hostile.ask(counted)[0][0] == prepared.ask(counted)[0][0] + hostile.kept(again)[0][0]


def test_an_empty_day_in_the_middle_has_no_rows(hostile: Shop) -> None:
    days = f"SELECT event_date, count(*) FROM clean.events WHERE event_date >= DATE '{EMPTY_DAY}' GROUP BY ALL"
    assert [(str(day), n) for day, n in hostile.kept(days)] == [(LAST_DAY, 1)]
    assert hostile.ask("SELECT DISTINCT as_of FROM marts.sales_daily") == hostile.ask(
        f"SELECT TIMESTAMP '{LAST_DAY} 23:00:00'"
    )


def test_nothing_is_lost_between_landing_and_clean(hostile: Shop) -> None:
    """Every line of every file is in raw or refused by it; every row of raw is in clean, refused, or a duplicate."""
    count = "SELECT count(*) FROM"
    lines = hostile.ask("SELECT sum(n_rows) FROM ops.landing_files")[0][0]
    raw, clean = (hostile.kept(f"{count} {table}")[0][0] for table in ("raw.events", "clean.events"))
    by_raw, by_clean = (
        hostile.kept(f"{count} clean.quarantine WHERE table_name = '{t}'")[0][0] for t in ("raw.events", "clean.events")
    )
    duplicates = hostile.ask(
        "SELECT n_failed FROM marts.data_quality WHERE table_name = 'clean.events' AND rule = 'exact_duplicate'"
    )[0][0]
    assert lines == raw + by_raw
    assert raw == clean + by_clean + duplicates


def test_a_mart_without_rows_is_an_empty_table(hostile: Shop) -> None:
    """On the last two days, the test period, nobody bought: there is nothing to judge a model by."""
    # The job `tune` was not asked for.
    search = {"marts.model_trials", "marts.model_selection", "marts.similar_customers"}
    judged = {"marts.model_evaluation", "marts.model_evaluation_by_activity"}
    # Some days are no history for who leaves or what a customer is worth.
    foretold = {"clv_calibration", "clv_evaluation", "churn_scores", "purchase_propensity", "purchase_amounts"}
    foretold |= {"propensity_evaluation", "demand_forecast", "demand_forecast_weekly", "sales_forecast"}
    foretold |= {"forecast_evaluation", "price_forecast", "price_elasticity", "price_suggestions", "inventory_plan"}
    # Nor for a trend or a rule, and no feed tells of a market.
    rare = {"bought_together", "trending_products", "market_share", "competitor_prices"}
    empty = judged | search | {f"marts.{name}" for name in foretold | rare}
    assert {name for name, rows in marts(hostile).items() if not rows} == empty
