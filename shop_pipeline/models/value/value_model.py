"""The two models together, chosen for the data at hand: how often customers buy, and for how much.

Here: which models are fitted, which are used, and what is said about the others. Not here: the models, and whether they
beat the naive rule (`report`, `past_rate`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.gamma_gamma import SpendFit, fit_gamma_gamma
from shop_pipeline.models.value.lifetime_value import lifetime_value
from shop_pipeline.models.value.maximum_likelihood import PurchaseFit, fit
from shop_pipeline.models.value.mbg_nbd import MbgNbd
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.pareto_nbd import ParetoNbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_by_frequency import fit_spend_by_frequency
from shop_pipeline.models.value.spend_of_known_mean import fit_spend_of_known_mean
from shop_pipeline.models.value.value_interval import interval

# All have four parameters, so the log-likelihood alone may choose.
PURCHASE_MODELS: tuple[type[PurchaseModel], ...] = (BgNbd, MbgNbd, ParetoNbd)
# In this order, the first without a problem is used; the last one in any case, for it always has a mean.
SPEND_MODELS: tuple[Callable[[Purchases], SpendFit], ...] = (
    fit_gamma_gamma,
    fit_spend_by_frequency,
    fit_spend_of_known_mean,
)

Fit = PurchaseFit[Any] | SpendFit


@dataclass(frozen=True)
class ValueModel:
    """A model of purchases and one of spend, with all that was fitted on the way.

    Args:
        purchase: the fit that is used for how often, and whether at all.
        spend: the fit that is used for how much.
        fits: all that were fitted, by the name of the model, the used ones among them.
        notes: what was not used and why, a sentence each.
    """

    purchase: PurchaseFit[Any]
    spend: SpendFit
    fits: dict[str, Fit]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Both models, as it stands in tables."""
        return f"{self.purchase.model.name}+{self.spend.model.name}"

    def is_used(self, name: str) -> bool:
        """Whether the fitted model of this name is one of the two."""
        return name in (self.purchase.model.name, self.spend.model.name)

    def p_alive(self, purchases: Purchases) -> DoubleArray:
        """Probability (n,) of having not left for good."""
        alive: DoubleArray = self.purchase.model.p_alive(purchases)
        return alive

    def expected_purchases(self, purchases: Purchases, t: float) -> DoubleArray:
        """Expected number (n,) of purchases in the next `t`."""
        expected: DoubleArray = self.purchase.model.expected_purchases(purchases, t)
        return expected

    def value(
        self, purchases: Purchases, horizon: float, *, discount_rate: float = 0.0, margin: float = 1.0
    ) -> DoubleArray:
        """What the next `horizon` is expected to earn (n,), in money of today.

        Args:
            discount_rate: per unit of time (`lifetime_value.rate_per_unit`).
            margin: share of the revenue that is earned.
        """
        return lifetime_value(self.purchase.model, self.spend.model, purchases, horizon, discount_rate, margin)

    def interval(
        self,
        purchases: Purchases,
        horizon: float,
        *,
        confidence: float,
        discount_rate: float = 0.0,
        margin: float = 1.0,
    ) -> tuple[DoubleArray, DoubleArray]:
        """Ends (n,) between which the value lies with probability `confidence` (`value_interval.PredictiveValue`)."""
        return interval(
            self.purchase.model, self.spend.model, purchases, horizon, confidence, discount_rate, margin
        )  # fmt: skip


def fit_value(purchases: Purchases) -> ValueModel:
    """Fit all models and take, of those that hold, the likeliest for purchases and the plainest for spend.

    Raises:
        ValueError: nobody was observed after the first purchase, or nobody has a repeat purchase.
    """
    spend_fits = _spend_fits(purchases)
    purchase_fits = _purchase_fits(purchases)
    holding = [found for found in purchase_fits if found.problem is None]
    purchase = max(holding, key=lambda found: found.log_likelihood) if holding else purchase_fits[-1]
    spend = spend_fits[-1]
    fits: list[Fit] = [*purchase_fits, *spend_fits]
    instead = [purchase.model.name] * isinstance(purchase.model, Nbd) + [spend.model.name] * (len(spend_fits) > 1)
    notes = (*_problems(fits, purchase, spend), *(f"{name} is used instead" for name in instead))
    return ValueModel(purchase, spend, {found.model.name: found for found in fits}, notes)


def _purchase_fits(purchases: Purchases) -> list[PurchaseFit[Any]]:
    """All models with drop-out, and where none of them holds, as the last one the model without."""
    fits: list[PurchaseFit[Any]] = [fit(kind, purchases) for kind in PURCHASE_MODELS]
    return fits if any(found.problem is None for found in fits) else [*fits, fit(Nbd, purchases)]


def _spend_fits(purchases: Purchases) -> list[SpendFit]:
    """Models of spend from the plainest on, until one holds; the last is the one to use."""
    fits: list[SpendFit] = []
    for fit_spend in SPEND_MODELS:
        fits.append(fit_spend(purchases))
        if fits[-1].problem is None:
            break
    return fits


def _problems(fits: Sequence[Fit], *used: Fit) -> list[str]:
    """A sentence for each fit with a problem."""
    return [
        f"{found.model.name} is {'used although' if found in used else 'not used:'} {found.problem}"
        for found in fits
        if found.problem is not None
    ]
