"""Which models are fitted and used: on simulated customers of each kind, and on real ones."""

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from shop_pipeline.models.value.lifetime_value import lifetime_value
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.value_interval import interval
from shop_pipeline.models.value.value_model import ValueModel, fit_value
from shop_pipeline_tests.models.value.buyers import CDNOW, draw, purchases_of
from shop_pipeline_tests.models.value.spenders import with_spend
from shop_pipeline_tests.models.value.test_gamma_gamma import cdnow

REAL = os.environ.get("SHOP_REAL_DATA")
# Given, not guessed: the guess over 305 files takes half a minute on a busy machine.
COLUMNS = {
    "InvoiceNo": "VARCHAR",
    "StockCode": "VARCHAR",
    "Description": "VARCHAR",
    "Quantity": "INTEGER",
    "InvoiceDate": "TIMESTAMP",
    "UnitPrice": "DOUBLE",
    "CustomerID": "VARCHAR",
    "Country": "VARCHAR",
}
on_real_data = pytest.mark.skipif(REAL is None, reason="SHOP_REAL_DATA names no folder")


def customers(
    model: PurchaseModel, n: int = 3_000, q: float = 3.7, elasticity: float = 0.0
) -> tuple[Purchases, np.ndarray]:
    """Customers of several ages, and what each brings in the next 39 weeks."""
    rng = np.random.default_rng(1)
    bought, _, later = draw(model, rng.integers(20, 60, n).astype(np.float64), 39.0, rng)
    spent, nu = with_spend(bought, 6.0, q, 15.0, rng, elasticity)
    brings = np.zeros(n)
    brings[later > 0] = rng.gamma(6.0 * later[later > 0], 1 / nu[later > 0])
    return spent, brings


@pytest.fixture(scope="module")
def plain() -> tuple[ValueModel, Purchases]:
    """Fitted on customers who may leave."""
    bought, _ = customers(CDNOW[0])
    return fit_value(bought), bought


def test_the_likeliest_model_with_drop_out_is_used(plain: tuple[ValueModel, Purchases]) -> None:
    fitted, bought = plain
    assert set(fitted.fits) == {"bg_nbd", "mbg_nbd", "pareto_nbd", "nbd", "gamma_gamma"}
    likelihoods = {name: fit.log_likelihood for name, fit in fitted.fits.items() if name != "gamma_gamma"}
    best = max(likelihoods, key=lambda name: likelihoods[name])
    assert fitted.name == f"{best}+gamma_gamma"
    assert fitted.purchase.model.log_likelihood(bought) == pytest.approx(likelihoods[best])
    assert fitted.notes == ()
    assert fitted.problem is None
    assert [name for name in fitted.fits if fitted.is_used(name)] == [best, "gamma_gamma"]


def test_it_answers_as_its_two_models_do(plain: tuple[ValueModel, Purchases]) -> None:
    fitted, bought = plain
    model, spend = fitted.purchase.model, fitted.spend.model
    np.testing.assert_array_equal(fitted.p_alive(bought), model.p_alive(bought))
    np.testing.assert_array_equal(fitted.expected_purchases(bought, 13.0), model.expected_purchases(bought, 13.0))
    np.testing.assert_array_equal(
        fitted.value(bought, 52.0, discount_rate=0.002, margin=0.4),
        lifetime_value(model, spend, bought, 52.0, 0.002, 0.4),
    )
    np.testing.assert_array_equal(
        fitted.interval(bought, 52.0, confidence=0.9, discount_rate=0.002, margin=0.4),
        interval(model, spend, bought, 52.0, 0.9, 0.002, 0.4),
    )


def test_equal_customers_give_equal_bits(plain: tuple[ValueModel, Purchases]) -> None:
    fitted, bought = plain
    again = fit_value(bought)
    assert again.purchase.model == fitted.purchase.model
    assert again.spend.model == fitted.spend.model
    np.testing.assert_array_equal(again.value(bought, 52.0), fitted.value(bought, 52.0))


@pytest.mark.parametrize("model", CDNOW[:3], ids=lambda model: model.name)
def test_the_total_is_what_simulated_customers_bring(model: PurchaseModel) -> None:
    bought, brings = customers(model, 20_000)
    fitted = fit_value(bought)
    assert fitted.value(bought, 39.0).sum() == pytest.approx(brings.sum(), rel=0.06)
    assert fitted.value(bought, 39.0, margin=0.5).sum() == pytest.approx(brings.sum() / 2, rel=0.06)


def test_where_nobody_leaves_the_model_without_drop_out_is_used_and_said() -> None:
    bought, brings = customers(Nbd(0.8, 10.0))
    fitted = fit_value(bought)
    assert fitted.name == "nbd+gamma_gamma"
    for name in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        assert fitted.fits[name].problem is not None
        assert any(note.startswith(f"{name} is not used: ") for note in fitted.notes)
    assert fitted.notes[-1] == "nbd is used instead"
    assert (fitted.p_alive(bought) == 1).all()
    assert fitted.value(bought, 39.0).sum() == pytest.approx(brings.sum(), rel=0.06)


def test_drop_out_that_the_data_do_not_tell_from_none_is_not_used() -> None:
    """In shops in which nobody leaves, some of the models find a drop-out that is not quite nothing."""
    hardly = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        bought, _, _ = draw(Nbd(0.8, 10.0), rng.integers(20, 60, 1_000).astype(np.float64), 1.0, rng)
        fitted = fit_value(with_spend(bought, 6.0, 3.7, 15.0, rng)[0])
        assert fitted.purchase.model.name == "nbd"
        hardly += [str(found.problem) for found in fitted.fits.values() if "tell drop-out" in str(found.problem)]
    assert hardly
    for told in hardly:
        # The 5 % point of chi-square with two degrees of freedom is -2 log .05.
        assert told.startswith("the data do not tell drop-out from none: ")
        assert told.endswith("above that of nbd, less than 5.99")


def test_only_the_pair_that_was_judged_is_fitted_and_used(plain: tuple[ValueModel, Purchases]) -> None:
    fitted, bought = plain
    pair = ("pareto_nbd", "gamma_gamma_of_known_mean")
    asked = fit_value(bought, only=pair)
    assert asked.kinds == pair
    assert asked.name == "+".join(pair)
    assert asked.problem is None
    assert set(asked.fits) == {*pair, "nbd"}
    assert asked.purchase == fitted.fits["pareto_nbd"]
    assert fit_value(bought, only=fitted.kinds).name == fitted.name
    assert fit_value(bought, only=("nbd", "gamma_gamma")).name == "nbd+gamma_gamma"


def test_a_judged_pair_that_does_not_hold_says_so_and_nothing_takes_its_place() -> None:
    bought, _ = customers(Nbd(0.8, 10.0), q=0.7)
    asked = fit_value(bought, only=("bg_nbd", "gamma_gamma"))
    assert asked.name == "bg_nbd+gamma_gamma"
    assert asked.problem is not None
    assert asked.problem.startswith("bg_nbd: ")
    assert "; gamma_gamma: q = " in asked.problem


def test_equal_amounts_are_no_problem_of_the_model_that_is_used_in_any_case() -> None:
    bought, _, _ = draw(CDNOW[0], np.full(2_000, 39.0), 1.0, np.random.default_rng(1))
    fitted = fit_value(bought)
    assert fitted.kinds[1] == "gamma_gamma_of_known_mean"
    assert fitted.problem is None
    np.testing.assert_allclose(fitted.spend.model.expected_spend(bought), 1.0)


@pytest.mark.parametrize("only", [("gamma_gamma", "bg_nbd"), ("past_rate", "gamma_gamma"), ("bg_nbd", "past_rate")])
def test_a_pair_that_is_none_is_refused(plain: tuple[ValueModel, Purchases], only: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="no model of purchases and one of spend"):
        fit_value(plain[1], only=only)


def test_newcomers_are_not_expected_to_spend_what_a_few_spend() -> None:
    """Levels of spend are lognormal with a spread of 1.3: the likeliest q of Gamma-Gamma is 1.1, its mean 127."""
    rng = np.random.default_rng(1)
    x = rng.negative_binomial(0.3, 0.2, 4_000).astype(np.float64)
    level, repeat = np.exp(rng.normal(3.0, 1.3, 4_000)), x > 0
    spend = np.full(4_000, np.nan)
    spend[repeat] = rng.gamma(3 * x[repeat], level[repeat] / 3) / x[repeat]
    bought = Purchases(x, np.where(repeat, 30.0, 0.0), np.full(4_000, 39.0), spend)
    fitted = fit_value(bought)
    assert fitted.spend.model.name == "gamma_gamma_of_known_mean"
    newcomer = fitted.spend.model.expected_spend(bought)[~repeat][0]
    # The true mean is exp(3 + 1.3^2 / 2) = 46.8, which 1,500 of them tell to 5 %.
    assert newcomer == pytest.approx(46.8, rel=0.12)


def test_spend_that_depends_on_frequency_has_its_own_model_and_is_said() -> None:
    bought, brings = customers(CDNOW[0], 20_000, elasticity=0.5)
    fitted = fit_value(bought)
    assert fitted.spend.model.name == "gamma_gamma_by_frequency"
    assert "gamma_gamma is not used: spend depends on frequency" in fitted.notes[0]
    assert fitted.notes[-1] == "gamma_gamma_by_frequency is used instead"
    assert fitted.value(bought, 39.0).sum() == pytest.approx(brings.sum(), rel=0.08)


def test_spend_without_a_mean_has_the_last_model_and_is_said() -> None:
    bought, _ = customers(CDNOW[0], 5_000, q=0.7)
    fitted = fit_value(bought)
    assert fitted.spend.model.name == "gamma_gamma_of_known_mean"
    assert [note.split(":")[0] for note in fitted.notes] == [
        "gamma_gamma is not used",
        "gamma_gamma_by_frequency is not used",
        "gamma_gamma_of_known_mean is used instead",
    ]
    assert np.isfinite(fitted.value(bought, 39.0)).all()


def test_the_last_resort_is_used_with_its_problem_said() -> None:
    # Everybody buys every 10 days for the same amount: nobody is unlike another, neither in rate nor in spend.
    fitted = fit_value(purchases_of([9] * 20 + [3] * 20, [90] * 20 + [30] * 20, [95] * 20 + [35] * 20))
    assert fitted.name == "nbd+gamma_gamma_of_known_mean"
    assert any(note.startswith("gamma_gamma_of_known_mean is used although ") for note in fitted.notes)
    assert fitted.spend.model.expected_spend(purchases_of([3], [30], [35]))[0] == pytest.approx(1)


def test_without_a_repeat_purchase_nothing_can_be_fitted() -> None:
    with pytest.raises(ValueError, match="nobody has a repeat purchase"):
        fit_value(purchases_of([0, 0], [0, 0], [10, 20]))


@on_real_data
def test_cdnow_needs_no_fallback() -> None:
    fitted = fit_value(cdnow().per(7))
    assert fitted.notes == ()
    assert fitted.name == "mbg_nbd+gamma_gamma"


@on_real_data
def test_online_retail_has_no_drop_out_and_spend_that_goes_with_frequency() -> None:
    files = str(Path(str(REAL)) / "online_retail" / "by-day" / "*.csv")
    lines = duckdb.sql(
        "SELECT CustomerID AS customer, CAST(InvoiceDate AS DATE) AS day, sum(Quantity * UnitPrice) AS amount"
        f" FROM read_csv('{files}', header = true, auto_detect = false, quote = '\"', columns = {COLUMNS})"
        " WHERE customer IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchnumpy()
    bought = Purchases.from_days(
        np.asarray(lines["customer"]).astype(str), lines["day"].astype("datetime64[D]"), lines["amount"].astype(float),
        np.datetime64("2011-12-09"),
    )[1]  # fmt: skip
    fitted = fit_value(bought)
    assert fitted.name == "nbd+gamma_gamma_by_frequency"
    assert [note.split(":")[0] for note in fitted.notes] == [
        "bg_nbd is not used",
        "mbg_nbd is not used",
        "pareto_nbd is not used",
        "gamma_gamma is not used",
        "nbd is used instead",
        "gamma_gamma_by_frequency is used instead",
    ]
    assert fitted.spend.correlation > 0.15
