"""Fits: the truth is found again the better the more customers there are, and what the data do not hold is said."""

from itertools import pairwise

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.maximum_likelihood import SAMPLE, fit
from shop_pipeline.models.value.mbg_nbd import MbgNbd
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.pareto_nbd import ParetoNbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.search import curvature_at, errors_of_logs, search
from shop_pipeline.simulate.buying import organic_orders
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.people import make_people
from shop_pipeline.simulate.timeline import make_timeline
from shop_pipeline_tests.models.value.buyers import CDNOW, draw, purchases_of

models = pytest.mark.parametrize("model", CDNOW, ids=lambda model: model.name)


def deviations(model: PurchaseModel, n: int, seed: int) -> tuple[DoubleArray, DoubleArray]:
    """log(estimate / truth) per parameter, and the standard error that the fit says for it."""
    rng = np.random.default_rng(seed)
    found = fit(type(model), draw(model, rng.uniform(10, 100, n), 0.0, rng)[0])
    assert found.problem is None
    values = np.array(list(found.model.parameters().values()))
    return np.log(values / list(model.parameters().values())), np.array(list(found.standard_errors.values())) / values


@models
def test_the_truth_is_found_again_the_closer_the_more_customers(model: PurchaseModel) -> None:
    found = [deviations(model, n, seed=3) for n in (1_000, 4_000, 16_000)]
    for off, error in found:
        assert (np.abs(off) < 3.5 * error).all()
    # The tolerance itself halves with four times the customers, but for chance.
    for (_, fewer), (_, more) in pairwise(found):
        assert (more < 0.75 * fewer).all()
    assert found[-1][1].max() < 0.25


def test_standard_errors_are_the_spread_of_repeated_fits() -> None:
    # Of 30 fits, a standard deviation is known to about 13 %.
    found = [deviations(CDNOW[0], 1_500, seed) for seed in range(30)]
    spread = np.std([off for off, _ in found], axis=0)
    np.testing.assert_allclose(spread, np.mean([error for _, error in found], axis=0), rtol=0.4)


def test_the_truth_of_the_simulated_shop_is_found_again() -> None:
    # In the shop's own clock, without the days of the week and seasons, its organic orders are a BG/NBD process; what
    # blurs it is that orders are known by the day, and that two of one day are one purchase.
    config = ShopConfig(customers=20_000, days=720, alpha=60.0)
    rng = np.random.default_rng(5)
    timeline = make_timeline(config)
    people = make_people(config, timeline, rng)
    orders, _ = organic_orders(timeline, people, rng)
    days = np.unique(orders[["customer", "day"]].to_numpy(), axis=0)
    first = np.flatnonzero(np.diff(days[:, 0], prepend=-1))
    last = np.append(first[1:], len(days)) - 1
    noon = (timeline.clock[:-1] + timeline.clock[1:]) / 2
    begin = noon[days[first, 1]]
    found = fit(BgNbd, purchases_of(last - first, noon[days[last, 1]] - begin, timeline.days - begin))
    assert found.problem is None
    truth = {"r": config.r, "alpha": config.alpha, "a": config.a, "b": config.b}
    for name, value in found.model.parameters().items():
        assert value == pytest.approx(truth[name], abs=4 * found.standard_errors[name]), name


@models
def test_the_unit_of_time_changes_the_times_alone(model: PurchaseModel) -> None:
    rng = np.random.default_rng(1)
    weeks, _, _ = draw(model, rng.uniform(10, 60, 1500), 0.0, rng)
    in_weeks, in_days = (fit(type(model), weeks.per(unit)) for unit in (1, 1 / 7))
    for name, value in in_weeks.model.parameters().items():
        factor = 7 if name in model.times else 1
        assert in_days.model.parameters()[name] == pytest.approx(value * factor, rel=1e-7)
        assert in_days.standard_errors[name] == pytest.approx(in_weeks.standard_errors[name] * factor, rel=1e-4)
    # A density per day is a seventh of one per week, once for each repeat purchase.
    lower = weeks.frequency.sum() * np.log(7)
    assert in_days.log_likelihood == pytest.approx(in_weeks.log_likelihood - lower, abs=1e-5)


def test_equal_histories_count_as_often_as_they_come() -> None:
    rng = np.random.default_rng(2)
    once, _, _ = draw(CDNOW[0], np.full(3000, 40.0), 0.0, rng)
    twice = once.part(np.repeat(np.arange(len(once)), 2))
    one, two = fit(BgNbd, once), fit(BgNbd, twice)
    assert two.n_customers == 2 * one.n_customers
    assert two.log_likelihood == pytest.approx(2 * one.log_likelihood)
    assert one.log_likelihood == pytest.approx(one.model.log_likelihood(once))
    for name, value in one.model.parameters().items():
        assert two.model.parameters()[name] == pytest.approx(value, rel=1e-6)
        assert two.standard_errors[name] == pytest.approx(one.standard_errors[name] / np.sqrt(2), rel=1e-4)


def test_the_search_that_begins_with_a_sample_ends_at_the_optimum_of_all() -> None:
    rng = np.random.default_rng(4)
    many, _, _ = draw(CDNOW[0], rng.uniform(10, 100, 25_000), 0.0, rng)
    assert len(many.distinct()[0]) > SAMPLE
    found = fit(BgNbd, many)
    _, gradient = found.model.log_likelihoods(many)
    scaled = gradient.mean(axis=1) * list(found.model.parameters().values())
    np.testing.assert_allclose(scaled, 0, atol=1e-8)


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd, ParetoNbd])
def test_customers_who_never_leave_are_said_to_and_leave_nothing_but_the_nbd(kind: type[PurchaseModel]) -> None:
    rng = np.random.default_rng(6)
    faithful, _, _ = draw(Nbd(0.8, 10.0), rng.uniform(10, 60, 5000), 0.0, rng)
    found, plain = fit(kind, faithful), fit(Nbd, faithful)
    assert found.problem is not None
    assert "nobody ever drops out" in found.problem
    assert plain.problem is None
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=1.0)
    assert plain.model.r == pytest.approx(0.8, abs=4 * plain.standard_errors["r"])


@models
def test_data_without_a_second_purchase_hold_no_model(model: PurchaseModel) -> None:
    problem = fit(type(model), purchases_of(np.zeros(50), np.zeros(50), np.arange(50) + 1.0)).problem
    assert problem is not None
    assert "nobody bought a second time" in problem


def test_customers_who_are_all_alike_are_said_to_be() -> None:
    problem = fit(Nbd, purchases_of(np.full(30, 5), np.full(30, 25), np.full(30, 30))).problem
    assert problem is not None
    assert "same rate" in problem


@pytest.mark.parametrize("purchases", [purchases_of([], [], []), purchases_of([0], [0], [0])])
def test_nothing_to_fit_is_refused(purchases: Purchases) -> None:
    with pytest.raises(ValueError, match="no customer was observed"):
        fit(BgNbd, purchases)


class Valley:
    """(x - 3)^2, whatever y: the second number is not held by the data."""

    def at(self, logs: DoubleArray, /) -> tuple[float, DoubleArray]:
        return float((logs[0] - 3) ** 2), np.array([2 * (logs[0] - 3), 0.0])


def test_what_is_not_held_has_no_standard_error() -> None:
    logs, converged = search(Valley(), Valley(), 2)
    assert converged
    assert logs[0] == pytest.approx(3)
    assert np.isnan(errors_of_logs(curvature_at(Valley(), logs))).all()
