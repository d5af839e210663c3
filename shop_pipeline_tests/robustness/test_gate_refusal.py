"""A gate that refuses in the middle of the graph: nothing behind it is built, nothing is published, and it is told why.

Planted: a file of one new day with 45 events, 5 of them of a product that the shop does not have. 5 of 45 is 11 %, over
the 5 % that `clean.events` lets go to quarantine.
"""

import pytest
from click.testing import Result

from .folder import Rows, Shop, all_rows, event

DAY, BAD_FILE = "2025-07-01", "events-2025-07-01.csv"
N_ROWS, N_BAD = 45, 5


def a_day(n_bad: int) -> list[dict[str, str]]:
    return [
        event(f"{DAY}T10:00:{n:02d}Z", "view", "NOBODY-SELLS-IT" if n < n_bad else "P00011", event_id=f"NEW-{n:02d}")
        for n in range(N_ROWS)
    ]


@pytest.fixture(scope="module")
def refusing(prepared: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Result]:
    shop = prepared.copy(tmp_path_factory.mktemp("refusing"))
    shop.land(BAD_FILE, a_day(N_BAD))
    return shop, shop.call("run")


def test_it_ends_with_status_1_and_says_why(refusing: tuple[Shop, Result]) -> None:
    result = refusing[1]
    assert result.exit_code == 1
    assert (
        "refused clean.events: clean.events was refused and is as it was. unknown_product: 5 of 45 rows"
        in result.output
    )
    assert "Not published" in result.output
    assert "Traceback" not in result.output


def test_every_published_table_is_as_it_was(refusing: tuple[Shop, Result], prepared: Shop) -> None:
    assert refusing[0].published.read_bytes() == prepared.published.read_bytes()
    assert all_rows(refusing[0]) == all_rows(prepared)


def test_everything_behind_it_is_skipped(refusing: tuple[Shop, Result], prepared: Shop) -> None:
    became = dict(line.split("│")[1:3] for line in refusing[1].output.splitlines() if line.startswith("│"))
    became = {name.strip(): what.strip() for name, what in became.items()}
    assert became["raw.events"] == became["clean.products"] == "built"
    behind = (
        "clean.orders",
        "features.interactions",
        "models.product_similarity",
        "marts.recommendations",
        "ops.run_manifest",
    )
    assert {became[name] for name in behind} == {"skipped"}
    for name in (
        "clean.events",
        "clean.quarantine",
        "clean.orders",
        "features.interactions",
        "models.product_similarity",
    ):
        assert refusing[0].kept(f"FROM {name} ORDER BY ALL") == prepared.kept(f"FROM {name} ORDER BY ALL"), name


def test_the_failed_outcome_is_stored(refusing: tuple[Shop, Result]) -> None:
    failed: Rows = refusing[0].kept(
        "SELECT table_name, rule, partition, n_rows, n_failed, severity FROM ops.check_results WHERE NOT passed"
    )
    assert failed == [("clean.events", "unknown_product", f"{DAY}..{DAY}", N_ROWS, N_BAD, "ERROR")]
    moments = "SELECT count(DISTINCT checked_at) FROM ops.check_results WHERE run_id IN"
    run = "(SELECT run_id FROM ops.check_results WHERE NOT passed) AND table_name = 'clean.events'"
    assert refusing[0].kept(f"{moments} {run}") == [(1,)]


def test_the_next_run_finds_the_mended_file_by_itself(refusing: tuple[Shop, Result], prepared: Shop) -> None:
    """The day has come again, under another name, and the bad file was taken away: nothing of it may stay."""
    shop = refusing[0]
    (shop.data / "landing/events" / BAD_FILE).unlink()
    shop.land("events-2025-07-01-mended.csv", a_day(0))
    result = shop.call("run", "--select", "key:raw/events or key:clean/products or key:clean/events")
    assert result.exit_code == 0, result.output
    stored = "SELECT count(*), count(DISTINCT event_id) FROM clean.events"
    assert shop.kept(f"{stored} WHERE event_date = DATE '{DAY}'") == [(N_ROWS, N_ROWS)]
    assert shop.kept(stored) == [tuple(n + N_ROWS for n in prepared.kept(stored)[0])]


def test_wrong_types_in_most_of_a_file_are_refused_at_the_door(shop: Shop, prepared: Shop) -> None:
    """30 unreadable times beside the rows of the newest day, which is read again: over 5 %. Nothing is published,
    though no mart stands between the refused table and the manifest.
    """
    shop.land("new.csv", [event("soon", "view", "P00011", event_id=f"N{n}") for n in range(30)])
    result = shop.call("run", "--select", "key:raw/events")
    assert result.exit_code == 1
    assert "refused raw.events: raw.events was refused and is as it was. wrong_type: " in result.output
    assert shop.published.read_bytes() == prepared.published.read_bytes()
    for name in ("raw.events", "clean.quarantine", "ops.landing_files"):
        assert shop.kept(f"FROM {name} ORDER BY ALL") == prepared.kept(f"FROM {name} ORDER BY ALL"), name


def test_a_file_of_another_feed_that_cannot_be_read_refuses_its_table(shop: Shop, prepared: Shop) -> None:
    path = shop.data / "landing/products/products.csv"
    path.write_text(path.read_text("utf-8").replace("product_id,", "product,", 1), "utf-8")
    result = shop.call("run", "--select", "key:raw/products")
    assert result.exit_code == 1
    said = "refused raw.products: landing/products/products.csv, line 1, column product_id: missing_column"
    assert said in result.output
    assert "did you mean 'product'?" in result.output
    assert shop.kept("FROM raw.products ORDER BY ALL") == prepared.kept("FROM raw.products ORDER BY ALL")
