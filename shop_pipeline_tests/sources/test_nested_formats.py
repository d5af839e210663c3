"""The formats that hold several rows in a record, or one order in several records: their money, and what they survive.

The rows themselves are compared in `test_formats`, which also reads the fixtures. Here: that the rows of an order add
up to what the export says of it, to the last digit, and that values of any shape neither break a load nor get lost.
"""

import csv
import io
import json
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from shop_pipeline.sources.presets import load_preset
from shop_pipeline_tests.sources.conftest import Landing, Row
from shop_pipeline_tests.sources.test_formats import FIXTURES, stage

# By the export's own fields, what each order of the fixtures came to, and what of it was given back later. Orders that
# were never bought are not here, and neither are those of which a row can't be read.
ORDERS = {
    # Two mugs at 12.50, a bowl at 4.99, shipping 3.90, tax 5.70; back came 12.50, and 17.49 + 3.90 + 5.70.
    "ga4": {"T-100": ("39.59", "39.59")},
    # `total` of the completed order and of its two refunds.
    "segment": {"O-1": ("27.50", "27.50")},
    # Total and Refunded Amount; #1004 was voided.
    "shopify": {
        "#1001": ("30.15", "0"),
        "#1002": ("30", "10"),
        "#1003": ("35", "35"),
        "#1004": ("12", "12"),
        "#1005": ("20", "8"),
        "#1006": ("11", "0"),
        "#1009": ("13", "0"),
    },
    # `total` and `refunds`; 106 was paid and cancelled.
    "woocommerce": {
        "100": ("40.40", "0"),
        "101": ("9.50", "4"),
        "102": ("15", "15"),
        "103": ("25", "15.50"),
        "106": ("16", "16"),
        "109": ("0", "0"),
        "110": ("8", "0"),
        "111": ("5", "0"),
    },
    # order_total and refunded_total; 1203 was cancelled.
    "woocommerce_csv": {"1200": ("43.30", "13"), "201": ("9.50", "0"), "1203": ("16", "16"), "1205": ("8", "8")},
    # `revenue` and `refund_amount`; tr_total of Y-1. The one item of Y-2 can't be read.
    "snowplow": {"X-1": ("61.50", "4"), "X-2": ("36", "36"), "Y-1": ("20", "0")},
    # Prices and freight; o2 was cancelled, o3 was not available, of o5 just the freight can be read.
    "olist": {"o1": ("154.38", "0"), "o2": ("14.50", "14.50"), "o3": ("216.87", "216.87"), "o5": ("4.50", "0")},
}
SHAPES = ["text", "[", "", 5, -1.5, True, None, [], {}, [None], [1, "x", [2]], [{}], {"data": 5}, {"data": [{"a": {}}]}]
CELLS = ["", " ", "text", "-1", "0", "1.5", "1e400", "9" * 20, "nan", "2024-13-45", "2024-01-05 10:00:00 -0500", "'"]


def net(rows: list[Row]) -> dict[str, Decimal]:
    """Sales less returns, by order."""
    found: dict[str, Decimal] = {}
    for row in rows:
        if row["_rule"] is None and row["event_type"] in ("purchase", "refund", "cancel"):
            amount = (row["quantity"] or 0) * (row["unit_price"] or Decimal(0))
            sign = 1 if row["event_type"] == "purchase" else -1
            found[row["order_id"]] = found.get(row["order_id"], Decimal(0)) + sign * amount
    return found


@pytest.mark.parametrize("format_", ORDERS)
def test_the_rows_of_an_order_add_up_to_its_total_less_what_came_back(format_: str) -> None:
    found = net(stage(format_, "events"))
    expected = {order: Decimal(total) - Decimal(back) for order, (total, back) in ORDERS[format_].items()}
    # Refunds and cancellations that list neither products nor an amount have no money that could be added.
    assert {order: amount for order, amount in found.items() if order not in ("T-101", "O-2")} == expected


def any_order(rng: random.Random, number: int) -> tuple[list[tuple[int, Decimal]], Decimal]:
    """Up to four items (units, amount), and the order's total with shipping and tax."""
    items = [(rng.randint(1, 60), Decimal(rng.randint(1, 99_999)) / 100) for _ in range(rng.randint(1, 4))]
    return items, sum((amount for _, amount in items), Decimal(0)) + Decimal(number % 700) / 100


def test_amounts_that_units_do_not_divide_lose_nothing_in_json(landing: Landing) -> None:
    rng = random.Random(1)
    orders = {str(number): any_order(rng, number) for number in range(300)}
    for number, (items, total) in orders.items():
        lines = [
            {"id": position, "product_id": position + 1, "name": "x", "quantity": units, "total": str(amount)}
            for position, (units, amount) in enumerate(items)
        ]
        record = {"id": number, "status": "completed", "date_created_gmt": "2024-02-01T10:00:00", "line_items": lines}
        with (landing.folder / "orders.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record | {"total": str(total)}) + "\n")
    rows = landing.stage(format="woocommerce")
    assert net(rows) == {number: total for number, (_, total) in orders.items()}
    units = sum(row["quantity"] for row in rows if not row["is_service"])
    assert units == sum(units for items, _ in orders.values() for units, _ in items)
    assert len({row["event_id"] for row in rows}) == len(rows)


def test_amounts_that_units_do_not_divide_lose_nothing_in_csv(landing: Landing) -> None:
    rng = random.Random(2)
    orders = {str(number): any_order(rng, number) for number in range(300)}
    lines = [
        f"{number},2024-02-01 10:00,completed,{total},x,{units},{amount}"
        for number, (items, total) in orders.items()
        for units, amount in items
    ]
    header = "order_id,order_date,status,order_total,item_name,item_quantity,item_total"
    landing.write("orders.csv", "\n".join([header, *lines]) + "\n")
    rows = landing.stage(format="woocommerce_csv")
    assert net(rows) == {number: total for number, (_, total) in orders.items()}
    assert len({row["event_id"] for row in rows}) == len(rows)


def each_node_replaced(record: Any, shapes: Sequence[object]) -> Iterator[Any]:
    """The record with each of its values, at any depth, in turn replaced by each shape."""
    keys = list(record) if isinstance(record, dict) else range(len(record))
    for key in keys:
        changed = list(shapes)
        if isinstance(record[key], dict | list):
            changed += each_node_replaced(record[key], shapes)
        for value in changed:
            copy = record.copy()
            copy[key] = value
            yield copy


@pytest.mark.parametrize(
    ("format_", "feed"),
    [(name, feed) for name in ("ga4", "segment", "woocommerce", "snowplow") for feed in load_preset(name).feeds],
)
def test_a_value_of_any_shape_is_a_row_of_its_line(landing: Landing, format_: str, feed: str) -> None:
    (fixture,) = (FIXTURES / format_).glob("**/*.jsonl")
    good = [json.loads(line) for line in fixture.read_text("utf-8").splitlines() if json_object(line)]
    records = [changed for record in good for changed in each_node_replaced(record, [*SHAPES, *CELLS])]
    assert len(records) > 1000
    landing.write("any.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    rows = landing.stage(feed, format=format_)
    assert all(row["_row"] <= len(records) for row in rows)
    if feed == "events":
        assert {row["_row"] for row in rows} == set(range(1, len(records) + 1))


def json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("format_", "feed"), [(name, feed) for name in ("shopify", "woocommerce_csv") for feed in load_preset(name).feeds]
)
def test_a_cell_of_any_text_is_a_row_of_its_line(landing: Landing, format_: str, feed: str) -> None:
    (fixture,) = (FIXTURES / format_).glob("*.csv")
    header, *good = list(csv.reader(io.StringIO(fixture.read_text("utf-8"))))
    used = [position for position, name in enumerate(header) if name in load_preset(format_).feeds[feed].source_columns]
    records = [
        [cell if at == position else value.replace("\n", " ") for at, value in enumerate(record)]
        for record in good
        for position in used
        for cell in CELLS
        if len(record) == len(header)
    ]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *records])
    landing.write("any.csv", out.getvalue())
    rows = landing.stage(feed, format=format_)
    assert all(2 <= row["_row"] <= len(records) + 1 for row in rows)
    if feed == "events":
        assert {row["_row"] for row in rows} == set(range(2, len(records) + 2))
