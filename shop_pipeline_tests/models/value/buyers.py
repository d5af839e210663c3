"""Customers drawn from the processes that the models assume, one purchase at a time, without any of their formulas."""

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray
from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.mbg_nbd import MbgNbd
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.pareto_nbd import ParetoNbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases

# Fitted to CDNOW, in weeks: Fader, Hardie & Lee 2005, table 2; MBG/NBD: the BTYDplus package.
CDNOW: tuple[PurchaseModel, ...] = (
    BgNbd(0.243, 4.414, 0.793, 2.426),
    MbgNbd(0.525, 6.183, 0.891, 1.614),
    ParetoNbd(0.553, 10.578, 0.606, 11.669),
    Nbd(0.385, 12.072),
)


def purchases_of(frequency: object, recency: object, age: object) -> Purchases:
    """Histories in which every repeat purchase cost 1."""
    x = np.asarray(frequency, np.float64)
    times = np.asarray(recency, np.float64), np.asarray(age, np.float64)
    return Purchases(x, *times, np.where(x > 0, 1.0, np.nan))


def leaves_after(model: PurchaseModel, n: int, rng: np.random.Generator) -> tuple[DoubleArray, DoubleArray]:
    """How many purchases from the first on (0) and how much time each of n new customers leaves after; inf: never."""
    never = np.full(n, np.inf)
    if isinstance(model, ParetoNbd):
        return never, rng.exponential(1 / rng.gamma(model.s, 1 / model.beta, n))
    if isinstance(model, BgNbd | MbgNbd):
        chance = rng.geometric(np.maximum(rng.beta(model.a, model.b, n), 1e-12))
        return chance - float(isinstance(model, MbgNbd)), never
    return never, never


def draw(
    model: PurchaseModel, age: DoubleArray, t: float, rng: np.random.Generator
) -> tuple[Purchases, BoolArray, DoubleArray]:
    """Histories up to `age`, whether each is alive then (n,), and the number of purchases in the next `t` (n,)."""
    n = len(age)
    rate = np.maximum(rng.gamma(model.parameters()["r"], 1 / model.parameters()["alpha"], n), 1e-12)
    last_purchase, last_moment = leaves_after(model, n, rng)
    now, made, frequency, recency, later = np.zeros((5, n))
    alive = (last_purchase > 0) & (last_moment > age)
    active = np.flatnonzero(last_purchase > 0)
    while len(active):
        now[active] += rng.exponential(1 / rate[active])
        active = active[now[active] <= np.minimum(age + t, last_moment)[active]]
        made[active] += 1
        past, future = active[now[active] <= age[active]], active[now[active] > age[active]]
        frequency[past], recency[past] = made[past], now[past]
        later[future] += 1
        alive[past[made[past] >= last_purchase[past]]] = False
        active = active[made[active] < last_purchase[active]]
    return purchases_of(frequency, recency, age), alive, later
