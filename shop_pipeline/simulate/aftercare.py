"""What follows a sale: refunds, cancellations, reviews, service tickets and fraud labels.

Here: everything that refers back to an order. Not here: the order itself (`buying`, `baskets`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.simulate.catalogue import Catalogue
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.events import make_events
from shop_pipeline.simulate.people import FRAUD, People
from shop_pipeline.simulate.timeline import DAY_SECONDS, Ints, Timeline

TOPICS = ("refund", "delivery", "product", "payment", "account")


@dataclass(frozen=True)
class Aftercare:
    """Consequences of the orders."""

    events: pd.DataFrame
    """Refund, cancel and review events (columns of `events`), by time."""
    tickets: pd.DataFrame
    """customer, opened_at, closed_at (-1: open), topic, satisfaction (-1: not asked)."""
    labels: pd.DataFrame
    """order, is_fraud, labelled_at."""


def make_aftercare(
    config: ShopConfig,
    timeline: Timeline,
    catalogue: Catalogue,
    people: People,
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    rng: np.random.Generator,
) -> Aftercare:
    """Draw all consequences; whatever would happen after the last day does not happen."""
    end = int(timeline.midnight[-1])
    sold = lines.assign(**{c: orders[c].to_numpy()[lines["order"]] for c in ("at", "customer", "device")})
    fate = rng.random(len(sold))
    refunds = _returns(sold[fate < config.refund_rate], "refund", rng)
    doomed = (fate >= config.refund_rate) & (fate < config.refund_rate + config.cancel_rate)
    cancels = _returns(sold[doomed], "cancel", rng)
    reviews = _reviews(catalogue, sold[rng.random(len(sold)) < config.review_rate], rng)
    events = pd.concat([refunds, cancels, reviews], ignore_index=True)
    events = events[events["at"] < end].sort_values(["at", "order", "product"], kind="stable", ignore_index=True)
    tickets = _tickets(events, orders, end, rng)
    return Aftercare(events, tickets, _labels(people, orders, end, rng))


def _returns(sold: pd.DataFrame, kind: str, rng: np.random.Generator) -> pd.DataFrame:
    """Refunds (3 to 25 days later, of some or all units) or cancellations (within 20 hours, of all units)."""
    count, quantity = len(sold), sold["quantity"].to_numpy()
    if kind == "refund":
        delay = rng.integers(3 * DAY_SECONDS, 25 * DAY_SECONDS, count)
        quantity = np.where(rng.random(count) < 0.7, quantity, rng.integers(1, quantity + 1))
    else:
        delay = rng.integers(600, 20 * 3600, count)
    return _follow(kind, sold, delay, quantity=quantity, price=sold["price"].to_numpy())


def _reviews(catalogue: Catalogue, sold: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Reviews 3 to 20 days later; the stars follow the product's quality, a quarter is written in Chinese."""
    count = len(sold)
    drawn = rng.normal(catalogue.quality[sold["product"]], 0.9)
    rating = np.clip(np.rint(drawn), 1, 5).astype(np.int64)
    chinese, choice = rng.random(count) < 0.25, rng.integers(0, 8, count)
    text = np.where(rng.random(count) < 0.8, ((rating - 1) * 2 + chinese) * 8 + choice, -1)
    delay = rng.integers(3 * DAY_SECONDS, 20 * DAY_SECONDS, count)
    return _follow("review", sold, delay, rating=rating, text=text)


def _follow(kind: str, sold: pd.DataFrame, delay: Ints, **columns: Ints) -> pd.DataFrame:
    """Events that refer to a sold line, outside any session."""
    same = {c: sold[c].to_numpy() for c in ("product", "customer", "order", "device")}
    return make_events(kind, sold["at"].to_numpy() + delay, channel=0, **same, **columns)


def _tickets(events: pd.DataFrame, orders: pd.DataFrame, end: int, rng: np.random.Generator) -> pd.DataFrame:
    """A case for half of the refunds and cancellations, and for one order in thirty."""
    returned = events[(events["price"] >= 0) & (rng.random(len(events)) < 0.5)]
    plain = orders[rng.random(len(orders)) < 1 / 30]
    topic = np.concatenate([np.zeros(len(returned)), rng.integers(1, len(TOPICS), len(plain))]).astype(np.int64)
    cause = np.concatenate([returned["at"], plain["at"]]).astype(np.int64)
    opened = cause + rng.integers(600, 4 * DAY_SECONDS, len(cause))
    closed = opened + (3600 * rng.lognormal(2.5, 1.0, len(cause))).astype(np.int64)
    satisfaction = np.where(rng.random(len(cause)) < 0.6, rng.integers(1, 6, len(cause)), -1)
    frame = pd.DataFrame(
        {
            "customer": np.concatenate([returned["customer"], plain["customer"]]).astype(np.int64),
            "opened_at": opened,
            "closed_at": np.where(closed < end, closed, -1),
            "topic": np.asarray(TOPICS)[topic],
            "satisfaction": np.where(closed < end, satisfaction, -1),
        }
    )
    return frame[opened < end].sort_values(["opened_at", "customer"], kind="stable", ignore_index=True)


def _labels(people: People, orders: pd.DataFrame, end: int, rng: np.random.Generator) -> pd.DataFrame:
    """Known outcomes: 95 % of frauds and 40 % of good orders, 5 to 40 days later (unless the sample ends first)."""
    fraud = people.kind[orders["customer"]] == FRAUD
    known = rng.random(len(orders)) < np.where(fraud, 0.95, 0.4)
    at = orders["at"].to_numpy() + rng.integers(5 * DAY_SECONDS, 40 * DAY_SECONDS, len(orders))
    known &= at < end
    return pd.DataFrame({"order": np.flatnonzero(known), "is_fraud": fraud[known], "labelled_at": at[known]})
