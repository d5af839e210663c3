"""What has been loaded stays, and what has not been loaded comes up again, whatever happens in between.

Days that reached raw and not clean; feeds whose files went away; products that left their feed; changed files; and
one file of many days of which one day is loaded.
"""

from pathlib import Path

from .folder import Shop, event

DAYS = "SELECT DISTINCT event_date::VARCHAR FROM {} ORDER BY 1"
# As far as the tables that are looked at; what a product that is gone does to all tables is asked of a whole run.
EVENTS = ("run", "--select", "+key:clean/events")
PRODUCTS = ("run", "--select", "+key:clean/products")


def test_days_that_are_in_raw_only_come_up_again(shop: Shop, tmp_path: Path) -> None:
    """`--select key:raw/events` publishes a ledger of files whose days clean has never seen."""
    fresh = shop.copy_of_files(tmp_path / "fresh")
    assert fresh.call("run", "--select", "key:raw/events").exit_code == 0
    assert fresh.kept("SELECT count(*) FROM clean.events") == [(0,)]
    assert fresh.call(*EVENTS).exit_code == 0
    days = fresh.kept(DAYS.format("raw.events"))
    assert len(days) == 8  # the sample's
    assert fresh.kept(DAYS.format("clean.events")) == days


def test_a_feed_without_files_keeps_what_was_loaded(shop: Shop) -> None:
    before = shop.kept("SELECT * FROM raw.products ORDER BY _row"), shop.kept("SELECT count(*) FROM clean.quarantine")
    (shop.data / "landing" / "products" / "products.csv").rename(shop.data / "products.csv")
    assert shop.call(*PRODUCTS).exit_code == 0
    assert shop.kept("SELECT * FROM raw.products ORDER BY _row") == before[0]
    assert shop.kept("SELECT count(*) FROM clean.quarantine") == before[1]


def test_a_full_refresh_over_given_days_without_files_forgets_nothing(shop: Shop) -> None:
    before = shop.kept("SELECT count(*) FROM raw.events")
    (shop.data / "landing" / "events").rename(shop.data / "unmounted")
    result = shop.call("run", "--full", "--since", "2025-06-23", "--until", "2025-06-30")
    assert result.exit_code == 1
    assert "a full refresh would forget everything" in result.output
    assert shop.kept("SELECT count(*) FROM raw.events") == before


def test_a_product_that_leaves_its_feed_stays_with_what_was_sold_of_it(shop: Shop) -> None:
    ((sold, title),) = shop.kept(
        "SELECT product_id, title FROM clean.products WHERE product_id IN"
        " (SELECT product_id FROM clean.order_lines) ORDER BY 1 LIMIT 1"
    )
    feed = shop.data / "landing" / "products" / "products.csv"
    lines = feed.read_text("utf-8").splitlines(keepends=True)
    feed.write_text("".join(line for line in lines if not line.startswith(f"{sold},")), "utf-8")
    result = shop.call("run")
    assert result.exit_code == 0, result.output
    assert shop.kept(f"SELECT title, is_listed FROM clean.products WHERE product_id = '{sold}'") == [(title, False)]


def test_a_broken_newest_version_leaves_the_good_one_before_it(shop: Shop) -> None:
    feed = shop.data / "landing" / "products" / "products.csv"
    lines = feed.read_text("utf-8").splitlines()
    names = lines[0].split(",")
    broken = {"product_id": "P00001", "title": "broken", "unit_price": "-1", "valid_from": "2025-06-30T00:00:00Z"}
    feed.write_text("\n".join([*lines, ",".join(broken.get(name, "") for name in names)]) + "\n", "utf-8")
    assert shop.call(*PRODUCTS).exit_code == 0
    assert shop.kept("SELECT count(*) FROM clean.products WHERE product_id = 'P00001' AND title <> 'broken'") == [(1,)]
    refused = "SELECT rule FROM clean.quarantine WHERE table_name = 'clean.products'"
    assert shop.kept(refused) == [("negative_price",)]


def test_a_changed_file_takes_back_what_it_had_said(shop: Shop) -> None:
    """The correction moves its one event from the 24th to the 26th."""
    shop.land("extra.csv", [event("2025-06-24T10:00:00Z", "view", "P00001")])
    assert shop.call(*EVENTS).exit_code == 0
    shop.land("extra.csv", [event("2025-06-26T11:00:00Z", "view", "P00001")])
    assert shop.call(*EVENTS).exit_code == 0
    found = shop.kept("SELECT event_date::VARCHAR FROM raw.events WHERE _file LIKE '%extra.csv'")
    assert found == [("2025-06-26",)]


def test_bad_rows_count_against_all_rows_of_their_file(shop: Shop) -> None:
    """2 unreadable rows of 200 are 1 %; of the one day that is loaded, with 2 good rows, they would be half."""
    days = [f"2025-06-{23 + n % 8}" for n in range(198)]
    good = [event(f"{day}T12:00:00Z", "view", "P00001", event_id=f"MANY-{n}") for n, day in enumerate(days)]
    bad = [event("yesterday", "view", "P00001"), event("tomorrow", "view", "P00001")]
    for old in (shop.data / "landing" / "events").glob("*.csv"):
        old.unlink()
    shop.land("months.csv", good + bad)
    result = shop.call("run", "--since", "2025-06-25", "--until", "2025-06-25", "--select", "key:raw/events")
    assert result.exit_code == 0, result.output
    refused = "SELECT count(*) FROM clean.quarantine WHERE file LIKE '%months.csv' AND rule = 'wrong_type'"
    assert shop.kept(refused) == [(2,)]
