"""A format with several rows in a line, from the landing file through the gates into clean.events.

The fixture of GA4, which has one bad line of each kind, padded with page and product views so that the bad ones stay
under their limits. Here: that the gates take and count all rows. What the rows are: `sources/test_formats`.
"""

import json
from datetime import date

from shop_pipeline.checks import Part
from shop_pipeline.contracts import FEEDS
from shop_pipeline.settings import Feed
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed
from shop_pipeline_tests.assets.conftest import SETTINGS, Bench
from shop_pipeline_tests.sources.test_formats import FIXTURES

FIXTURE = FIXTURES / "ga4" / "export" / "events_20240101.jsonl"
ITEM = {"item_id": "SKU-1", "item_name": "Red Mug", "price": 12.5}


def land(bench: Bench) -> None:
    """The fixture in the shop's currency, its second line once more, and 90 views."""
    lines = FIXTURE.read_text("utf-8").replace("EUR", SETTINGS.shop.currency).splitlines()
    views: list[dict[str, object]] = [
        {
            "event_timestamp": str(1704110400000000 + number),
            "event_name": "view_item" if number < 60 else "page_view",
            "event_params": [],
            "user_pseudo_id": "333.444",
        }
        | ({"items": [ITEM]} if number < 60 else {})
        for number in range(90)
    ]
    folder = bench.session.paths.landing
    folder.mkdir()
    text = "\n".join([*lines, lines[1], *map(json.dumps, views)]) + "\n"
    (folder / "events_20240101.jsonl").write_text(text, "utf-8")


def stage(bench: Bench, feed: str) -> int:
    """Stage the feed and write it to raw; the number of rows that landed."""
    given = Feed(files="landing/*.jsonl", format="ga4")
    files = list_files(bench.session.paths.data, given)
    stage_feed(bench.duck, FEEDS[feed], given, files, SETTINGS.shop, "staged")
    bench.gate.write(Part(FEEDS[feed], "SELECT * FROM staged"))
    ((n_rows,),) = bench.rows("SELECT count(*) FROM staged")
    return int(n_rows)


def test_rows_in_are_rows_clean_quarantined_and_dropped(bench: Bench) -> None:
    land(bench)
    bench.set(since=date(2024, 1, 1), until=date(2024, 1, 31))
    # 22 rows of 15 lines, the repeated one, the views.
    assert stage(bench, "events") == 22 + 1 + 90
    assert stage(bench, "products") == 3
    for table in ("clean.products", "clean.prices", "clean.rates"):
        bench.run(table)
    report = bench.run("clean.events")
    assert report.set_aside == {
        "exact_duplicate": 1,
        # Two of the fixture, one of which names its event itself, and the views of pages.
        "no_shop_event": 2 + 30,
        "missing_product": 1,
    }
    found = bench.rows("SELECT table_name, rule, line, part FROM clean.quarantine ORDER BY line")
    assert found == [
        ("clean.events", "missing_product", 10, 1),
        ("raw.events", "broken_line", 11, 1),
        ("raw.events", "wrong_type", 14, 1),
    ]
    assert bench.rows("SELECT count(*) FROM clean.events") == [(113 - 3 - 1 - 32,)]
    # The order of the fixture, bought and given back.
    money = "sum(CASE event_type WHEN 'purchase' THEN quantity * unit_price ELSE -quantity * unit_price END)"
    sold = bench.rows(f"SELECT {money}, count(*) FROM clean.events WHERE order_id = 'T-100'")
    assert sold == [(0, 8)]
