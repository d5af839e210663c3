"""A late event changes its own day and what follows from it, and nothing else; files that leave take nothing along.

The late file is of the 29th and holds two events of the 27th (`conftest.land_late`): a view, and a purchase of
3 x 10.00.
"""

from decimal import Decimal

import pytest

from .conftest import LATE_DAY, LATE_FILE
from .folder import Rows, Shop

OTHER_DAYS = f"event_date <> DATE '{LATE_DAY}'"
ONLY_RAW = ("--select", "key:raw/events")


def net(shop: Shop, day: str) -> Decimal:
    return shop.ask(f"SELECT sum(net_revenue) FROM marts.sales_daily WHERE sale_date = DATE '{day}'")[0][0]


@pytest.mark.parametrize("table", ["raw.events", "clean.events"])
def test_rows_of_the_other_days_are_untouched(prepared: Shop, late: Shop, table: str) -> None:
    before, after = (s.kept(f"SELECT * FROM {table} WHERE {OTHER_DAYS} ORDER BY ALL") for s in (prepared, late))
    assert len(before) > 1000
    assert after == before


@pytest.mark.parametrize("table", ["raw.events", "clean.events"])
def test_the_day_itself_has_the_two_events_more(prepared: Shop, late: Shop, table: str) -> None:
    before, after = (s.kept(f"SELECT * FROM {table} WHERE NOT ({OTHER_DAYS}) ORDER BY ALL") for s in (prepared, late))
    assert set(before) <= set(after)
    assert len(after) == len(before) + 2


def test_sales_of_that_day_alone_rise_by_the_purchase(prepared: Shop, late: Shop) -> None:
    assert net(late, LATE_DAY) == net(prepared, LATE_DAY) + 30
    others = f"SELECT * EXCLUDE (run_id) FROM marts.sales_daily WHERE sale_date <> DATE '{LATE_DAY}' ORDER BY ALL"
    # C000001 is in both shops before that day, or `new_customers` of a later day would have to fall.
    assert late.ask(others) == prepared.ask(others)


def test_the_customer_is_recommended_nothing_that_the_late_event_shows_they_have(late: Shop) -> None:
    shown = "SELECT count(*) FROM marts.recommendations WHERE customer_id = 'C000001' AND product_id = 'P00011'"
    assert late.ask(shown) == [(0,)]


def test_the_file_is_remembered_with_its_day(late: Shop) -> None:
    remembered = late.ask(
        f"SELECT file, n_rows, first_day, last_day FROM ops.landing_files WHERE file LIKE '%{LATE_FILE}'"
    )
    assert [(name.rsplit("/", 1)[1], n, str(first), str(last)) for name, n, first, last in remembered] == [
        (LATE_FILE, 2, LATE_DAY, LATE_DAY)
    ]


def rows_of_the_30th(shop: Shop) -> Rows:
    return shop.kept("SELECT * FROM raw.events WHERE event_date = DATE '2025-06-30' ORDER BY ALL")


def test_rows_of_a_file_that_left_stay_until_a_full_run(shop: Shop) -> None:
    before = rows_of_the_30th(shop)
    (shop.data / "landing/events/events-2025-06-30.csv").unlink()
    assert shop.call("run", "--since", "2025-06-30", "--until", "2025-06-30", *ONLY_RAW).exit_code == 0
    assert rows_of_the_30th(shop) == before
    assert shop.call("run", "--full", *ONLY_RAW).exit_code == 0
    assert rows_of_the_30th(shop) == []
