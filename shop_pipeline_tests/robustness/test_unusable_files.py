"""A file, a setting or a call that can't be used ends with one clear message and exit status 2, before anything runs.

Each case stands beside a good shop, and afterwards the published file has the same bytes.
"""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from .folder import HEADER, Shop

COLUMNS = ",".join(HEADER)
LINE = "2025-07-01T10:00:00Z,view,P00011,N1" + "," * (len(HEADER) - 4)
# (file, content, what the message has to say)
FILES: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "missing column": (
        "new.csv",
        f"event_at,event_type,sku\n{LINE}\n".encode(),
        ("landing/events/new.csv, line 1, column product_id: missing_column", "found event_at, event_type, sku"),
    ),
    "renamed column": (
        "new.csv",
        f"{COLUMNS.replace('event_at', 'event_time')}\n{LINE}\n".encode(),
        ("landing/events/new.csv, line 1, column event_at: missing_column", "did you mean 'event_time'?"),
    ),
    "truncated gzip": (
        "new.csv.gz",
        gzip.compress(f"{COLUMNS}\n{LINE}\n".encode())[:-12],
        ("landing/events/new.csv.gz: broken_compression: found a truncated gzip file", "copy the file again"),
    ),
    "UTF-16": (
        "new.csv",
        f"{COLUMNS}\n{LINE}\n".encode("utf-16"),
        ("landing/events/new.csv, line 1: wrong_encoding: found UTF-16", "set `encoding: utf-16`"),
    ),
    "a workbook": (
        "new.xlsx",
        b"PK\x03\x04 not read",
        ("landing/events/new.xlsx: broken_workbook", "expected an Excel workbook"),
    ),
    "JSON lines called CSV": (
        "new.csv",
        b'{"event_at": "2025-07-01T10:00:00Z"}\n',
        ("landing/events/new.csv, line 1: not_csv", "rename it to .jsonl"),
    ),
}
SETTINGS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "unknown time zone": ("Europe/London", "Europe/Londn", ("shop.yaml: shop.timezone:", "'Europe/Londn'")),
    "SQL for a currency": ("currency: GBP", 'currency: "x\'); DROP TABLE marts.sales_daily;--"', ("shop.currency",)),
    "misspelled key": ("holdout_days", "holdout", ("shop.yaml: recommend.holdout: Extra inputs are not permitted",)),
    "no YAML": ("feeds:", "feeds: [", ("shop.yaml: not valid YAML",)),
    "no events": ("  events:", "  market:", ("shop.yaml: feeds.events: the one feed that is needed is missing",)),
    "unknown format": ('*"}', '*", format: cannonical}', ("unknown_format", "did you mean 'canonical'?")),
}
CALLS = {
    "ends before it begins": (("--since", "2025-06-30", "--until", "2025-06-24"), "is after --until 2025-06-24"),
    "before the first day": (("--since", "2025-06-01"), "is before shop.first_day 2025-06-23 of shop.yaml"),
    "no date": (("--since", "yesterday"), "'yesterday' does not match the format '%Y-%m-%d'"),
    "no selection": (("--select", "((("), "--select '(((' is not an asset selection"),
    "nothing selected": (("--select", "key:marts/sales"), "--select 'key:marts/sales' selects no table"),
}


@pytest.fixture
def refused(shop: Shop) -> Callable[..., str]:
    """Call `shop run`, see it refused with nothing changed, and give its message."""
    before = shop.published.read_bytes(), shop.runs()

    def call(*words: str) -> str:
        result = shop.call("run", *words)
        assert result.exit_code == 2, result.output
        assert (shop.published.read_bytes(), shop.runs()) == before
        assert "Traceback" not in result.output
        return result.output

    return call


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_used(shop: Shop, refused: Callable[..., str], case: str) -> None:
    name, content, said = FILES[case]
    (shop.data / "landing/events" / name).write_bytes(content)
    message = refused()
    assert [text for text in said if text not in message] == [], message


def test_all_unusable_files_are_named_at_once(shop: Shop, refused: Callable[..., str]) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        (shop.data / "landing/events" / name).write_bytes(b"PK")
    message = refused()
    assert "a.xlsx" in message
    assert "b.xlsx" in message


@pytest.mark.parametrize("case", SETTINGS)
def test_a_setting_that_cannot_be_used(shop: Shop, refused: Callable[..., str], case: str) -> None:
    old, new, said = SETTINGS[case]
    path = shop.data / "shop.yaml"
    text = path.read_text("utf-8")
    lines = [line for line in text.splitlines() if not (case == "no events" and "  market:" in line)]
    path.write_text("\n".join(lines).replace(old, new, 1), "utf-8")
    message = refused()
    assert [text for text in said if text not in message] == [], message


@pytest.mark.parametrize("case", CALLS)
def test_a_call_that_cannot_be_used(refused: Callable[..., str], case: str) -> None:
    words, said = CALLS[case]
    assert said in refused(*words)


def test_an_empty_landing_folder_does_not_erase_the_shop(
    shop: Shop, refused: Callable[..., str], tmp_path: Path
) -> None:
    """A folder that is not mounted looks empty; `--full` forgets what no file holds."""
    before = shop.kept("SELECT count(*) FROM raw.events")
    (shop.data / "landing/events").rename(tmp_path / "elsewhere")
    assert "no file under landing/events/**/* holds an event that can be loaded" in refused("--full")
    assert shop.kept("SELECT count(*) FROM raw.events") == before
