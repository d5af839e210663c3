"""`shop run` with each of its options, `shop query` and `shop doctor`: what they do, and their exit status.

Not here: calls, settings and files that can't be used (`test_unusable_files.py`).
"""

from pathlib import Path

import pytest

from .folder import Shop

FEW = ("--select", "key:raw/events")
DAYS = "SELECT event_date::VARCHAR, count(*) FROM raw.events GROUP BY ALL ORDER BY ALL"


def test_since_and_until_load_their_days_alone_and_the_next_run_the_rest(prepared: Shop, tmp_path: Path) -> None:
    """The files of those days hold late events of other days, so they must come up again."""
    shop = prepared.copy_of_files(tmp_path)
    assert shop.call("run", "--since", "2025-06-24", "--until", "2025-06-25", *FEW).exit_code == 0
    assert shop.kept(DAYS) == [row for row in prepared.kept(DAYS) if row[0] in ("2025-06-24", "2025-06-25")]
    second = shop.call("run", *FEW)
    assert second.exit_code == 0
    assert "Loading 2025-06-23 to 2025-06-30" in second.output
    assert shop.kept(DAYS) == prepared.kept(DAYS)


def test_since_alone_reaches_to_the_newest_day(shop: Shop) -> None:
    result = shop.call("run", "--since", "2025-06-29", *FEW)
    assert (result.exit_code, "Loading 2025-06-29 to 2025-06-30" in result.output) == (0, True)


def test_select_builds_what_it_names_and_publishes(shop: Shop, prepared: Shop) -> None:
    result = shop.call("run", "--select", "key:marts/sales_daily", "--as-of", "2025-06-26")
    assert result.exit_code == 0, result.output
    built = [
        line.split()[1].rstrip(":") for line in result.output.splitlines() if line.strip().startswith(("1/", "2/"))
    ]
    assert built == ["marts.sales_daily", "ops.run_manifest"]
    last = "SELECT max(sale_date)::VARCHAR, max(as_of)::VARCHAR FROM marts.sales_daily"
    assert shop.ask(last) == [("2025-06-26", "2025-06-26 23:00:00")]
    untouched = "FROM marts.popular_products ORDER BY ALL"
    assert shop.ask(untouched) == prepared.ask(untouched)


def test_as_of_takes_effect_from_midnight_of_the_shop(prepared: Shop) -> None:
    """The 30th in London ends at 23:00 UTC."""
    assert prepared.ask("SELECT DISTINCT as_of::VARCHAR FROM marts.sales_daily") == [("2025-06-30 23:00:00",)]


def test_query_prints_a_table_or_csv(prepared: Shop) -> None:
    assert "recommendations" in prepared.call("query", "SELECT 'recommendations' AS found").output
    result = prepared.call("query", "--csv", "SELECT 1 AS one, 'a,b' AS two")
    assert (result.exit_code, result.output) == (0, 'one,two\n1,"a,b"\n')


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE marts.sales_daily", "read-only"),
        ("FROM marts.nothing", "nothing"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_query_tells_what_is_wrong_and_writes_nothing(prepared: Shop, sql: str, said: str) -> None:
    before = prepared.published.read_bytes()
    result = prepared.call("query", sql)
    assert (result.exit_code, said in result.output, "Traceback" in result.output) == (2, True, False)
    assert prepared.published.read_bytes() == before


def test_query_before_the_first_run(tmp_path: Path) -> None:
    result = Shop(tmp_path).call("query", "SELECT 1")
    assert (result.exit_code, "shop.duckdb is not there yet" in result.output) == (2, True)


def test_doctor_finds_a_good_folder_well(prepared: Shop) -> None:
    result = prepared.call("doctor")
    assert result.exit_code == 0, result.output
    assert "8 files" in result.output
    assert "landing/events/**/*" in result.output
    assert "SUCCESS" in result.output


def spoil_settings(shop: Shop) -> None:
    path = shop.data / "shop.yaml"
    path.write_text(path.read_text("utf-8").replace("Europe/London", "Mars/Olympus"), "utf-8")


def spoil_format(shop: Shop) -> None:
    path = shop.data / "shop.yaml"
    path.write_text(path.read_text("utf-8").replace('*"}', '*", format: shopfy}', 1), "utf-8")


def hide_events(shop: Shop) -> None:
    (shop.data / "landing/events").rename(shop.data / "landing/gone")


def break_warehouse(shop: Shop) -> None:
    shop.warehouse.write_bytes(b"no database")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_settings, "'Mars/Olympus' is not a time zone"),
        (spoil_format, "unknown_format: found 'shopfy'"),
        (hide_events, "0 files, 0.0 MB (landing/events/**/*)"),
        (break_warehouse, "not a valid DuckDB database file"),
    ],
)
def test_doctor_finds_what_is_wrong(shop: Shop, spoil: object, said: str) -> None:
    assert callable(spoil)
    spoil(shop)
    result = shop.call("doctor")
    assert (result.exit_code, said in result.output) == (1, True), result.output


def test_doctor_in_an_empty_folder(tmp_path: Path) -> None:
    result = Shop(tmp_path).call("doctor")
    assert result.exit_code == 1
    assert "not there yet: the first run makes it" in result.output


def test_doctor_shows_patterns_with_brackets(shop: Shop) -> None:
    """They look like the markup of the table that they are printed in."""
    path = shop.data / "shop.yaml"
    path.write_text(path.read_text("utf-8").replace("landing/events/**/*", "landing/[a-f]vents/*"), "utf-8")
    assert "(landing/[a-f]vents/*)" in shop.call("doctor").output


def test_infinite_weights_are_refused(shop: Shop) -> None:
    path = shop.data / "shop.yaml"
    path.write_text(path.read_text("utf-8") + "interactions: {weights: {view: .inf}}\n", "utf-8")
    result = shop.call("run", *FEW)
    assert result.exit_code == 2
    assert "shop.yaml: interactions.weights.view" in result.output
