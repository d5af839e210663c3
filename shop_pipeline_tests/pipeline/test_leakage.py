"""One clock: events and products after `as_of` change nothing that people query.

The finished sample shop ends on its 40th day. A copy of it gets three more days of events, a product that comes with
the first of them, and a customer and a service case of then, all of it loaded, with the clock left at the end of the
40th day: every learned table and every mart has to be the same, row by row. For shops without a products feed, see
test_clean_sql.py and test_product_rules_sql.py.
"""

import json

import pytest

from shop_pipeline.assets.recommenders.choices import BEFORE_ANY_SEARCH
from shop_pipeline.automation.daily_assets import WEEKLY
from shop_pipeline.contracts import TABLES
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline_tests.pipeline.finished import FinishedShop
from shop_pipeline_tests.pipeline.grown import FUTURE_DAYS, NEW_CASE, NEW_CUSTOMER, NEW_PRODUCT, GrownShop, rows

# The quality table counts what was loaded, and more was. What only the search fills is compared in test_tuning.py.
UNFITTED = {table.qualified for name, table in FITTED.items() if name not in BEFORE_ANY_SEARCH}
# There was no run of an earlier clock: nobody has moved from one segment to another. A trend takes two times 28 days
# (test_trending_sql.py), a forecast of whole weeks more than five of them (test_demand_forecasts.py).
TOO_SHORT = {"marts.segment_migration", "marts.trending_products", "marts.demand_forecast_weekly"}
EMPTY = {"marts.similar_customers", *TOO_SHORT, *WEEKLY, *UNFITTED}
COMPARED = [
    name
    for name, table in TABLES.items()
    if table.schema in ("features", "models", "marts") and name not in EMPTY | {"marts.data_quality"}
]


def test_the_future_was_really_loaded(finished_shop: FinishedShop, grown_shop: GrownShop) -> None:
    """Purchases of known customers and known products among it."""
    last = finished_shop.value("SELECT max(event_date) FROM clean.events")
    counted = grown_shop.duck.execute(
        "SELECT count(*) FILTER (event_type = 'purchase'), count(DISTINCT event_date) FROM clean.events"
        " SEMI JOIN features.interactions USING (customer_id) WHERE event_date > ?",
        [last],
    ).fetchone()
    assert counted is not None
    assert counted[0] > 20
    assert counted[1] == FUTURE_DAYS
    new = f"SELECT count(*) FROM clean.events JOIN clean.products USING (product_id) WHERE product_id = '{NEW_PRODUCT}'"
    assert grown_shop.duck.execute(new).fetchone() > (20,)  # type: ignore[operator]
    case = f"SELECT count(*) FROM clean.tickets WHERE ticket_id = '{NEW_CASE}'"
    come = f"SELECT count(*) FROM clean.customers WHERE customer_id = '{NEW_CUSTOMER}' AND first_event_at IS NOT NULL"
    assert [grown_shop.duck.execute(sql).fetchone() for sql in (case, come)] == [(1,), (1,)]


@pytest.mark.parametrize("name", COMPARED)
def test_events_after_the_clock_change_nothing(finished_shop: FinishedShop, grown_shop: GrownShop, name: str) -> None:
    assert rows(finished_shop.duck, name)
    assert rows(grown_shop.duck, name) == rows(finished_shop.duck, name)


def test_returns_after_the_clock_change_no_earlier_match(finished_shop: FinishedShop, grown_shop: GrownShop) -> None:
    """The later returns are copies of earlier ones, so that they want the same sales."""
    last = finished_shop.value("SELECT max(event_date) FROM clean.events")
    columns = ", ".join(TABLES["clean.returns"].column_names)
    matched = f"SELECT {columns} FROM clean.returns WHERE return_date <= ? ORDER BY ALL"
    assert grown_shop.duck.execute(matched, [last]).fetchall() == rows(finished_shop.duck, "clean.returns")
    later = grown_shop.duck.execute(
        "SELECT count(*) FROM clean.returns AS back WHERE return_date > ?"
        " AND order_id IN (SELECT order_id FROM clean.returns WHERE return_date <= ?)",
        [last, last],
    ).fetchone()
    assert later is not None
    assert later[0] > 0


def test_the_manifests_agree_on_every_hash_that_the_future_may_not_touch(
    finished_shop: FinishedShop, grown_shop: GrownShop
) -> None:
    """Equal tables have equal hashes in two runs over two files; other tables have others."""
    before, after = (
        json.loads(duck.execute("SELECT outputs FROM ops.run_manifest").fetchone()[0])  # type: ignore[index]
        for duck in (finished_shop.duck, grown_shop.duck)
    )
    assert {name: after[name] for name in COMPARED} == {name: before[name] for name in COMPARED}
    for name in ("clean.events", "clean.order_lines", "clean.orders"):
        assert after[name]["hash"] != before[name]["hash"]
