"""Returns of the sample shop against what the simulator made them from: the sale of the same order and product.

The simulator writes each product once per order and gives a return the number of its sale, so the order number is the
truth. Once it is used, once it is hidden.
"""

from typing import Any

from shop_pipeline.models.returns import Lines, match_returns
from shop_pipeline_tests.pipeline.finished import FinishedShop

# The lines with a number of its own for every return.
HIDDEN = """
SELECT
    event_type <> 'purchase' AS is_return, event_date - DATE '1970-01-01' AS day,
    CASE WHEN is_return THEN 1000000 + row_number() OVER () ELSE dense_rank() OVER (ORDER BY order_id) END AS order,
    dense_rank() OVER (ORDER BY customer_id) AS customer, dense_rank() OVER (ORDER BY product_id) AS product,
    quantity, (unit_price * 10000)::BIGINT AS unit_price, order_id
FROM clean.events
WHERE event_type IN ('purchase', 'refund', 'cancel')
ORDER BY event_at, is_return, event_id
"""


def test_every_return_finds_its_true_sale_by_its_order(finished_shop: FinishedShop) -> None:
    """But for a return whose sale was refused as dirt, which may find another one of its customer, or none."""
    expected = finished_shop.rows(
        "SELECT back.event_id, sale.event_id, back.quantity FROM clean.events AS back"
        " JOIN clean.events AS sale USING (order_id, product_id)"
        " WHERE back.event_type IN ('refund', 'cancel') AND sale.event_type = 'purchase' ORDER BY 1"
    )
    found = finished_shop.rows(
        "SELECT return_event_id, sale_event_id, quantity FROM clean.returns WHERE method = 'order_id' ORDER BY 1"
    )
    assert found == expected
    assert len(found) > 50


def test_without_order_numbers_nearly_all_units_find_their_true_sale(finished_shop: FinishedShop) -> None:
    """A customer who bought the product twice at one price gives back the newer one, which is a guess: 288 of 297 units
    go to the true sale.
    """
    arrays: dict[str, Any] = finished_shop.duck.execute(HIDDEN).fetchnumpy()
    order = arrays.pop("order_id")
    found = match_returns(Lines(*arrays.values()), window_days=365)
    matched = found.sale_line >= 0
    is_true = order[found.return_line[matched]] == order[found.sale_line[matched]]
    units = found.quantity[matched]
    assert units.sum() == found.quantity.sum()
    assert units[is_true].sum() >= 0.95 * units.sum()


def test_net_of_every_order_is_what_its_customer_kept(finished_shop: FinishedShop) -> None:
    """Per order number: sales less returns, from the events alone. Here every return names the order of its sale."""
    expected = finished_shop.rows(
        "SELECT order_id, sum(CASE event_type WHEN 'purchase' THEN 1 ELSE -1 END * quantity * unit_price)"
        " FROM clean.events WHERE event_type IN ('purchase', 'refund', 'cancel') GROUP BY 1 ORDER BY 1"
    )
    assert finished_shop.rows("SELECT order_id, net_revenue FROM clean.orders ORDER BY 1") == expected
    assert finished_shop.value("SELECT count(*) FROM clean.order_lines WHERE is_return AND net_amount <> 0") == 0
