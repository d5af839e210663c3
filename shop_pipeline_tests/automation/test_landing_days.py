"""Which files are new, which days they hold, and which days a morning asks for."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shop_pipeline.automation.landing_days import (
    Days,
    days_of,
    new_files,
    newest_loaded_day,
    state_of,
    yesterday_and_before,
)
from shop_pipeline.settings import Feed, Paths, Shop, ShopSettings
from shop_pipeline.sources.problems import LandingError

from .conftest import FIRST_DAY, LONDON, land, published_with


def test_before_the_first_run_every_file_is_new(paths: Paths) -> None:
    files = [land(paths, "a.csv", ["2025-06-02T10:00:00Z"]), land(paths, "b.csv", ["2025-06-03T10:00:00Z"])]
    assert new_files(paths, LONDON) == files
    assert newest_loaded_day(paths) is None


def test_a_file_that_a_published_run_has_loaded_is_not_new(paths: Paths) -> None:
    loaded = land(paths, "a.csv", ["2025-06-02T10:00:00Z"])
    fresh = land(paths, "b.csv", ["2025-06-03T10:00:00Z"])
    published_with(paths, loaded)
    assert new_files(paths, LONDON) == [fresh]
    assert newest_loaded_day(paths) == FIRST_DAY


def test_a_loaded_file_that_changes_is_new_again(paths: Paths) -> None:
    published_with(paths, land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=1_000.0))
    assert new_files(paths, LONDON) == []
    changed = land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=1_000.5)
    assert new_files(paths, LONDON) == [changed]


def test_files_that_are_still_written_under_another_name_are_not_seen(paths: Paths) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"]).path.rename(paths.landing / "events" / "a.csv.part")
    assert new_files(paths, LONDON) == []


def test_a_shop_without_an_events_feed_has_no_new_files(paths: Paths) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"])
    assert new_files(paths, ShopSettings()) == []


def test_days_are_those_of_the_shop_not_of_utc(paths: Paths) -> None:
    # London is an hour ahead of UTC in June: 23:30 UTC of the 2nd is 00:30 of the 3rd, 22:59 of the 9th is the 9th.
    file = land(paths, "a.csv", ["2025-06-02T23:30:00Z", "2025-06-09T22:59:00Z"])
    assert days_of([file], LONDON) == Days(date(2025, 6, 3), date(2025, 6, 9))


def test_days_span_all_files(paths: Paths) -> None:
    files = [land(paths, "a.csv", ["2025-06-05T10:00:00Z"]), land(paths, "b.csv", ["2025-06-02T10:00:00Z"])]
    assert days_of(files, LONDON) == Days(date(2025, 6, 2), date(2025, 6, 5))


def test_impossible_days_are_left_out(paths: Paths) -> None:
    # The first day is 1 June 2025; nothing happens in the year 2999.
    file = land(paths, "a.csv", ["2025-05-31T10:00:00Z", "2025-06-01T10:00:00Z", "2999-01-01T10:00:00Z"])
    assert days_of([file], LONDON) == Days(FIRST_DAY, FIRST_DAY)


@pytest.mark.parametrize("moments", [[], ["2999-01-01T10:00:00Z"], ["soon"]], ids=["empty", "future", "unreadable"])
def test_a_file_without_a_possible_event_has_no_days(paths: Paths, moments: list[str]) -> None:
    assert days_of([land(paths, "a.csv", moments)], LONDON) is None


def test_a_file_that_is_no_text_is_told_by_name(paths: Paths) -> None:
    file = land(paths, "a.csv", ["2025-06-02T10:00:00Z"])
    file.path.write_text("what,is,this\n1,2,3\n")
    with pytest.raises(LandingError, match=r"a\.csv"):
        days_of([file], LONDON)


def test_the_state_of_a_folder_does_not_depend_on_the_order(paths: Paths) -> None:
    a, b = land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=1.0), land(paths, "b.csv", [], at=1.0)
    assert state_of([a, b]) == state_of([b, a])


def test_the_state_of_a_folder_changes_with_every_file(paths: Paths) -> None:
    a, b = land(paths, "a.csv", [], at=1.0), land(paths, "b.csv", [], at=1.0)
    touched = land(paths, "a.csv", [], at=2.0)
    longer = land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=1.0)
    states = {state_of(files) for files in ([], [a], [b], [a, b], [touched], [longer])}
    assert len(states) == 6


def test_days_are_told_to_dagster_as_a_range() -> None:
    assert Days(date(2025, 6, 2), date(2025, 6, 5)).tags == {
        "dagster/asset_partition_range_start": "2025-06-02",
        "dagster/asset_partition_range_end": "2025-06-05",
    }


def _shop(*, zone: str = "Europe/London", lookback: int = 3, first: date = FIRST_DAY) -> ShopSettings:
    return ShopSettings(
        shop=Shop(timezone=zone, lookback_days=lookback, first_day=first), feeds={"events": Feed(files="*")}
    )


def test_a_morning_asks_for_yesterday_and_the_look_back() -> None:
    now = datetime(2025, 6, 20, 4, 15, tzinfo=ZoneInfo("Europe/London"))
    assert yesterday_and_before(now, _shop()) == Days(date(2025, 6, 16), date(2025, 6, 19))
    assert yesterday_and_before(now, _shop(lookback=0)) == Days(date(2025, 6, 19), date(2025, 6, 19))


def test_yesterday_is_the_shops_own() -> None:
    # 23:30 UTC of 19 June is 00:30 of the 20th in London and 19:30 of the 19th in New York.
    now = datetime(2025, 6, 19, 23, 30, tzinfo=UTC)
    until = {zone: yesterday_and_before(now, _shop(zone=zone)) for zone in ("Europe/London", "America/New_York")}
    assert until["Europe/London"] == Days(date(2025, 6, 16), date(2025, 6, 19))
    assert until["America/New_York"] == Days(date(2025, 6, 15), date(2025, 6, 18))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # London puts its clocks forward at 01:00 UTC of 30 March 2025, and back at 01:00 UTC of 26 October 2025.
        (datetime(2025, 3, 30, 3, 15, tzinfo=UTC), date(2025, 3, 29)),
        (datetime(2025, 3, 30, 23, 15, tzinfo=UTC), date(2025, 3, 30)),
        (datetime(2025, 10, 26, 4, 15, tzinfo=UTC), date(2025, 10, 25)),
        (datetime(2025, 10, 26, 23, 15, tzinfo=UTC), date(2025, 10, 25)),
    ],
    ids=["spring, morning", "spring, next day begun", "autumn, morning", "autumn, still the same day"],
)
def test_days_are_counted_by_the_calendar_when_the_clocks_change(now: datetime, until: date) -> None:
    found = yesterday_and_before(now, _shop(first=date(2025, 1, 1)))
    assert found is not None
    assert found.until == until
    assert (found.until - found.since).days == 3


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2025, 6, 1), None),  # the first day is not over
        (date(2025, 6, 2), Days(date(2025, 6, 1), date(2025, 6, 1))),
        (date(2025, 6, 4), Days(date(2025, 6, 1), date(2025, 6, 3))),
        (date(2025, 6, 6), Days(date(2025, 6, 2), date(2025, 6, 5))),
    ],
)
def test_the_look_back_ends_at_the_first_day(today: date, expected: Days | None) -> None:
    now = datetime(today.year, today.month, today.day, 4, 15, tzinfo=ZoneInfo("Europe/London"))
    assert yesterday_and_before(now, _shop()) == expected
