"""How much is browsed, and by whom: the plan of the sample and the visits of each day.

Here: who comes, when, and for which category. Not here: what they do then (`browsing`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.simulate.catalogue import N_CATEGORIES
from shop_pipeline.simulate.people import BOT, FRAUD
from shop_pipeline.simulate.sessions import EVENTS_PER_LINE, EVENTS_PER_ORDER
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Floats, Ints

MEAN_VIEWS = 4.0
SEARCH, CLICK, FAVOURITE, CART, REMOVE = 0.3, 0.4, 0.05, 0.06, 0.3
EVENTS_PER_VISIT = SEARCH + MEAN_VIEWS * (1 + CLICK + FAVOURITE + CART * (1 + REMOVE))
PREPARE = 0.5  # share of orders that a visit one to three days earlier prepares
BOT_ACTIVE, BOT_VIEWS = 0.2, 120.0  # share of days, views on such a day
LOGGED_OUT = 0.15  # share of visits of customers who did not log in: their device is known


@dataclass(frozen=True)
class Plan:
    """Who may visit how often."""

    known: float
    """Mean number of visits of known customers over the sample."""
    unknown: float
    """The same for unknown visitors."""
    prepared: pd.DataFrame
    """Visits that prepare an order: day, customer, category; by day."""
    activity: Floats
    """(N,) relative number of visits of each customer while it is active."""
    start: Ints
    """(N,) first local day of activity."""
    stop: Ints
    """(N,) day after the last one."""
    expected: float
    """Expected number of event rows of the whole sample, without dirt."""


@dataclass(frozen=True)
class Visits:
    """The visits of a day, one entry per visit."""

    customer: Ints
    device: Ints
    focus: Ints
    """Category that most views belong to."""
    start: Ints
    """UTC seconds."""
    channel: Ints


def make_plan(shop: Shop, rng: np.random.Generator) -> Plan:
    """Decide how much is browsed: by the orders, or so that the target of the config is met."""
    config, people = shop.config, shop.people
    prepared = _prepared(shop, rng)
    bots = int((people.kind == BOT).sum()) * config.days * BOT_ACTIVE * BOT_VIEWS
    other = EVENTS_PER_ORDER * len(shop.orders) + EVENTS_PER_LINE * len(shop.lines)
    other += len(shop.aftercare.events) + bots + EVENTS_PER_VISIT * len(prepared)
    visits = config.sessions_per_order * len(shop.orders)
    if config.events is not None:
        visits = max(0.0, config.events - other) / EVENTS_PER_VISIT
    left = shop.timeline.day_of_clock(np.minimum(shop.drop_out, config.days)) + 20
    quiet = (people.kind == BOT) | (people.kind == FRAUD)
    return Plan(
        known=visits * (1 - config.share_anonymous),
        unknown=visits * config.share_anonymous,
        prepared=prepared,
        activity=np.where(quiet, 0.0, 0.3 + people.rate / people.rate.mean()),
        start=np.maximum(0, shop.timeline.day_of(people.signed_up_at) + 1),
        stop=np.where(np.isfinite(shop.drop_out), left, config.days),
        expected=other + EVENTS_PER_VISIT * visits,
    )


def _prepared(shop: Shop, rng: np.random.Generator) -> pd.DataFrame:
    """Half of the orders are prepared by a visit to the category of their first line."""
    first = np.searchsorted(shop.lines["order"], np.arange(len(shop.orders)))
    category = shop.catalogue.category[shop.lines["product"].to_numpy()[first]]
    day = shop.orders["day"].to_numpy() - rng.integers(1, 4, len(shop.orders))
    kept = (day >= 0) & (rng.random(len(shop.orders)) < PREPARE)
    kept &= (shop.orders["source"] != "fraud").to_numpy()
    frame = pd.DataFrame({"day": day, "customer": shop.orders["customer"], "category": category})
    return frame[kept].sort_values(["day", "customer"], kind="stable", ignore_index=True)


def make_visits(shop: Shop, plan: Plan, day: int, rng: np.random.Generator) -> Visits:
    """Who comes on a day, and for which category."""
    share = shop.timeline.intensity[day] / shop.config.days
    n_customers = len(shop.people.kind)
    weight = np.cumsum(plan.activity * ((plan.start <= day) & (plan.stop > day)))
    n_known = rng.poisson(plan.known * share) if weight[-1] > 0 else 0
    known = np.searchsorted(weight, (1 - rng.random(n_known)) * weight[-1], side="left").astype(np.int64)
    low, high = np.searchsorted(plan.prepared["day"], [day, day + 1])
    preparing = plan.prepared.iloc[low:high]
    stranger = rng.integers(2 * n_customers, len(shop.people.device_country), rng.poisson(plan.unknown * share))
    customer = np.concatenate([known, preparing["customer"].to_numpy()])
    device = shop.people.device[customer] + n_customers * (rng.random(len(customer)) < 0.3)
    logged_out = rng.random(len(customer)) < LOGGED_OUT
    liked = _categories(shop.people.taste[known], rng)
    # Strangers have tastes too: those of a customer, the same at each visit of the device.
    like = _categories(shop.people.taste[stranger % n_customers], rng)
    at = shop.timeline.moment(np.full(len(customer) + len(stranger), day), rng)
    return Visits(
        customer=np.concatenate([np.where(logged_out, -1, customer), np.full(len(stranger), -1)]),
        device=np.concatenate([device, stranger]),
        focus=np.concatenate([liked, preparing["category"].to_numpy(), like]),
        start=at,
        channel=rng.choice(5, size=len(at), p=[0.3, 0.35, 0.15, 0.15, 0.05]).astype(np.int64),
    )


def _categories(taste: Floats, rng: np.random.Generator) -> Ints:
    """One category per row of tastes (visits, C)."""
    drawn: Ints = (np.cumsum(taste, axis=1) < rng.random((len(taste), 1))).sum(axis=1, dtype=np.int64)
    return np.minimum(drawn, N_CATEGORIES - 1)
