"""The customers: who they are, what they like, how often they buy and how much they spend.

Here: everything about a person that exists before the first order. Not here: the orders (`buying`) and what the
customers feed looks like as text (`accounts`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.simulate import words
from shop_pipeline.simulate.catalogue import N_CATEGORIES
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.timeline import DAY_SECONDS, Bools, Floats, Ints, Timeline

ORDINARY, WHOLESALE, LOOKER, BOT, FRAUD = range(5)
N_PERSONAS = 8  # even, and half of it divides the 24 categories
RING = 4  # accounts that share one device in a fraud ring


@dataclass(frozen=True)
class People:
    """N customer accounts. Devices: N desktops, N phones, then `len(device_country) - 2 N` of strangers."""

    kind: Ints
    """(N,) ORDINARY, WHOLESALE, LOOKER, BOT or FRAUD."""
    rate: Floats
    """(N,) BG/NBD lambda: orders per operational day while alive."""
    drop: Floats
    """(N,) BG/NBD p: probability of leaving after a repeat order."""
    nu: Floats
    """(N,) gamma-gamma rate; the mean order is p / nu in currency."""
    taste: Floats
    """(N, C) share of demand per category, rows sum to 1; a mixture of few personas, so low in rank."""
    first_clock: Floats
    """(N,) operational time of the first order (for lookers and bots: of the first visit)."""
    signed_up_at: Ints
    """(N,) UTC seconds; before the first order, for some before the sample."""
    country: Ints
    """(N,) position in `words.COUNTRIES`."""
    device: Ints
    """(N,) main device; shared within a fraud ring."""
    device_country: Ints
    """(devices,) country in which each device is used."""
    consent: Bools
    """(N, 3) email, sms, phone."""
    staff: Bools
    """(N,) ORDINARY accounts of the shop's own people: known by their mail address, not by what they do."""

    @property
    def buys(self) -> Bools:
        """(N,) those whose orders follow BG/NBD."""
        buyers: Bools = (self.kind == ORDINARY) | (self.kind == WHOLESALE)
        return buyers


def make_people(config: ShopConfig, timeline: Timeline, rng: np.random.Generator) -> People:
    """Draw the accounts. BG/NBD heterogeneity: Fader, Hardie & Lee 2005; spending: Fader & Hardie 2013."""
    n = config.customers
    kind = _kinds(config, rng)
    first = _first_clock(config, rng)
    started = timeline.midnight[timeline.day_of_clock(first)]
    lead = np.minimum(rng.exponential(6 * DAY_SECONDS, n), 40 * DAY_SECONDS).astype(np.int64)
    shares = np.array([share for _, share, _ in words.COUNTRIES])
    country = rng.choice(len(shares), size=n, p=shares / shares.sum()).astype(np.int64)
    strangers = rng.choice(len(shares), size=3 * n, p=shares / shares.sum()).astype(np.int64)
    return People(
        kind=kind,
        rate=rng.gamma(config.r, 1 / config.alpha, n),
        # The geometric distribution needs p > 0; a beta draw can underflow.
        drop=np.clip(rng.beta(config.a, config.b, n), 1e-9, 1.0),
        nu=rng.gamma(config.q, 1 / config.v, n),
        taste=_tastes(n, rng),
        first_clock=first,
        signed_up_at=started - lead,
        country=country,
        device=_devices(kind),
        device_country=np.concatenate([country, country, strangers]),
        consent=rng.random((n, 3)) < np.array([0.75, 0.35, 0.15]),
        staff=_staff(config, kind, rng),
    )


def _kinds(config: ShopConfig, rng: np.random.Generator) -> Ints:
    """(N,) account kinds with exact counts, in random places."""
    n = config.customers
    counts = {
        WHOLESALE: max(1, round(n * config.share_wholesale)),
        LOOKER: round(n * config.share_lookers),
        BOT: max(1, round(n * config.share_bots)),
        FRAUD: max(RING, RING * round(n * config.share_frauds / RING)),
    }
    special = np.concatenate([np.full(count, kind) for kind, count in counts.items()])
    return rng.permutation(np.concatenate([special, np.zeros(n - len(special))])).astype(np.int64)


def _staff(config: ShopConfig, kind: Ints, rng: np.random.Generator) -> Bools:
    """(N,) an exact count of the ordinary accounts."""
    chosen = rng.choice(np.flatnonzero(kind == ORDINARY), max(1, round(len(kind) * config.share_staff)), replace=False)
    return np.isin(np.arange(len(kind)), chosen)


def _first_clock(config: ShopConfig, rng: np.random.Generator) -> Floats:
    """(N,) 40 % start in the first sixth of the sample (an existing clientele), the rest all along."""
    n = config.customers
    early = rng.random(n) < 0.4
    return config.days * np.where(early, rng.uniform(0, 1 / 6, n), rng.uniform(0, 0.97, n))


def _tastes(n: int, rng: np.random.Generator) -> Floats:
    """(N, C) mixtures of personas, with a little of everything.

    A persona likes 6 categories, and each category has 2 personas: so tastes differ more than categories' sizes do.
    """
    half = N_PERSONAS // 2
    liked = np.concatenate([rng.permutation(N_CATEGORIES).reshape(half, -1) for _ in range(2)])
    personas = np.zeros((N_PERSONAS, N_CATEGORIES))
    np.put_along_axis(personas, liked, rng.dirichlet(np.full(liked.shape[1], 1.5), size=N_PERSONAS), axis=1)
    mixture = rng.dirichlet(np.full(N_PERSONAS, 0.12), size=n)
    taste: Floats = 0.9 * mixture @ personas + 0.1 / N_CATEGORIES
    return taste


def _devices(kind: Ints) -> Ints:
    """(N,) each account has its own device, but a ring of frauds uses that of its first member."""
    device = np.arange(len(kind), dtype=np.int64)
    frauds = np.flatnonzero(kind == FRAUD)
    device[frauds] = frauds[np.arange(len(frauds)) // RING * RING]
    return device
