"""The currencies of sampled events, and which of them the shop would count in.

Here: the choice, and the sentences about it. Not here: their conversion (`sql/clean/rates.sql`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from shop_pipeline.settings import Shop

from .reading import Reading


def told_currencies(reading: Reading, shop: Shop) -> Iterator[str]:
    """What stands in the way of counting in `shop.currency`."""
    found = reading.currencies
    if strange := [currency for currency in found if currency != shop.currency]:
        yield f"currency {', '.join(strange)}, but shop.currency is {shop.currency}"
    if len(found) > 1:
        counted = ", ".join(f"{currency} {count:,}" for currency, count in found.items())
        yield f"several currencies (events with a price: {counted}): all but shop.currency need the feed `rates`"


def most_used(events: Sequence[Reading]) -> str:
    """The currency of most events with a price, of those with as many the first by name; empty if there is none."""
    counts: Counter[str] = Counter()
    for reading in events:
        counts.update({one: count for one, count in reading.currencies.items() if re.fullmatch("[A-Z]{3}", one)})
    return min(counts, key=lambda one: (-counts[one], one), default="")


def is_named_among(events: Sequence[Reading], shop: Shop) -> bool:
    """shop.yaml names a currency that some of the events have."""
    return "currency" in shop.model_fields_set and any(shop.currency in reading.currencies for reading in events)
