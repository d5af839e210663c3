"""Folds, errors and the choice among candidates, on ratings whose answers are worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.ratings import cross_validation
from shop_pipeline.models.ratings.baselines import Biases, BiasesConfig, GlobalMean
from shop_pipeline.models.ratings.biased_mf import BiasedMf, BiasedMfConfig
from shop_pipeline.models.ratings.cross_validation import Chosen, Errors, cross_validate, errors_of, folds
from shop_pipeline_tests.models.ratings.predictor_conformance import PredictorConformance, small
from shop_pipeline_tests.models.ratings.synthetic import drawn


class TestChosen(PredictorConformance):
    def model(self) -> Chosen:
        return Chosen([GlobalMean(), Biases()])


def test_errors_of_the_mean() -> None:
    """The ratings 5 3 4 1 2 4 lie 11/6, 1/6, 5/6, 13/6, 7/6, 5/6 from their mean: squares 390/36, sum of sizes 42/6."""
    found = errors_of(GlobalMean().fit(small(), np.random.default_rng(0)), small())
    assert found.rmse == pytest.approx(np.sqrt(390 / 36 / 6))
    assert found.mae == pytest.approx(42 / 6 / 6)


def test_each_rating_is_tested_on_once_and_never_learned_from_then() -> None:
    splits = list(folds(11, 3, np.random.default_rng(0)))
    assert sorted(len(test) for _, test in splits) == [3, 4, 4]
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(11))
    for learn, test in splits:
        assert sorted([*learn, *test]) == list(range(11))


@pytest.mark.parametrize("n_folds", [1, 12])
def test_too_few_or_too_many_folds_are_refused(n_folds: int) -> None:
    with pytest.raises(ValueError, match="folds of 11"):
        list(folds(11, n_folds, np.random.default_rng(0)))


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = drawn(np.random.default_rng(2), 80, 50, 20).ratings
    config = BiasedMfConfig(n_factors=4, epochs=5)
    found = []
    for n_threads in (1, 3):
        monkeypatch.setattr(cross_validation, "thread_count", lambda n=n_threads: n)
        found.append(cross_validate(lambda: BiasedMf(config), ratings, 5, seed=3))
    assert found[0] == found[1]
    assert cross_validate(lambda: BiasedMf(config), ratings, 5, seed=4) != found[0]


def test_the_best_on_the_held_out_share_is_fitted_on_everything() -> None:
    """Biases explain half of the variance; dampings of a million leave nothing of them."""
    ratings = drawn(np.random.default_rng(2), 80, 50, 20).ratings
    chosen = Chosen([GlobalMean(), Biases(BiasesConfig(1e6, 1e6)), Biases()]).fit(ratings, np.random.default_rng(0))
    assert chosen.winner == 2
    alone = Biases().fit(ratings, np.random.default_rng(0)).state
    np.testing.assert_array_equal(chosen.state.product_bias, alone.product_bias)


def test_an_error_that_is_no_number_is_never_the_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = iter([Errors(np.nan, np.nan), Errors(2, 2), Errors(1, 1)])
    monkeypatch.setattr(cross_validation, "errors_of", lambda *_: next(errors))
    ratings = drawn(np.random.default_rng(2), 80, 50, 20).ratings
    chosen = Chosen([GlobalMean(), GlobalMean(), Biases()]).fit(ratings, np.random.default_rng(0))
    assert chosen.winner == 2


@pytest.mark.parametrize(("candidates", "share"), [([], 0.1), ([GlobalMean()], 0.0), ([GlobalMean()], 1.0)])
def test_nothing_to_choose_from_or_by_is_refused(candidates: list[GlobalMean], share: float) -> None:
    with pytest.raises(ValueError, match="candidates"):
        Chosen(candidates, share)
