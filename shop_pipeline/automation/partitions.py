"""The days: one partition per calendar day of the shop, today included."""

import dagster as dg

from ..settings import Shop


def daily_partitions(shop: Shop) -> dg.DailyPartitionsDefinition:
    """From the shop's first day to today, in its time zone."""
    return dg.DailyPartitionsDefinition(start_date=shop.first_day.isoformat(), timezone=shop.timezone, end_offset=1)
