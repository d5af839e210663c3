"""When customers order: BG/NBD arrivals, and the bursts of frauds.

Here: who orders on which day. Not here: orders that marketing causes (`marketing`), and what is in them (`baskets`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.people import FRAUD, WHOLESALE, People
from shop_pipeline.simulate.timeline import Floats, Ints, Timeline


def organic_orders(timeline: Timeline, people: People, rng: np.random.Generator) -> tuple[pd.DataFrame, Floats]:
    """Orders (customer, day, source) and (N,) drop-out times in operational days (inf: alive at the end).

    BG/NBD (Fader, Hardie & Lee 2005): after the first order at time 0, orders come at rate lambda; after each
    repeat order the customer leaves with probability p. So at most Geometric(p) of the arrivals happen.
    """
    buyers = np.flatnonzero(people.buys)
    age = timeline.days - people.first_clock[buyers]
    arrivals = rng.poisson(people.rate[buyers] * age)
    allowed = rng.geometric(people.drop[buyers])
    who = np.repeat(np.arange(len(buyers)), arrivals)
    tau = people.first_clock[buyers][who] + rng.random(len(who)) * age[who]
    order = np.lexsort((tau, who))
    tau, rank = tau[order], _rank(arrivals)
    kept = rank < allowed[who]
    drop_out = np.full(len(people.kind), np.inf)
    last = rank == allowed[who] - 1
    drop_out[buyers[who[last]]] = tau[last]
    clock = np.concatenate([people.first_clock[buyers], tau[kept]])
    customer = np.concatenate([buyers, buyers[who[kept]]])
    return _orders(timeline, customer, clock, "organic"), drop_out


def _rank(counts: Ints) -> Ints:
    """0, 1, .. within each group of the given sizes."""
    rank: Ints = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank


def _orders(timeline: Timeline, customer: Ints, clock: Floats, source: str) -> pd.DataFrame:
    """Frame of orders from operational times."""
    return pd.DataFrame({"customer": customer, "day": timeline.day_of_clock(clock), "source": source})


def fraud_orders(timeline: Timeline, people: People, rng: np.random.Generator) -> pd.DataFrame:
    """One to four orders of each fraud account within three days of its first."""
    frauds = np.flatnonzero(people.kind == FRAUD)
    who = np.repeat(frauds, rng.integers(1, 5, len(frauds)))
    clock = people.first_clock[who] + 3 * rng.random(len(who))
    return _orders(timeline, who, np.minimum(clock, timeline.days - 1e-6), "fraud")


def complete_orders(
    config: ShopConfig, timeline: Timeline, people: People, orders: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Give orders their moment, value and device; the index becomes the order number, in order of time.

    Value: gamma-gamma (Fader & Hardie 2013), Gamma(p, nu) in currency; wholesale and frauds buy multiples of it.
    """
    customer = orders["customer"].to_numpy()
    value = rng.gamma(config.p, 1.0, len(orders)) / people.nu[customer]
    kind = people.kind[customer]
    value = value * np.where(kind == WHOLESALE, config.wholesale_factor, np.where(kind == FRAUD, 3.0, 1.0))
    phone = (rng.random(len(orders)) < 0.3) & (kind != FRAUD)
    complete = orders.assign(
        at=timeline.moment(orders["day"].to_numpy(), rng),
        value=value,
        device=people.device[customer] + phone * len(people.kind),
    )
    return complete.sort_values(["at", "customer"], kind="stable", ignore_index=True)
