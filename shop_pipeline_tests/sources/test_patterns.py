"""`{date}` in a `files:` pattern: which files it finds, and which day it reads off their names."""

from datetime import date
from pathlib import Path

import pytest

from shop_pipeline.settings import Feed
from shop_pipeline.sources.landing import list_files

MAY_DAY = date(2024, 5, 1)


def days(data: Path, pattern: str, *names: str) -> dict[str, date | None]:
    for name in names:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"x")
    return {file.name: file.named_date for file in list_files(data, Feed(files=pattern))}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("landing/{date}/*.csv", "landing/2024-05-01/orders.csv"),
        ("landing/{date}/*.csv", "landing/20240501/orders.csv"),
        ("landing/dt={date}/events.parquet", "landing/dt=2024-05-01/events.parquet"),
        ("landing/events_{date}.csv", "landing/events_20240501.csv"),
        ("landing/**/[ab]?_{date}*.csv", "landing/eu/shop/ax_2024-05-01_late.csv"),
        ("landing/**/{date}.csv", "landing/2024-05-01.csv"),
        ("landing/[!b]_{date}.csv", "landing/a_2024-05-01.csv"),
        # The first one counts.
        ("landing/{date}/events_{date}.csv", "landing/2024-05-01/events_2024-05-01.csv"),
        ("landing/a(1)+{date}.csv", "landing/a(1)+2024-05-01.csv"),
    ],
)
def test_the_day_is_read_off_the_name(tmp_path: Path, pattern: str, name: str) -> None:
    assert days(tmp_path, pattern, name, "landing/other.csv", "landing/x/events.parquet") == {name: MAY_DAY}


def test_an_absolute_pattern_has_days_too(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "2024-05-01.csv").write_bytes(b"x")
    found = list_files(tmp_path / "data", Feed(files=f"{tmp_path}/elsewhere/{{date}}.csv"))
    assert [file.named_date for file in found] == [MAY_DAY]


def test_digits_that_are_no_day_say_nothing_but_the_file_is_listed(tmp_path: Path) -> None:
    assert days(tmp_path, "{date}.csv", "20241345.csv", "2024-02-30.csv") == {
        "20241345.csv": None,
        "2024-02-30.csv": None,
    }


def test_without_a_date_in_the_pattern_names_say_nothing(tmp_path: Path) -> None:
    assert days(tmp_path, "*.csv", "2024-05-01.csv") == {"2024-05-01.csv": None}
