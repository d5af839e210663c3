"""The health of published lists: each warning has a shop that trips it, and a healthy shop that trips none.

The healthy shop: 30 customers (C00 to C29), 200 products, everybody has one product and gets five of their own: Ci gets
P(5i) to P(5i + 4), so that 150 products are shown. Each case changes one thing, and the table is written all the same.
"""

from datetime import timedelta

import duckdb
import pytest

from shop_pipeline.checks import Gate, Part
from shop_pipeline.contracts import TABLES
from shop_pipeline.contracts.health import HEALTH
from shop_pipeline_tests.checks.rows import AS_OF, Row, row

NAME = "marts.recommendations"
CUSTOMERS = [f"C{n:02}" for n in range(30)]
LISTS = {customer: [f"P{5 * n + place:03}" for place in range(5)] for n, customer in enumerate(CUSTOMERS)}


def listed(lists: dict[str, list[str]], level: int = 0, model: str = "als") -> list[Row]:
    return [
        row(NAME, customer_id=customer, rank=rank, product_id=product, fallback_level=level, model=model)
        for customer, products in lists.items()
        for rank, product in enumerate(products, 1)
    ]


class Shop:
    """Tables with what the rules look at, and a gate."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self.duck, self.gate = duck, Gate(duck, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])
        duck.execute(f"SET VARIABLE as_of = TIMESTAMP '{AS_OF}'")
        self.insert("clean.customers", [row("clean.customers", customer_id=id_) for id_ in CUSTOMERS])
        products = [f"P{n:03}" for n in range(200)]
        self.insert("clean.products", [row("clean.products", product_id=id_) for id_ in products])
        self.insert(
            "features.product_rules", [row("features.product_rules", product_id=id_, is_shown=True) for id_ in products]
        )
        # Everybody has one product, and C00 all that are in no list besides.
        pairs = [(customer, "P199") for customer in CUSTOMERS] + [("C00", f"P{n:03}") for n in range(150, 199)]
        self.learn(pairs, days=1)

    def learn(self, pairs: list[tuple[str, str]], days: int) -> None:
        newest = AS_OF - timedelta(days=days)
        name = "features.interactions"
        self.insert(name, [row(name, customer_id=c, product_id=p, last_event_at=newest) for c, p in pairs])

    def insert(self, name: str, rows: list[Row]) -> None:
        columns = TABLES[name].column_names
        marks = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in rows)
        self.duck.execute(f"INSERT INTO {name} VALUES {marks}", [one[column] for one in rows for column in columns])

    def warnings(self, rows: list[Row]) -> set[str]:
        """Write the lists; the rules that did not hold. The table holds the rows afterwards, whatever was warned of."""
        types = ", ".join(f'"{column.name}" {column.type}' for column in TABLES[NAME])
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE lists ({types})")
        columns = TABLES[NAME].column_names
        marks = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in rows)
        self.duck.execute(f"INSERT INTO lists VALUES {marks}", [one[column] for one in rows for column in columns])
        report = self.gate.write(Part(TABLES[NAME], "SELECT * FROM lists"))
        assert self.duck.execute(f"SELECT count(*) FROM {NAME}").fetchone() == (len(rows),)
        assert all(outcome.severity == "WARN" for outcome in report.outcomes if not outcome.passed)
        return {outcome.rule for outcome in report.outcomes if not outcome.passed}


@pytest.fixture
def shop(warehouse: duckdb.DuckDBPyConnection) -> Shop:
    return Shop(warehouse)


def test_a_healthy_shop_trips_nothing_in_two_runs(shop: Shop) -> None:
    assert shop.warnings(listed(LISTS)) == set()
    # Half of each list is new.
    changed = {
        customer: products[:2] + LISTS[CUSTOMERS[n - 1]][:3] for n, (customer, products) in enumerate(LISTS.items())
    }
    assert shop.warnings(listed(changed)) == set()


def test_one_list_for_more_than_a_fifth(shop: Shop) -> None:
    """7 of 30 are 23 %; 6 are 20 %."""
    for n, expected in ((7, {"lists_differ"}), (6, set())):
        alike = LISTS | dict.fromkeys(CUSTOMERS[:n], LISTS["C00"])
        shop.duck.execute(f"DELETE FROM {NAME}")
        assert shop.warnings(listed(alike)) == expected


def test_the_same_best_sellers_for_all_are_no_sign(shop: Shop) -> None:
    assert shop.warnings(listed(dict.fromkeys(CUSTOMERS, LISTS["C00"]), model="popularity")) == set()


def test_known_customers_with_nothing_but_fallback(shop: Shop) -> None:
    """4 of 30 are 13 %, 3 are 10 %."""
    for n, expected in ((4, {"known_customers_get_personal_lists"}), (3, set())):
        mixed = [one | {"fallback_level": 2} if one["customer_id"] < f"C{n:02}" else one for one in listed(LISTS)]
        assert shop.warnings(mixed) == expected


def test_lists_that_cover_hardly_anything(shop: Shop) -> None:
    """3 of the 50 products that anybody has are 6 %; of 200, they are 1.5 %."""
    few = {customer: [f"P{(n + place) % 3:03}" for place in range(2)] for n, customer in enumerate(CUSTOMERS)}
    assert "lists_cover_the_range" not in shop.warnings(listed(few))
    shop.learn([("C01", f"P{n:03}") for n in range(3, 150)], days=1)
    shop.learn([("C02", f"P{n:03}") for n in range(3)], days=1)
    kept = {customer: products for customer, products in few.items() if customer != "C02"}
    assert "lists_cover_the_range" in shop.warnings(listed(kept))


@pytest.mark.parametrize(("days", "expected"), [(14, set()), (15, {"learned_from_fresh_events"})])
def test_events_that_are_old(shop: Shop, days: int, expected: set[str]) -> None:
    shop.duck.execute("UPDATE features.interactions SET last_event_at = ?", [AS_OF - timedelta(days=days)])
    assert shop.warnings(listed(LISTS)) == expected


@pytest.mark.parametrize(("days", "expected"), [(35, set()), (36, {"chosen_not_long_ago"})])
def test_a_choice_that_is_old(shop: Shop, days: int, expected: set[str]) -> None:
    name = "marts.model_selection"
    shop.insert(name, [row(name, model="als", is_chosen=True, as_of=AS_OF - timedelta(days=days))])
    assert shop.warnings(listed(LISTS)) == expected


def test_lists_that_have_nothing_to_do_with_the_last_ones(shop: Shop) -> None:
    shop.warnings(listed(LISTS))
    shifted = {customer: LISTS[CUSTOMERS[n - 1]] for n, customer in enumerate(CUSTOMERS)}
    assert shop.warnings(listed(shifted)) == {"overlaps_with_the_last_run"}


def test_every_warning_is_asked_here() -> None:
    """A new rule needs a case of its own above."""
    assert {rule.name for rule in HEALTH} == {
        "lists_differ",
        "known_customers_get_personal_lists",
        "lists_cover_the_range",
        "learned_from_fresh_events",
        "chosen_not_long_ago",
        "overlaps_with_the_last_run",
    }
    warns = {rule.name for table in TABLES.values() for rule in table.rules if rule.severity == "WARN"}
    # The others are asked in assets/test_product_rules_sql.py, test_stock_sql.py, test_tickets_sql.py, test_value.py,
    # test_segment_migration_sql.py, test_market_sql.py, test_inventory.py and test_demand_judged_sql.py, and in
    # test_propensity_warnings.py.
    assert warns == {rule.name for rule in HEALTH} | {
        *("blocked_is_known", "most_counts_are_of_products", "most_cases_are_of_customers"),
        *("calibration_within_bounds", "intervals_hold_what_they_say", "tier_shares_hold", "total_value_holds"),
        *("shares_are_stable", "no_segment_is_tiny"),
        *("calibrated_within_bounds", "mean_agrees_with_what_was_seen", "shares_do_not_jump"),
        "amounts_within_bounds",
        *("periods_are_told_by_their_first_day", "most_categories_are_ours", "shares_are_below_one"),
        "counts_are_fresh",
    }
