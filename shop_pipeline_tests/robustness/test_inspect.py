"""`shop inspect`: from files that nobody has described to a published file, and what it does to shop.yaml.

Not here: what is recognised (`sources/test_recognise*`).
"""

from pathlib import Path

import pytest
import yaml

from .folder import Shop

HEAD = "订单编号,下单时间,会员号,货号,商品名称,数量,单价(元),行为\n"
# Two orders on two days: 2 * 10.50 + 3 * 20.00 = 81.00; one of the 10.50 comes back.
LINES = (
    "D1,2024年3月1日 10:00,M1,007,红杯子,2,¥10.50,支付\n"
    "D2,2024年3月2日 11:30,M2,008,蓝杯子,3,¥20.00,支付\n"
    "D1,2024年3月3日 09:00,M1,007,红杯子,1,¥10.50,退款\n"
)
CANONICAL = "event_at,event_type,product_id\n2025-06-23 10:00:00,view,P1\n"
COMMENTED = """\
# Our shop.
shop:
    timezone: Asia/Shanghai # where we sell
    currency: CNY
recommend: {holdout_days: 2}   # short
feeds:
    # From the till.
    stock: {files: "landing/stock/*.csv"}
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Shop:
    """A data folder without anything."""
    return Shop(tmp_path / "data")


def land(shop: Shop, name: str, content: str, encoding: str = "utf-8") -> Path:
    path = shop.data / "landing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path


def test_from_a_chinese_export_to_a_published_file(fresh: Shop) -> None:
    folder = land(fresh, "orders/三月.csv", HEAD + LINES, "gb18030").parent
    told = fresh.call("inspect", str(folder), "--write")
    assert told.exit_code == 0, told.output
    for words in ("GB18030", "fills events", "行为", "支付 -> purchase", "by its name", "no session_id"):
        assert words in told.output
    ran = fresh.call("run", "--select", "+key:marts/sales_daily")
    assert ran.exit_code == 0, ran.output
    money = "SELECT sum(gross_revenue)::VARCHAR, sum(orders)::INTEGER FROM marts.sales_daily"
    assert [(float(gross), orders) for gross, orders in fresh.ask(money)] == [(81.0, 2)]


def test_orders_that_came_to_nothing_are_no_revenue(fresh: Shop) -> None:
    """Two orders stand: 2 * 1.50 + 4.00 = 7.00 and 5.50. One was refunded, one never paid."""
    head = "order_id,created_at,customer_id,sku,qty,price,status\n"
    lines = (
        "A1,2024-01-05 10:00,C1,007,2,1.50,completed\n"
        "A1,2024-01-05 10:00,C1,008,1,4.00,completed\n"
        "A2,2024-01-06 10:00,C2,007,2,1.50,refunded\n"
        "A3,2024-01-07 10:00,C3,009,1,5.50,wc-processing\n"
        "A4,2024-01-08 10:00,C4,007,1,1.50,on-hold\n"
    )
    told = fresh.call("inspect", str(land(fresh, "o.csv", head + lines)), "--write")
    assert "2 rows are events of no interest to a shop: clean leaves them out" in told.output
    ran = fresh.call("run", "--select", "+key:marts/sales_daily")
    assert ran.exit_code == 0, ran.output
    money = "SELECT sum(gross_revenue)::VARCHAR, sum(orders)::INTEGER FROM marts.sales_daily"
    assert [(float(gross), orders) for gross, orders in fresh.ask(money)] == [(12.5, 2)]


def test_what_is_written_is_what_is_shown(fresh: Shop) -> None:
    path = land(fresh, "events/2025-06-23.csv", CANONICAL)
    shown = fresh.call("inspect", str(path.parent))
    assert not fresh.data.joinpath("shop.yaml").exists()
    lines = shown.output.split("(--write puts it there)\n")[1]
    assert yaml.safe_load(lines) == {"feeds": {"events": {"files": "landing/events/{date}.csv"}}}
    assert fresh.call("inspect", str(path.parent), "--write").exit_code == 0
    assert yaml.safe_load((fresh.data / "shop.yaml").read_text("utf-8")) == yaml.safe_load(lines)


def test_comments_and_everything_else_stay_and_a_second_time_changes_nothing(fresh: Shop) -> None:
    folder = land(fresh, "events/2025-06-23.csv", CANONICAL).parent
    settings = fresh.data / "shop.yaml"
    settings.write_text(COMMENTED, "utf-8")
    assert fresh.call("inspect", str(folder), "--write").exit_code == 0
    once = settings.read_bytes()
    added = "    events:\n        files: landing/events/{date}.csv\n"
    assert once.decode() == COMMENTED + added
    assert "says so already" in fresh.call("inspect", str(folder), "--write").output
    assert settings.read_bytes() == once


def test_a_feed_with_other_values_stays_unless_force_says_so(fresh: Shop) -> None:
    folder = land(fresh, "events/2025-06-23.csv", CANONICAL).parent
    settings = fresh.data / "shop.yaml"
    mine = 'feeds:\n  events: {files: "elsewhere/*.csv"} # mine\n'
    settings.write_text(mine, "utf-8")
    refused = fresh.call("inspect", str(folder), "--write")
    assert (refused.exit_code, settings.read_text("utf-8")) == (2, mine)
    assert "feeds.events is there with other values" in refused.output
    assert fresh.call("inspect", str(folder), "--write", "--force").exit_code == 0
    assert "landing/events" in settings.read_text("utf-8")


def test_keys_of_the_shop_are_added_and_never_changed(fresh: Shop) -> None:
    """Events of 1997 in dollars: without an earlier first day and the currency every row would be refused."""
    content = "event_at,event_type,product_id,currency\n1997-03-05,view,P1,USD\n"
    folder = land(fresh, "events/a.csv", content).parent
    (fresh.data / "shop.yaml").write_text("shop: {currency: GBP}\n", "utf-8")
    result = fresh.call("inspect", str(folder), "--write")
    written = yaml.safe_load((fresh.data / "shop.yaml").read_text("utf-8"))
    assert {key: str(value) for key, value in written["shop"].items()} == {"currency": "GBP", "first_day": "1997-01-01"}
    assert "currency USD, but shop.currency is GBP" in result.output
    assert "shop.currency stays as it is" in result.output


def test_exit_statuses(fresh: Shop, tmp_path: Path) -> None:
    good = land(fresh, "events/a.csv", CANONICAL)
    strange = land(fresh, "strange.csv", "a,b\n1,2\n")
    assert fresh.call("inspect", str(good)).exit_code == 0
    assert fresh.call("inspect", str(good), str(strange)).exit_code == 1
    for nowhere in (tmp_path / "nothing", tmp_path / "nothing*.csv"):
        missing = fresh.call("inspect", str(nowhere))
        assert (missing.exit_code, "no such file or folder" in missing.output) == (2, True)
    # Without a path: everything in the landing folder, which has a strange file.
    everything = fresh.call("inspect")
    assert (everything.exit_code, "strange.csv" in everything.output) == (1, True)
    strange.unlink()
    assert fresh.call("inspect").exit_code == 0


def test_without_a_landing_folder_there_is_nothing_to_look_at(fresh: Shop) -> None:
    result = fresh.call("inspect")
    assert (result.exit_code, "landing: no such file or folder" in result.output) == (2, True)


def test_a_pattern_a_workbook_s_name_and_markup_are_taken_as_they_are(fresh: Shop) -> None:
    land(fresh, "a[red]/x.csv", CANONICAL)
    result = fresh.call("inspect", str(fresh.data / "landing" / "a[[]red]" / "*.csv"))
    assert (result.exit_code, "a[red]/x.csv" in result.output) == (0, True)
    assert "files: landing/a[[]red]/*.csv" in result.output


def test_a_folder_of_other_things_is_told(fresh: Shop) -> None:
    land(fresh, "readme.md", "hello")
    result = fresh.call("inspect", str(fresh.data / "landing"))
    assert (result.exit_code, "Passed over" in result.output) == (1, True)
    direct = fresh.call("inspect", str(fresh.data / "landing" / "readme.md"))
    assert (direct.exit_code, "unknown_kind" in direct.output) == (1, True)


def test_a_file_without_a_needed_column_points_here(fresh: Shop) -> None:
    land(fresh, "events/a.csv", "x,y,z\n1,2,3\n")
    (fresh.data / "shop.yaml").write_text('feeds: {events: {files: "landing/events/*.csv"}}\n', "utf-8")
    result = fresh.call("run")
    assert (result.exit_code, "`shop inspect` says what a file looks like" in result.output) == (2, True)
