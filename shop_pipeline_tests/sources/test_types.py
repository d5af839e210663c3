"""How text is read as each type, through whole files; and the shop's time zone."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from .conftest import Landing

UNREADABLE = object()


def read(landing: Landing, feed: str, column: str, values: list[str], **settings: str) -> list[object]:
    """Each value in a file of its own feed, with the other needed columns filled."""
    others = {
        "events": {"event_at": "2024-05-01", "event_type": "view", "product_id": "1"},
        "stock": {"product_id": "1", "stock_date": "2024-05-01", "on_hand": "1"},
        "customers": {"customer_id": "1"},
    }[feed]
    names = [name for name in others if name != column]
    lines = [",".join([*(others[name] for name in names), f'"{value}"']) for value in values]
    landing.write("a.csv", "\n".join([",".join([*names, column]), *lines]) + "\n")
    rows = landing.stage(feed, **settings)
    return [UNREADABLE if row["_rule"] == "wrong_type" else row[column] for row in rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("6", 6), ("6.0", 6), (" -6\t", -6), ("+6.", 6), ("", None), ("   ", None)],
        *[(text, UNREADABLE) for text in ("6.5", "1e3", "1_000", "0x1F", "nan", "1,000", "9" * 20, "six")],
    ],
)
def test_whole_numbers(landing: Landing, text: str, expected: object) -> None:
    assert read(landing, "events", "quantity", [text]) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("2.55", Decimal("2.55")), ("-.5", Decimal("-0.5")), ("1e2", Decimal(100)), ("\u00a03 ", Decimal(3))],
        *[(text, UNREADABLE) for text in ("nan", "inf", "1,5", "£3", "1_0", "1e30")],
    ],
)
def test_money(landing: Landing, text: str, expected: object) -> None:
    assert read(landing, "events", "unit_price", [text]) == [expected]


def test_measures_are_finite(landing: Landing) -> None:
    assert read(landing, "events", "rating", ["4.5", "nan", "Infinity"]) == [4.5, UNREADABLE, UNREADABLE]


def test_booleans(landing: Landing) -> None:
    words = ["true", "T", "Yes", "y", "1", "FALSE", "f", "no", "N", "0", "", "maybe", "2"]
    expected = [True] * 5 + [False] * 5 + [None, UNREADABLE, UNREADABLE]
    assert read(landing, "customers", "email_consent", words) == expected


def test_days(landing: Landing) -> None:
    texts = ["2024-05-01", "2024-5-1", "2024-05-01 00:00:00", "2024-05-01T08:00:00", "2024-02-30", "01/05/2024"]
    assert read(landing, "stock", "stock_date", texts) == [date(2024, 5, 1)] * 3 + [UNREADABLE] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(f"2024-05-01{text}", datetime(2024, 5, 1, 8, 26)) for text in ("T08:26:00Z", " 08:26", "t08:26z")],
        *[(text, datetime(2024, 5, 1, 6, 26)) for text in ("2024-05-01 08:26+02:00", "2024-05-01T08:26:00+02")],
        ("2024-05-01T08:26:00.5-03:30", datetime(2024, 5, 1, 11, 56, 0, 500000)),
        ("2024-05-01 08:26:00 +0545", datetime(2024, 5, 1, 2, 41)),
        ("2024-05-01 08:26:00 UTC", datetime(2024, 5, 1, 8, 26)),
        ("2024-05-01", datetime(2024, 5, 1)),
        ("2024-05-01T08:26:00.123456789Z", datetime(2024, 5, 1, 8, 26, 0, 123456)),
        *[(text, UNREADABLE) for text in ("infinity", "epoch", "2024-02-30 00:00", "1.5.2024", "1714551960")],
        ("2024-05-01+02", UNREADABLE),
        ("2024-05-01 08:26:00 America/New_York", UNREADABLE),
    ],
)
def test_canonical_moments_are_utc_unless_they_carry_an_offset(landing: Landing, text: str, expected: object) -> None:
    # The shop's zone must not matter to the moment, nor must the session's (see the connection fixture).
    assert read(landing, "events", "event_at", [text], zone="America/New_York") == [expected]


def test_the_day_of_an_event_is_that_of_the_shops_clocks(landing: Landing) -> None:
    landing.write("a.csv", "event_at,event_type,product_id\n2024-01-01T02:00Z,view,1\n2024-01-01T06:00Z,view,1\n")
    days = [row["event_date"] for row in landing.stage(zone="America/New_York")]
    assert days == [date(2023, 12, 31), date(2024, 1, 1)]


RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2011-01-10 12:00:00", datetime(2011, 1, 10, 12)),
        ("2011-07-10 12:00:00", datetime(2011, 7, 10, 11)),
        # The hour that does not exist: 01:30 becomes 02:30 on the clocks.
        ("2011-03-27 01:30:00", datetime(2011, 3, 27, 1, 30)),
        # The hour that comes twice: the later one.
        ("2011-10-30 01:30:00", datetime(2011, 10, 30, 1, 30)),
        ("2011-10-30 00:30:00", datetime(2011, 10, 29, 23, 30)),
        # An offset wins over the shop's zone.
        ("2011-07-10 12:00:00Z", datetime(2011, 7, 10, 12)),
    ],
)
def test_local_times_and_the_change_of_clocks(landing: Landing, local: str, utc: datetime) -> None:
    landing.write("a.csv", f"{RETAIL}1,22423,x,1,{local},1,,UK\n")
    (row,) = landing.stage(format="online_retail", zone="Europe/London")
    assert (row["event_at"], row["_rule"]) == (utc, None)
    assert row["event_date"] == date.fromisoformat(local[:10])


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        # New York, 2011-03-13: at 02:00 the clocks go to 03:00. 02:30 is not there: UTC-5 as before the change.
        ("America/New_York", "2011-03-13 01:59:59", datetime(2011, 3, 13, 6, 59, 59)),
        ("America/New_York", "2011-03-13 02:30:00", datetime(2011, 3, 13, 7, 30)),
        ("America/New_York", "2011-03-13 03:00:00", datetime(2011, 3, 13, 7)),
        # 2011-11-06: at 02:00 back to 01:00. 01:30 comes twice: UTC-5, the later one. 00:59:59 is UTC-4 still.
        ("America/New_York", "2011-11-06 00:59:59", datetime(2011, 11, 6, 4, 59, 59)),
        ("America/New_York", "2011-11-06 01:30:00", datetime(2011, 11, 6, 6, 30)),
        ("America/New_York", "2011-11-06 02:00:00", datetime(2011, 11, 6, 7)),
        # The first and the last second of the days of the changes, which have 23 and 25 hours.
        ("America/New_York", "2011-03-13 00:00:00", datetime(2011, 3, 13, 5)),
        ("America/New_York", "2011-03-13 23:59:59", datetime(2011, 3, 14, 3, 59, 59)),
        ("America/New_York", "2011-11-06 00:00:00", datetime(2011, 11, 6, 4)),
        ("America/New_York", "2011-11-06 23:59:59", datetime(2011, 11, 7, 4, 59, 59)),
        ("Europe/London", "2011-03-27 00:00:00", datetime(2011, 3, 27)),
        ("Europe/London", "2011-03-27 00:59:59", datetime(2011, 3, 27, 0, 59, 59)),
        ("Europe/London", "2011-03-27 23:59:59", datetime(2011, 3, 27, 22, 59, 59)),
        ("Europe/London", "2011-10-30 00:00:00", datetime(2011, 10, 29, 23)),
        ("Europe/London", "2011-10-30 00:59:59", datetime(2011, 10, 29, 23, 59, 59)),
        ("Europe/London", "2011-10-30 02:00:00", datetime(2011, 10, 30, 2)),
        ("Europe/London", "2011-10-30 23:59:59", datetime(2011, 10, 30, 23, 59, 59)),
        # Shanghai is eight hours ahead in every month; both changes of the others are hours like any other.
        ("Asia/Shanghai", "2011-03-27 01:30:00", datetime(2011, 3, 26, 17, 30)),
        ("Asia/Shanghai", "2011-07-10 00:00:00", datetime(2011, 7, 9, 16)),
        ("Asia/Shanghai", "2011-10-30 01:30:00", datetime(2011, 10, 29, 17, 30)),
        ("Asia/Shanghai", "2011-12-31 23:59:59", datetime(2011, 12, 31, 15, 59, 59)),
        # In Brazil the hour after midnight of 2011-10-16 is not there. It is of that day, not of the 15th.
        ("America/Sao_Paulo", "2011-10-15 23:59:59", datetime(2011, 10, 16, 2, 59, 59)),
        ("America/Sao_Paulo", "2011-10-16 00:30:00", datetime(2011, 10, 16, 3, 30)),
    ],
)
def test_each_local_time_keeps_its_day_where_clocks_change(
    landing: Landing, zone: str, local: str, utc: datetime
) -> None:
    landing.write("a.csv", f"{RETAIL}1,22423,x,1,{local},1,,UK\n")
    (row,) = landing.stage(format="online_retail", zone=zone)
    assert (row["event_at"], row["event_date"], row["_rule"]) == (utc, date.fromisoformat(local[:10]), None)


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        # The last second of a day and the first of the next, around both changes.
        ("Europe/London", "2011-03-27T22:59:59Z", date(2011, 3, 27)),
        ("Europe/London", "2011-03-27T23:00:00Z", date(2011, 3, 28)),
        ("Europe/London", "2011-10-29T22:59:59Z", date(2011, 10, 29)),
        ("Europe/London", "2011-10-29T23:00:00Z", date(2011, 10, 30)),
        ("Europe/London", "2011-10-30T23:59:59Z", date(2011, 10, 30)),
        ("America/New_York", "2011-03-13T04:59:59Z", date(2011, 3, 12)),
        ("America/New_York", "2011-03-14T03:59:59Z", date(2011, 3, 13)),
        ("America/New_York", "2011-03-14T04:00:00Z", date(2011, 3, 14)),
        ("America/New_York", "2011-11-07T04:59:59Z", date(2011, 11, 6)),
        ("America/New_York", "2011-11-07T05:00:00Z", date(2011, 11, 7)),
        ("Asia/Shanghai", "2011-03-27T15:59:59Z", date(2011, 3, 27)),
        ("Asia/Shanghai", "2011-03-27T16:00:00Z", date(2011, 3, 28)),
    ],
)
def test_a_day_ends_at_midnight_of_the_shops_clocks(landing: Landing, zone: str, utc: str, day: date) -> None:
    landing.write("a.csv", f"event_at,event_type,product_id\n{utc},view,1\n")
    (row,) = landing.stage(zone=zone)
    assert row["event_date"] == day


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Europe/Dublin"])
def test_no_hour_of_a_year_crashes_in_any_zone(landing: Landing, zone: str) -> None:
    # 2011 has the day that Samoa left out, and a midnight that Brazil left out.
    hours = [(datetime(2011, 1, 1, 0, 30) + timedelta(hours=n)).isoformat(" ") for n in range(365 * 24)]
    landing.write("a.csv", RETAIL + "".join(f"1,22423,x,1,{hour},1,,UK\n" for hour in hours))
    assert {row["_rule"] for row in landing.stage(format="online_retail", zone=zone)} == {None}


def test_online_retail_rows(landing: Landing) -> None:
    landing.write(
        "a.csv",
        RETAIL
        + "536365,85123A,HOLDER ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        + "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom\n"
        + "536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom\n"
        + "536370,gift_0001_20,Voucher,1,2010-12-01 11:52:00,16.67,12583,France\n"
        + "536371,DCGSSBOY,BOYS PARTY BAG,-3,2010-12-01 11:52:00,3.29,,Italy\n",
    )
    rows = landing.stage(format="online_retail", zone="Europe/London")
    assert [row["_rule"] for row in rows] == [None] * 5
    assert [row["event_type"] for row in rows] == ["purchase", "cancel", "purchase", "purchase", "purchase"]
    assert [row["quantity"] for row in rows] == [6, 1, 56, 1, -3]
    assert [row["customer_id"] for row in rows] == ["17850", "14527", None, "12583", None]
    assert [row["is_service"] for row in rows] == [False, True, False, True, False]
    assert [row["title"] for row in rows] == ["HOLDER", "Discount", None, "Voucher", "BOYS PARTY BAG"]
    assert (rows[1]["order_id"], rows[1]["currency"], rows[3]["country"]) == ("C536379", None, "France")
