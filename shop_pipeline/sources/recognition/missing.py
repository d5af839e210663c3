"""What a recognised group does not have, and what is lost without it.

Here: the sentences, by feed and column. Not here: what it has (`words`).
"""

from shop_pipeline.contracts.feeds import FEEDS

from ..presets import DERIVED
from .findings import Filled, Section

LOST = {
    "events": {
        "product_id": "purchases without a product are refused in clean",
        "event_id": "duplicates are told by their content only",
        "customer_id": "no recommendations per customer, no segments, no customer value; returns can't be matched",
        "session_id": "visits are cut at gaps of 30 minutes",
        "order_id": "returns can be matched by customer and product only",
        "quantity": "purchases without a quantity are refused in clean",
        "unit_price": "purchases without a price are refused in clean; no revenue",
        "currency": "prices are taken for the shop's currency",
        "rating": "no marks for products",
        "review_text": "no texts of reviews",
        "country": "no best-sellers by country",
        "ip_address": "risky orders can't be told by address",
        "device_id": "risky orders and bots can't be told by device",
        "channel": "no favourite channel of a customer",
        "title": "products are shown by their ids",
    },
    "products": {
        "title": "products are shown by their ids",
        "description": "no similarity by text",
        "category": "no figures by category",
        "brand": "no similarity by brand",
        "unit_price": "prices are those of the events only",
        "unit_cost": "no margins",
        "attributes": "no similarity by attributes",
        "valid_from": "one version of each product, valid at all times",
    },
    "customers": {
        "email": "staff and test orders can't be told by address",
        "country": "a customer's country is that of the first event",
        "signed_up_at": "a customer begins with the first event",
        "email_consent": "nobody may be written to",
        "sms_consent": "nobody may be texted",
        "phone_consent": "nobody may be called",
    },
}
"""What is lost without an optional column; for others its meaning in the contract is told."""


def missing(filled: Filled) -> list[str]:
    """The optional columns that no row of the sample fills, and what is lost without them."""
    table = FEEDS[filled.feed]
    absent = [one for one in table if one.name not in {*filled.reading.filled, *filled.notes, *DERIVED, "is_service"}]
    lost = LOST.get(filled.feed, {})
    return [f"no {one.name}: {lost.get(one.name, f'nothing is known of it ({one.doc})')}" for one in absent]


def unread(section: Section, filled: Filled) -> list[str]:
    """Columns of the file that nothing is made of."""
    used = {name.lower() for name in (*filled.preset.source_columns, *filled.preset.header)}
    return [name for name in section.group.columns.names if name.lower() not in used]
