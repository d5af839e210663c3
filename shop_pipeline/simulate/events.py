"""Events as numbers: the frame that sessions, browsing and aftercare fill and `files` turns into text.

Here: the event types, the channels and the columns. Not here: any randomness.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shop_pipeline.simulate.timeline import Ints

EVENT_TYPES = (
    "view",
    "click",
    "search",
    "favourite",
    "add_to_cart",
    "remove_from_cart",
    "checkout",
    "purchase",
    "refund",
    "cancel",
    "review",
)
CODE = {name: code for code, name in enumerate(EVENT_TYPES)}
CHANNELS = ("direct", "search", "social", "app", "affiliate", "email", "sms")

# -1 stands for "empty" in every column but `at` and `kind`. `price` is in hundredths, `text` a position in
# `words.review_texts()`, `at` UTC seconds; the others are positions in the tables of the shop.
COLUMNS = (
    "at",
    "kind",
    "product",
    "customer",
    "session",
    "order",
    "quantity",
    "price",
    "rating",
    "text",
    "device",
    "channel",
)


def make_events(kind: str, at: Ints, **columns: Ints | int) -> pd.DataFrame:
    """Events of one type; columns that are not given stay empty."""
    given: dict[str, Ints | int] = {"at": at, "kind": CODE[kind], **columns}
    filled = {name: np.broadcast_to(np.asarray(given.get(name, -1), dtype=np.int64), at.shape) for name in COLUMNS}
    return pd.DataFrame(filled, copy=False)
