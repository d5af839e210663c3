"""Every purchase model: derivatives, published figures, and answers held against simulated customers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaln, hyp2f1

from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.mbg_nbd import MbgNbd
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.pareto_nbd import ParetoNbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline_tests.models.value.buyers import CDNOW, draw, purchases_of

BG, MBG, PARETO, NBD = CDNOW
models = pytest.mark.parametrize("model", CDNOW, ids=lambda model: model.name)
# New, quiet, busy, just gone, gone long ago, and one with more purchases than most shops ever see from anybody.
HISTORIES = purchases_of([0, 0, 1, 2, 26, 7, 400], [0, 0, 2, 30.43, 30.86, 3, 38], [0.1, 38.86, 39, 38.86, 31, 39, 39])
# The example customer of Fader, Hardie & Lee 2005: two repeat purchases, the last in week 30.43 of 38.86.
CUSTOMER = purchases_of([2], [30.43], [38.86])


@models
def test_derivatives_are_those_of_the_likelihood(model: PurchaseModel) -> None:
    _, gradient = model.log_likelihoods(HISTORIES)
    for row, (name, value) in zip(gradient, model.parameters().items(), strict=True):
        step = 1e-5 * value
        above, below = (replace(model, **{name: value + sign * step}) for sign in (1, -1))
        slope = (above.log_likelihoods(HISTORIES)[0] - below.log_likelihoods(HISTORIES)[0]) / (2 * step)
        # Beside an exact 0 (b of who bought once, in the BG/NBD) only rounding errors of the difference are left.
        np.testing.assert_allclose(row, slope, rtol=2e-6, atol=1e-7, err_msg=name)


@pytest.mark.parametrize(("alpha", "beta"), [(10.578, 11.669), (11.669, 10.578), (3.0, 0.02)])
def test_the_pareto_likelihood_is_that_of_the_published_2f1_form(alpha: float, beta: float) -> None:
    # Fader & Hardie, A note on deriving the Pareto/NBD model, equations 20 to 24, with the larger of alpha and beta.
    r, s = 0.553, 0.606
    x, recency, age = HISTORIES.frequency[:6], HISTORIES.recency[:6], HISTORIES.age[:6]
    most, gap, second = max(alpha, beta), abs(alpha - beta), s + 1 if alpha > beta else r + x

    def part(time: np.ndarray) -> np.ndarray:
        return hyp2f1(r + s + x, second, r + s + x + 1, gap / (most + time)) / (most + time) ** (r + s + x)

    stays = (alpha + age) ** -(r + x) * (beta + age) ** -s
    inside = stays + s / (r + s + x) * (part(recency) - part(age))
    expected = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(inside)
    model = ParetoNbd(r, alpha, s, beta)
    np.testing.assert_allclose(model.log_likelihoods(HISTORIES.part(slice(6)))[0], expected, rtol=1e-9)
    np.testing.assert_allclose(model.p_alive(HISTORIES.part(slice(6))), stays / inside, rtol=1e-8)


@pytest.mark.parametrize("t", [1.0, 39.0, 400.0])
def test_expected_purchases_of_the_bg_nbd_are_those_of_the_published_2f1_form(t: float) -> None:
    # Fader, Hardie & Lee 2005, equation 10.
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    x, recency, age = HISTORIES.frequency[:6], HISTORIES.recency[:6], HISTORIES.age[:6]
    series = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
    above = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * series)
    below = 1 + (x > 0) * a / np.maximum(b + x - 1, 1e-9) * ((alpha + age) / (alpha + recency)) ** (r + x)
    np.testing.assert_allclose(BG.expected_purchases(HISTORIES.part(slice(6)), t), above / below, rtol=1e-7)


def test_published_answers_on_cdnow() -> None:
    # BG/NBD: Fader, Hardie & Lee 2005 and its spreadsheet (expected repeat purchases of a new customer by week).
    assert BG.expected_purchases(CUSTOMER, 39)[0] == pytest.approx(1.226, abs=5e-4)
    weeks = [0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]
    exact = BgNbd(0.24259, 4.41353, 0.79289, 2.42575)
    found = [exact.expected_purchases_of_a_new_customer(week) for week in weeks]
    np.testing.assert_allclose(found[:5], [0.0078, 0.0532, 0.1506, 1.0405, 1.0437], atol=5e-5)
    # The spreadsheet stops its series early (1.8576); SciPy's 2F1, with z = .95, gives ours.
    r, alpha, a, b = exact.parameters().values()
    series = hyp2f1(r, b, a + b - 1, 78 / (alpha + 78)) * (alpha / (alpha + 78)) ** r
    assert found[5] == pytest.approx((a + b - 1) / (a - 1) * (1 - series), rel=1e-9)
    assert found[5] == pytest.approx(1.8576, abs=5e-4)
    # The BTYD manual: no repeat purchase of a new customer within 39 weeks.
    assert BG.predictive(purchases_of([0], [0], [0]), 39).p_none[0] == pytest.approx(0.5737864, abs=1e-7)
    # The BTYD walkthrough, Pareto/NBD: a new customer's year, a customer's next year, and who is still alive.
    assert PARETO.expected_purchases_of_a_new_customer(52) == pytest.approx(1.473, abs=5e-4)
    often = purchases_of([26], [30.86], [31])
    assert PARETO.expected_purchases(often, 52)[0] == pytest.approx(25.46, abs=5e-3)
    assert PARETO.p_alive(often)[0] == pytest.approx(0.9979, abs=5e-5)


@models
def test_the_number_of_purchases_of_simulated_customers_is_as_predicted(model: PurchaseModel) -> None:
    # The process draws purchase after purchase; no formula of the models is used in it.
    rng = np.random.default_rng(20)
    purchases, alive, later = draw(model, rng.uniform(0, 60, 120_000), 30.0, rng)
    found, p_alive = model.predictive(purchases, 30.0), model.p_alive(purchases)
    groups = (purchases.frequency == 0, purchases.frequency == 1, purchases.frequency > 1, p_alive < 0.5)
    for group in filter(np.any, groups):
        n, mean, variance = group.sum(), found.mean[group].mean(), found.variance[group].mean()
        assert mean == pytest.approx(later[group].mean(), abs=4 * np.sqrt(variance / n))
        squared = (later - found.mean)[group] ** 2
        assert variance == pytest.approx(squared.mean(), abs=5 * squared.std() / np.sqrt(n))
        for probability, happened in ((found.p_none, later == 0), (p_alive, alive)):
            share = probability[group].mean()
            error = np.sqrt(share * (1 - share) / n)
            assert share == pytest.approx(happened[group].mean(), abs=4 * error + 1e-12)


@models
def test_the_predictive_of_one_customer_is_that_of_draws_from_the_posterior(model: PurchaseModel) -> None:
    # Of who is alive, rate and drop-out are Gamma(r + x, alpha + T) and Beta(a, b + k) or Gamma(s, beta + T).
    rng, n, t = np.random.default_rng(7), 200_000, 39.0
    known = model.parameters()
    rate = rng.gamma(known["r"] + 2, 1 / (known["alpha"] + 38.86), n)
    left = np.full(n, t)
    if isinstance(model, ParetoNbd):
        left = np.minimum(t, rng.exponential(1 / rng.gamma(model.s, 1 / (model.beta + 38.86), n)))
    number = rng.poisson(rate * left)
    if isinstance(model, BgNbd | MbgNbd):
        chances = 3 if isinstance(model, MbgNbd) else 2
        number = np.minimum(number, rng.geometric(rng.beta(model.a, model.b + chances, n)))
    number = number * (rng.random(n) < model.p_alive(CUSTOMER)[0])
    found = model.predictive(CUSTOMER, t)
    assert found.mean[0] == pytest.approx(number.mean(), abs=4 * number.std() / n**0.5)
    assert found.variance[0] == pytest.approx(number.var(), rel=0.03)
    assert found.p_none[0] == pytest.approx((number == 0).mean(), abs=4 * 0.5 / n**0.5)


@models
def test_expected_purchases_are_the_mean_of_the_predictive_and_start_at_none(model: PurchaseModel) -> None:
    np.testing.assert_allclose(model.expected_purchases(HISTORIES, 20), model.predictive(HISTORIES, 20).mean)
    now = model.predictive(HISTORIES, 0)
    assert not now.mean.any()
    assert not now.variance.any()
    np.testing.assert_allclose(now.p_none, 1)


@models
def test_many_purchases_and_long_silence_overflow_nowhere(model: PurchaseModel) -> None:
    extreme = purchases_of([400, 500, 5000, 3], [5, 1, 700, 0.001], [6, 3700, 730, 3650])
    values, gradient = model.log_likelihoods(extreme)
    found = model.predictive(extreme, 365)
    for answer in (values, gradient, model.p_alive(extreme), found.mean, found.variance, found.p_none):
        assert np.isfinite(answer).all()
    assert (found.variance >= 0).all()
    assert ((found.p_none >= 0) & (found.p_none <= 1)).all()


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd])
def test_a_of_1_is_no_hole_in_the_expected_purchases(kind: type[BgNbd]) -> None:
    # The published form divides by a - 1.
    below, at, above = (kind(0.5, 5, a, 2).expected_purchases(HISTORIES, 30) for a in (1 - 1e-6, 1.0, 1 + 1e-6))
    np.testing.assert_allclose(at, (below + above) / 2, rtol=1e-9)


@pytest.mark.parametrize("s", [1.0, 2.0])
def test_s_of_1_or_2_is_no_hole_either(s: float) -> None:
    below, at, above = (ParetoNbd(0.5, 5, s + d, 20).predictive(HISTORIES, 30) for d in (-1e-6, 0.0, 1e-6))
    np.testing.assert_allclose(at.mean, (below.mean + above.mean) / 2, rtol=1e-9)
    np.testing.assert_allclose(at.variance, (below.variance + above.variance) / 2, rtol=1e-9)


@pytest.mark.parametrize(
    "model", [BgNbd(0.385, 12.072, 1e-9, 1), MbgNbd(0.385, 12.072, 1e-9, 1), ParetoNbd(0.385, 12.072, 1e-9, 1)]
)
def test_without_drop_out_all_models_are_the_nbd(model: PurchaseModel) -> None:
    # But for somebody with 400 purchases who then was silent for a whole week.
    usual = HISTORIES.part(slice(5))
    np.testing.assert_allclose(model.log_likelihoods(usual)[0], NBD.log_likelihoods(usual)[0], rtol=1e-6)
    np.testing.assert_allclose(model.predictive(usual, 30).variance, NBD.predictive(usual, 30).variance, rtol=1e-5)
    assert model.degenerate() is not None
    assert "nobody ever drops out" in model.degenerate()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (BgNbd(0.2, 4, 800, 2000), "same probability"),
        (BgNbd(5000, 40000, 0.8, 2), "same rate"),
        (ParetoNbd(0.5, 10, 5000, 60000), "leave at the same rate"),
        (ParetoNbd(5000, 100000, 0.6, 11), "buy at the same rate"),
        (Nbd(5000, 100000), "same rate"),
    ],
)
def test_models_without_differences_between_customers_say_so(model: PurchaseModel, said: str) -> None:
    problem = model.degenerate()
    assert problem is not None
    assert said in problem


@models
def test_the_fitted_models_of_cdnow_are_not_degenerate(model: PurchaseModel) -> None:
    assert model.degenerate() is None


def test_parameters_and_horizons_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"bg_nbd are finite and above 0, not \{'a': 0.0\}"):
        BgNbd(1, 1, 0, 1)
    with pytest.raises(ValueError, match="horizon"):
        BG.expected_purchases(CUSTOMER, -1)
    with pytest.raises(ValueError, match="horizon"):
        BG.predictive(CUSTOMER, np.inf)


def test_who_bought_once_may_have_left_but_in_the_bg_nbd_and_the_nbd() -> None:
    once = purchases_of([0], [0], [38.86])
    assert BG.p_alive(once)[0] == NBD.p_alive(once)[0] == 1
    assert 0 < MBG.p_alive(once)[0] < PARETO.p_alive(CUSTOMER)[0]
