"""Visits without a purchase: known and unknown visitors, visits that prepare an order, and bots.

Here: how often and what they look at. Not here: sessions with an order (`sessions`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.simulate.catalogue import N_CATEGORIES
from shop_pipeline.simulate.events import make_events
from shop_pipeline.simulate.people import BOT, FRAUD
from shop_pipeline.simulate.sessions import EVENTS_PER_LINE, EVENTS_PER_ORDER
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Floats, Ints

MEAN_VIEWS = 4.0
SEARCH, CLICK, FAVOURITE, CART, REMOVE = 0.3, 0.4, 0.05, 0.06, 0.3
EVENTS_PER_VISIT = SEARCH + MEAN_VIEWS * (1 + CLICK + FAVOURITE + CART * (1 + REMOVE))
MAX_VIEWS = 40  # keeps a visit within 30 minutes
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
    at: Ints
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


def browse(shop: Shop, plan: Plan, day: int, session: int, rng: np.random.Generator) -> pd.DataFrame:
    """All events of a day without an order; sessions are numbered from `session` on."""
    visits = _visits(shop, plan, day, rng)
    human = _human_events(shop, visits, day, session, rng)
    return pd.concat([human, _bot_events(shop, day, session + len(visits.at), rng)])


def _visits(shop: Shop, plan: Plan, day: int, rng: np.random.Generator) -> Visits:
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
        at=at,
        channel=rng.choice(5, size=len(at), p=[0.3, 0.35, 0.15, 0.15, 0.05]).astype(np.int64),
    )


def _categories(taste: Floats, rng: np.random.Generator) -> Ints:
    """One category per row of tastes (visits, C)."""
    drawn = (np.cumsum(taste, axis=1) < rng.random((len(taste), 1))).sum(axis=1)
    return np.minimum(drawn, N_CATEGORIES - 1).astype(np.int64)


def _human_events(shop: Shop, visits: Visits, day: int, session: int, rng: np.random.Generator) -> pd.DataFrame:
    """Searches, views, clicks, favourites and carts of the visits."""
    count = np.minimum(rng.geometric(1 / MEAN_VIEWS, len(visits.at)), MAX_VIEWS)
    visit = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    at = visits.at[visit] + 20 + 40 * rank + rng.integers(0, 30, len(visit))
    product = _products(shop, day, visits.focus[visit], rng)
    chance = rng.random(len(visit))

    def some(kind: str, chosen: Ints, delay: int, **columns: Ints | int) -> pd.DataFrame:
        v = visit[chosen]
        who = {"customer": visits.customer[v], "device": visits.device[v], "channel": visits.channel[v]}
        return make_events(kind, at[chosen] + delay, product=product[chosen], session=session + v, **who, **columns)

    searched = np.flatnonzero((rank == 0) & (rng.random(len(visit)) < SEARCH))
    buyable = shop.catalogue.in_stock[day, product]
    carted = np.flatnonzero((chance > 1 - CART) & buyable)
    removed = carted[rng.random(len(carted)) < REMOVE]
    price = shop.catalogue.price[day, product]
    return pd.concat(
        [
            some("view", np.arange(len(visit)), 0),
            some("search", searched, -10).assign(product=-1),
            some("click", np.flatnonzero(chance < CLICK), 5),
            some("favourite", np.flatnonzero((chance > 0.5) & (chance < 0.5 + FAVOURITE)), 9),
            some("add_to_cart", carted, 12, quantity=1, price=price[carted]),
            some("remove_from_cart", removed, 18, quantity=1, price=price[removed]),
        ]
    )


def _products(shop: Shop, day: int, focus: Ints, rng: np.random.Generator) -> Ints:
    """A product for each view: four in five from the category in focus, the others from anywhere, by popularity."""
    catalogue = shop.catalogue
    total = np.concatenate([[0.0], np.cumsum(catalogue.popularity * catalogue.listed[day])])
    stray = rng.random(len(focus)) < 0.2
    low = np.where(stray, 0.0, total[catalogue.first[focus]])
    high = np.where(stray, total[-1], total[catalogue.first[focus + 1]])
    drawn = low + (high - low) * (1 - rng.random(len(focus)))
    return np.clip(np.searchsorted(total, drawn, side="left") - 1, 0, len(catalogue.ids) - 1).astype(np.int64)


def _bot_events(shop: Shop, day: int, session: int, rng: np.random.Generator) -> pd.DataFrame:
    """Views two seconds apart of any product; in half of the sessions the bot is not logged in."""
    bots = np.flatnonzero(shop.people.kind == BOT)
    bots = bots[rng.random(len(bots)) < BOT_ACTIVE]
    count = np.minimum(rng.poisson(BOT_VIEWS, len(bots)), 800)
    who = np.repeat(np.arange(len(bots)), count)
    rank = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    start = shop.timeline.moment(np.full(len(bots), day), rng)
    listed = np.flatnonzero(shop.catalogue.listed[day])
    customer = np.where(rng.random(len(bots)) < 0.5, bots, -1)
    return make_events(
        "view",
        start[who] + 2 * rank,
        product=listed[rng.integers(0, len(listed), len(who))],
        customer=customer[who],
        session=session + who,
        device=shop.people.device[bots][who],
        channel=0,
    )
