"""What recognition makes of tables of order lines: states of orders, totals that are repeated, currencies, zones.

The expected counts are worked by hand from the lines above them. Not here: everything else that is guessed
(`test_recognise`).
"""

import pytest

from shop_pipeline.settings import Shop
from shop_pipeline.sources.event_words import event_words
from shop_pipeline.sources.recognition.findings import Filled
from shop_pipeline.sources.recognition.order_states import STANDS, STANDS_NOT, load_states, plain
from shop_pipeline.sources.recognition.words import findings, shop_changes

from .test_recognise import Folder, folder

__all__ = ["folder"]

HEAD = "Order No,Order Date,Customer,SKU,Qty,Price,{}\n"


def lines(*states: str) -> str:
    """One order line for each state."""
    return "".join(f"A{n},2024-01-05 10:00,C1,007,2,1.50,{state}\n" for n, state in enumerate(states))


def filled_of(folder: Folder) -> Filled:
    (filled,) = folder.section().feeds
    return filled


@pytest.mark.parametrize("name", ["status", "Order Status", "financial_status", "state"])
def test_orders_without_a_sale_are_no_purchases(folder: Folder, name: str) -> None:
    folder.write(
        "o.csv", HEAD.format(name) + lines("pending", "Shipped", "cancelled", "completed", "on-hold", "failed")
    )
    filled = filled_of(folder)
    # Shipped and completed against pending, cancelled, on-hold and failed.
    assert filled.reading.event_types == {"other": 4, "purchase": 2}
    assert filled.reading.readable == 1
    note = filled.notes["event_type"]
    assert "stands: shipped (1), completed (1);" in note
    assert "undone: pending (1), cancelled (1), on hold (1), failed (1);" in note
    assert folder.section().own is not None
    # As other assumed purchases: 0.75 * (1 - 2^-6) * (event_at and product_id certain, event_type half: 2.5 of 3).
    assert folder.section().confidence == pytest.approx(0.75 * (1 - 2**-6) * 2.5 / 3)


def test_refunded_lines_are_left_out_and_not_refunds_without_a_sale(folder: Folder) -> None:
    """`completed` and `refunded` are event words as well; as the states of an order they are not taken for events."""
    folder.write("o.csv", HEAD.format("status") + lines("completed", "completed", "refunded", "completed", "refund"))
    filled = filled_of(folder)
    assert filled.reading.event_types == {"purchase": 3, "other": 2}
    assert "sale and refund cancel each other out" in filled.notes["event_type"]
    said = list(findings(folder.section(), filled, Shop()))
    assert any(line.startswith("2 rows are events of no interest to a shop: clean leaves them out") for line in said)


def test_the_states_of_a_chinese_export(folder: Folder) -> None:
    head = "订单编号,订单创建时间,买家会员名,宝贝标题,宝贝总数量,买家实际支付金额,订单状态\n"
    states = ["交易成功", "已退款", "交易关闭", "待付款", "买家已付款，等待卖家发货", "交易成功"]
    rows = "".join(f"{n},2024/1/5 10:00,王,红杯子,2,21,{state}\n" for n, state in enumerate(states))
    folder.write("o.csv", head + rows)
    filled = filled_of(folder)
    assert filled.reading.event_types == {"other": 3, "purchase": 3}
    # People read the expression: the English words are of no use here.
    assert "cancelled" not in filled.settings["columns"]["event_type"]
    assert "stands: 交易成功 (2), 买家已付款，等待卖家发货 (1);" in filled.notes["event_type"]


def test_words_on_neither_list_are_refused_and_told(folder: Folder) -> None:
    folder.write("o.csv", HEAD.format("status") + lines(*["completed"] * 6, "cancelled", "Closed", "closed", ""))
    filled = filled_of(folder)
    # 6 + 1 of 10 rows; the empty one has no event type at all.
    assert (filled.reading.n_readable, filled.reading.n_rows) == (7, 10)
    assert {"purchase": 6, "other": 1}.items() <= filled.reading.event_types.items()
    reasons = dict(filled.reading.reasons)
    assert (reasons["unknown event word: Closed"], reasons["unknown event word: closed"]) == (1, 1)
    assert filled.notes["event_type"].endswith("refused until this says what they mean: closed (2)")
    assert folder.section().confidence == pytest.approx(0.75 * 0.7**0.5 * (1 - 2**-6) * 2.5 / 3)


def test_a_state_that_the_sample_does_not_have_is_known_all_the_same(folder: Folder) -> None:
    """1,000 lines are looked at. `refunded` in line 1,500 would be the word of a refund, if it were left as it is."""
    folder.write("o.csv", HEAD.format("status") + lines(*["completed"] * 1_500, "refunded"))
    expression = filled_of(folder).settings["columns"]["event_type"]
    assert "'refunded'" in expression
    assert set(filled_of(folder).reading.event_types) == {"purchase"}


def test_negative_lines_stay_refunds_where_the_sale_stands(folder: Folder) -> None:
    content = HEAD.format("status") + lines("completed", "cancelled", "completed").replace(
        "A2,2024-01-05 10:00,C1,007,2", "A2,2024-01-05 10:00,C1,007,-2"
    )
    folder.write("o.csv", content)
    assert filled_of(folder).reading.event_types == {"other": 1, "purchase": 1, "refund": 1}


def test_event_words_make_a_column_of_events_whatever_its_name(folder: Folder) -> None:
    folder.write("o.csv", HEAD.format("status") + lines("view", "add_to_cart", "paid", "refunded"))
    filled = filled_of(folder)
    assert filled.settings["columns"]["event_type"] == "status"
    assert filled.reading.event_types == {"add_to_cart": 1, "purchase": 1, "refund": 1, "view": 1}


def test_states_beside_a_column_of_events_are_told(folder: Folder) -> None:
    folder.write("o.csv", HEAD.format("behaviour,status") + lines("purchase,completed", "purchase,cancelled"))
    filled = filled_of(folder)
    assert filled.settings["columns"]["event_type"] == "behaviour"
    own = folder.section().own
    assert own is not None
    assert own.guess.messages == ["event_type: the states in status are not looked at: cancelled (1)"]


def test_words_that_are_no_states_leave_purchases_and_are_told(folder: Folder) -> None:
    folder.write("o.csv", HEAD.format("status") + lines("gold", "silver", "gold"))
    assert filled_of(folder).settings["columns"]["event_type"] == "'purchase'"
    own = folder.section().own
    assert own is not None
    (message,) = own.guess.messages
    assert message == (
        "event_type: every line counts as a sale: none of the words in status is a known state of orders:"
        " gold (2), silver (1)"
    )


def test_no_state_is_on_both_lists_and_no_word_of_an_undone_sale_is_left_to_event_words() -> None:
    listed = load_states()
    assert not set(listed[STANDS]) & set(listed[STANDS_NOT])
    undone = {plain(word) for word, type_ in event_words().items() if type_ in ("refund", "cancel")}
    assert undone <= set(listed[STANDS_NOT])


TOTALS = "Order No,Order Date,Customer,SKU,Qty,{}\n"


def test_the_total_of_an_order_is_not_that_of_its_lines(folder: Folder) -> None:
    """A1 is 10 + 20, A2 is 5 + 7: with the total on each line they would count as 60 and 24."""
    rows = ("A1,2024-01-05,C1,007,1,30", "A1,2024-01-05,C1,008,2,30", "A2,2024-01-06,C1,007,1,12")
    content = "\n".join((*rows, "A2,2024-01-06,C1,009,1,12", "A3,2024-01-06,C2,007,1,10")) + "\n"
    folder.write("o.csv", TOTALS.format("order_total") + content)
    filled = filled_of(folder)
    assert "unit_price" not in filled.settings["columns"]
    own = folder.section().own
    assert own is not None
    assert own.guess.messages == [
        "unit_price: not from order_total: it is the same on all lines of 2 of 2 orders with several different lines,"
        " so it is the total of the order, not of the line"
    ]


def test_another_amount_takes_the_place_of_an_order_s_total(folder: Folder) -> None:
    rows = "A1,2024-01-05,C1,007,1,30,10\nA1,2024-01-05,C1,008,2,30,20\nA2,2024-01-06,C1,007,3,12,12\n"
    # `total` is the better name for an amount than `spend`, but A1 has the same one twice.
    folder.write("o.csv", TOTALS.format("total,spend") + rows)
    filled = filled_of(folder)
    assert "spend" in filled.settings["columns"]["unit_price"]
    assert filled.reading.examples["unit_price"][2] == "10.0000"


@pytest.mark.parametrize(
    "rows",
    [
        # Two lines of the same product and quantity.
        "A1,2024-01-05,C1,007,1,10\nA1,2024-01-05,C1,007,1,10\n",
        # One price for everything.
        "A1,2024-01-05,C1,007,1,10\nA1,2024-01-05,C1,008,1,10\nA2,2024-01-05,C1,007,1,10\nA2,2024-01-05,C1,009,1,10\n",
        # One of two orders only.
        "A1,2024-01-05,C1,007,1,10\nA1,2024-01-05,C1,008,1,10\nA2,2024-01-05,C1,007,1,9\nA2,2024-01-05,C1,009,1,8\n",
    ],
    ids=["the same line twice", "one price", "by chance"],
)
def test_equal_totals_of_lines_are_no_totals_of_orders(folder: Folder, rows: str) -> None:
    folder.write("o.csv", TOTALS.format("total") + rows)
    assert "total" in filled_of(folder).settings["columns"]["unit_price"]


MONEY = "event_at,event_type,product_id,quantity,unit_price,currency\n"


def events(*currencies: str) -> str:
    return MONEY + "".join(f"2024-01-05 10:00,purchase,1,1,2.50,{currency}\n" for currency in currencies)


def test_a_currency_is_one_whatever_its_case(folder: Folder) -> None:
    folder.write("a.csv", events("usd", "USD", "Usd"))
    assert filled_of(folder).reading.currencies == {"USD": 3}
    assert shop_changes(folder.inspect().sections, Shop()) == {"currency": "USD"}


def test_of_several_currencies_the_one_with_most_money_is_proposed(folder: Folder) -> None:
    """Views have a currency as well (three in GBP), but no price: CNY 2, USD 1, GBP 0."""
    views = "2024-01-05 10:00,view,1,,,GBP\n" * 3
    folder.write("a.csv", events("usd", "CNY", "cny") + views)
    sections = folder.inspect().sections
    assert shop_changes(sections, Shop()) == {"currency": "CNY"}
    said = list(findings(sections[0], sections[0].feeds[0], Shop()))
    assert (
        "several currencies (events with a price: CNY 2, USD 1, GBP 0): all but shop.currency need the feed `rates`"
    ) in said
    # Somebody counts in dollars and has rates.
    assert shop_changes(sections, Shop(currency="USD")) == {}


@pytest.mark.parametrize(
    ("content", "shop", "is_told"),
    [
        ("event_at,event_type,product_id\n2024-01-05 10:00,view,1\n", Shop(), True),
        ("event_at,event_type,product_id\n2024-01-05T10:00:00Z,view,1\n", Shop(), False),
        ("event_at,event_type,product_id\n2024-01-05 10:00,view,1\n", Shop(timezone="UTC"), False),
        # Taobao's seconds since 1970 are moments, but whose days?
        ("1,2268318,2520377,pv,1511544070\n1,2333346,2520771,pv,1511561733\n", Shop(), True),
        ("1,2268318,2520377,pv,1511544070\n", Shop(timezone="Asia/Shanghai"), False),
    ],
    ids=["naive", "with offset", "UTC on purpose", "Taobao", "Taobao with its zone"],
)
def test_days_of_no_zone_are_told(folder: Folder, content: str, shop: Shop, is_told: bool) -> None:
    folder.write("a.csv", content)
    section = folder.section()
    (filled,) = (one for one in section.feeds if one.feed == "events")
    assert ("no shop.timezone: days are cut in UTC" in list(findings(section, filled, shop))) == is_told
