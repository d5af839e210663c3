"""Which forecasts are published on customers like those of CDNOW: means are, and what is only small is not."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.gamma_gamma import GammaGamma, SpendFit
from shop_pipeline.models.value.maximum_likelihood import PurchaseFit
from shop_pipeline.models.value.past_rate import PastRate
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.report import ValueReport, judge_value
from shop_pipeline.models.value.value_model import ValueModel, fit_value
from shop_pipeline_tests.models.value.buyers import CDNOW, draw
from shop_pipeline_tests.models.value.spenders import with_spend

REAL = os.environ.get("SHOP_REAL_DATA")
P, Q, V = 6.25, 3.74, 15.4


@dataclass(frozen=True)
class Share:
    """A part of what the naive rule says."""

    share: float
    name: str

    def expected_purchases(self, purchases: Purchases, t: float) -> DoubleArray:
        return self.share * PastRate().expected_purchases(purchases, t)

    def value(self, purchases: Purchases, horizon: float) -> DoubleArray:
        return self.share * PastRate().value(purchases, horizon)

    def interval(self, purchases: Purchases, horizon: float, *, confidence: float) -> tuple[DoubleArray, DoubleArray]:
        low, high = PastRate().interval(purchases, horizon, confidence=confidence)
        return self.share * low, self.share * high


ZERO, TENTH = Share(0.0, "zero"), Share(0.1, "tenth")


def high(report: ValueReport, model: str, metric: str) -> float:
    found = report.score(model, metric)
    assert found is not None
    assert found.high is not None
    return found.high


@pytest.fixture(scope="module")
def drawn() -> tuple[ValueReport, str]:
    """20,000 customers, 39 weeks held out, and the very model that they are drawn from."""
    rng, n = np.random.default_rng(1), 20_000
    bought, _, later = draw(CDNOW[0], rng.uniform(27, 39, n), 39.0, rng)
    bought, nu = with_spend(bought, P, Q, V, rng)
    brings = np.zeros(n)
    brings[later > 0] = rng.gamma(P * later[later > 0], 1 / nu[later > 0])
    purchase, spend = PurchaseFit(CDNOW[0], 0.0, {}, None, n), SpendFit(GammaGamma(P, Q, V), 0.0, {}, None, n, 0.0)
    true = ValueModel(purchase, spend, {}, ())
    return judge_value([true, ZERO, TENTH], bought, later, brings, 39.0, np.random.default_rng(0)), true.name


def test_the_true_model_is_published(drawn: tuple[ValueReport, str]) -> None:
    report, true = drawn
    assert report.beats(true)


@pytest.mark.parametrize("model", [ZERO, TENTH], ids=lambda model: model.name)
def test_a_forecast_that_is_only_small_is_not(drawn: tuple[ValueReport, str], model: Share) -> None:
    """Though its mean absolute error is surely below that of the naive rule, which expects 1.8 times what comes."""
    report, _ = drawn
    assert high(report, model.name, "revenue_mae_difference") < 0
    assert not report.beats(model.name)


def real() -> tuple[Purchases, DoubleArray, DoubleArray]:
    """Histories until the end of September 1997, in days, and the purchases and revenue of the 39 weeks after it."""
    rows = np.loadtxt(Path(str(REAL)) / "cdnow" / "CDNOW_sample.txt", dtype=str)
    days = np.array([f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in rows[:, 2]], "datetime64[D]")
    amount, later = rows[:, 4].astype(float), days > np.datetime64("1997-09-30")
    ids, bought = Purchases.from_days(rows[:, 1], days, amount, np.datetime64("1997-09-30"))
    place = np.searchsorted(ids, rows[later, 1])
    days_with = np.unique(np.stack([place, days[later].astype(int)])[:, amount[later] > 0], axis=1)[0]
    n = len(ids)
    revenue = np.bincount(place, amount[later], n)
    return bought, np.bincount(days_with, minlength=n).astype(float), revenue


@pytest.mark.skipif(REAL is None, reason="SHOP_REAL_DATA names no folder")
def test_on_real_cdnow_every_model_with_drop_out_is_published_and_no_small_forecast() -> None:
    bought, purchases, revenue = real()
    fitted = fit_value(bought)
    rivals = [replace(fitted, purchase=fitted.fits[name]) for name in ("bg_nbd", "mbg_nbd", "pareto_nbd")]
    report = judge_value([*rivals, ZERO, TENTH], bought, purchases, revenue, 273.0, np.random.default_rng(0))
    assert [rival.name for rival in rivals if report.beats(rival.name)] == [rival.name for rival in rivals]
    for model in (ZERO, TENTH):
        assert high(report, model.name, "revenue_mae_difference") < 0
        assert not report.beats(model.name)
