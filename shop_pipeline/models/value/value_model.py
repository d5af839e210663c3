"""The two models together, chosen for the data at hand: how often customers buy, and for how much.

Here: which models are fitted, which are used, and what is said about the others. Not here: the models, and whether they
beat the naive rule (`report`, `past_rate`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scipy.stats import chi2

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.gamma_gamma import GammaGamma, SpendFit, fit_gamma_gamma
from shop_pipeline.models.value.lifetime_value import lifetime_value
from shop_pipeline.models.value.maximum_likelihood import PurchaseFit, fit
from shop_pipeline.models.value.mbg_nbd import MbgNbd
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.pareto_nbd import ParetoNbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_by_frequency import GammaGammaByFrequency, fit_spend_by_frequency
from shop_pipeline.models.value.spend_of_known_mean import GammaGammaOfKnownMean, fit_spend_of_known_mean
from shop_pipeline.models.value.value_interval import interval

# All have four parameters, so the log-likelihood alone may choose.
PURCHASE_MODELS: tuple[type[PurchaseModel], ...] = (BgNbd, MbgNbd, ParetoNbd)
# In this order, the first without a problem is used; the last one in any case, for it always has a mean.
SPEND_MODELS: tuple[Callable[[Purchases], SpendFit], ...] = (
    fit_gamma_gamma,
    fit_spend_by_frequency,
    fit_spend_of_known_mean,
)
SPEND_NAMES = (GammaGamma.name, GammaGammaByFrequency.name, GammaGammaOfKnownMean.name)
# Where nothing else holds: equal amounts, say, leave nothing to fit, and what these expect is right nevertheless.
LAST_RESORTS = (Nbd.name, GammaGammaOfKnownMean.name)
# What drop-out has to add to twice the log-likelihood of NBD: 6.0, the 5 % point of chi-square for two more
# parameters. NBD is where they reach their edge, and there one of them has no meaning, so less is added by chance:
# to 4 of 150 shops of 1,500 customers who never leave, more than this by any of the three models (the likeliest 5 %:
# 4.6, 4.0 and 2.9). Customers like those of CDNOW add 39 or more if there are 500 of them.
LEAST_GAIN = float(chi2.ppf(0.95, 2))

Fit = PurchaseFit[Any] | SpendFit


@dataclass(frozen=True)
class ValueModel:
    """A model of purchases and one of spend, with all that was fitted on the way.

    Args:
        purchase: the fit that is used for how often, and whether at all.
        spend: the fit that is used for how much.
        fits: all that were fitted, by the name of the model, the used ones and `nbd` among them.
        notes: what was not used and why, a sentence each.
    """

    purchase: PurchaseFit[Any]
    spend: SpendFit
    fits: dict[str, Fit]
    notes: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, str]:
        """The names of both models."""
        return self.purchase.model.name, self.spend.model.name

    @property
    def name(self) -> str:
        """Both models, as it stands in tables."""
        return "+".join(self.kinds)

    @property
    def problem(self) -> str | None:
        """Why the two should not be used, in words; None if both hold, or are those that are used in any case."""
        used = [found for found in (self.purchase, self.spend) if found.model.name not in LAST_RESORTS]
        return "; ".join(f"{found.model.name}: {found.problem}" for found in used if found.problem) or None

    def is_used(self, name: str) -> bool:
        """Whether the fitted model of this name is one of the two."""
        return name in self.kinds

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


def fit_value(purchases: Purchases, only: tuple[str, str] | None = None) -> ValueModel:
    """Fit all models and take, of those that hold, the likeliest for purchases and the plainest for spend.

    Args:
        only: the `kinds` of an earlier model, which alone are fitted (NBD besides) and are taken even if they do not
            hold: what was judged on other data is fitted to these, and nothing in its place. See `problem`.

    Raises:
        ValueError: nobody was observed after the first purchase, nobody has a repeat purchase, or `only` names what is
            no model of purchases and one of spend.
    """
    if only:
        return _of_these(purchases, *only)
    spend_fits = _spend_fits(purchases)
    purchase_fits = _purchase_fits(PURCHASE_MODELS, purchases)
    *leaving, staying = purchase_fits
    holding = [found for found in leaving if found.problem is None]
    purchase = max(holding, key=lambda found: found.log_likelihood) if holding else staying
    spend = spend_fits[-1]
    instead = [purchase.model.name] * (purchase is staying) + [spend.model.name] * (len(spend_fits) > 1)
    return _with_notes(purchase, spend, [*purchase_fits, *spend_fits], instead)


def _of_these(purchases: Purchases, purchase_name: str, spend_name: str) -> ValueModel:
    """The model of two kinds, whether they hold or not."""
    by_name = {kind.name: kind for kind in PURCHASE_MODELS}
    fit_spend = dict(zip(SPEND_NAMES, SPEND_MODELS, strict=True)).get(spend_name)
    if purchase_name not in (*by_name, Nbd.name) or fit_spend is None:
        raise ValueError(f"{purchase_name} and {spend_name} are no model of purchases and one of spend")
    purchase_fits = _purchase_fits([by_name[purchase_name]] if purchase_name in by_name else [], purchases)
    spend = fit_spend(purchases)
    return _with_notes(purchase_fits[0], spend, [*purchase_fits, spend], [])


def _with_notes(purchase: PurchaseFit[Any], spend: SpendFit, fits: Sequence[Fit], instead: Sequence[str]) -> ValueModel:
    notes = (*_problems(fits, purchase, spend), *(f"{name} is used instead" for name in instead))
    return ValueModel(purchase, spend, {found.model.name: found for found in fits}, notes)


def _purchase_fits(kinds: Sequence[type[PurchaseModel]], purchases: Purchases) -> list[PurchaseFit[Any]]:
    """These models with drop-out, and as the last one the model without, from which they have to differ."""
    staying = fit(Nbd, purchases)
    return [*(_against(staying, fit(kind, purchases)) for kind in kinds), staying]


def _against(staying: PurchaseFit[Nbd], leaving: PurchaseFit[Any]) -> PurchaseFit[Any]:
    """The fit with drop-out, with a problem if it is hardly likelier than the one without (likelihood-ratio test)."""
    gain = 2 * (leaving.log_likelihood - staying.log_likelihood)
    if leaving.problem is not None or gain > LEAST_GAIN:
        return leaving
    told = f"the data do not tell drop-out from none: twice the log-likelihood is {gain:.2f} above that of"
    return replace(leaving, problem=f"{told} {staying.model.name}, less than {LEAST_GAIN:.2f}")


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
