"""PCA and ICA: against the definition, planted sources, signs, words, degenerate customers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.segments import components as module
from shop_pipeline.models.segments.components import Components, fit_ica, fit_pca
from shop_pipeline_tests.models.segments.planted import feature_names

FEATURES = feature_names(6)
Fit = Callable[[DoubleArray], Components]


def pca(rows: DoubleArray) -> Components:
    return fit_pca(feature_names(rows.shape[1]), rows)


def ica(rows: DoubleArray) -> Components:
    return fit_ica(feature_names(rows.shape[1]), rows, np.random.default_rng(5))


def mixed(n: int = 2000, seed: int = 0) -> tuple[DoubleArray, DoubleArray]:
    """Six features that are mixtures of two independent sources, a heavy-tailed and a flat one, and a little noise."""
    rng = np.random.default_rng(seed)
    sources = np.column_stack([rng.laplace(size=n), rng.uniform(-2, 2, n)])
    return sources @ rng.normal(size=(2, 6)) + 0.01 * rng.normal(size=(n, 6)), sources


def correlations(one: DoubleArray, other: DoubleArray) -> DoubleArray:
    n = one.shape[1]
    return np.corrcoef(one.T, other.T)[:n, n:]


def test_principal_components_by_hand() -> None:
    """(2, 2), (-2, -2), (1, -1), (-1, 1): along (1, 1) / sqrt 2 they lie at 2 sqrt 2 and - 2 sqrt 2 (variance 4),
    across it at sqrt 2 and - sqrt 2 (variance 1); 4 of 5 parts of the variance are the first component's.

    Both features have the variance (4 + 4 + 1 + 1) / 4 = 2.5, so the loadings are sqrt(4 / 2 / 2.5) and
    sqrt(1 / 2 / 2.5), the second with both signs, of which the first feature's is to be positive.
    """
    found = fit_pca(["a", "b"], np.array([[2.0, 2], [-2, -2], [1, -1], [-1, 1]]))
    np.testing.assert_allclose(found.strength, [0.8, 0.2])
    np.testing.assert_allclose(found.projection, np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    np.testing.assert_allclose(found.loadings, [[np.sqrt(0.8)] * 2, [np.sqrt(0.2), -np.sqrt(0.2)]])
    np.testing.assert_allclose(found.project(np.array([[3.0, 1]])), [[4 / np.sqrt(2), 2 / np.sqrt(2)]])
    assert found.names() == ("high a, b", "high a; low b")


def test_principal_components_are_those_of_the_singular_value_decomposition() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 6)) @ np.diag([5.0, 4, 3, 2, 1, 1])
    found = pca(rows)
    left, values, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.strength, (values**2 / (values**2).sum())[:2])
    np.testing.assert_allclose(np.abs(found.project(rows)), np.abs(left * values)[:, :2], atol=1e-9)
    np.testing.assert_allclose(found.loadings, correlations(found.project(rows), rows), atol=1e-12)


def test_independent_components_are_the_planted_sources() -> None:
    """The excess kurtosis of a Laplace variable is 3, that of a uniform one - 1.2: so that is the order."""
    rows, sources = mixed()
    found = ica(rows)
    alike = np.abs(correlations(found.project(rows), sources))
    assert alike[0, 0] > 0.99
    assert alike[1, 1] > 0.99
    assert found.strength[0] == pytest.approx(3, abs=1)
    assert found.strength[1] == pytest.approx(1.2, abs=0.1)
    assert found.problem is None
    # Principal components of the same customers are mixtures of both.
    assert np.abs(correlations(pca(rows).project(rows), sources)).max() < 0.95


@pytest.mark.parametrize("fit", [pca, ica])
def test_signs_order_and_bits_are_the_same_each_time(fit: Fit) -> None:
    rows, _ = mixed()
    found = fit(rows)
    heaviest = np.abs(found.loadings).argmax(axis=1)
    assert (found.loadings[[0, 1], heaviest] > 0).all()
    assert found.strength[0] >= found.strength[1]
    shuffled = rows[np.random.default_rng(1).permutation(len(rows))]
    assert found.numbers() == fit(rows).numbers() == fit(shuffled).numbers()


def test_independent_components_do_not_depend_on_where_the_search_starts() -> None:
    rows, _ = mixed()
    one, other = (fit_ica(FEATURES, rows, np.random.default_rng(seed)) for seed in (0, 1))
    np.testing.assert_allclose(one.loadings, other.loadings, atol=1e-3)


@pytest.mark.parametrize("fit", [pca, ica])
def test_components_come_back_from_the_table_with_all_bits(fit: Fit) -> None:
    rows, _ = mixed()
    found = fit(rows)
    again = Components.from_numbers(found.kind, reversed(found.numbers()), FEATURES)
    np.testing.assert_array_equal(again.project(rows), found.project(rows))
    np.testing.assert_array_equal(again.strength, found.strength)
    assert again.names() == found.names()


def test_a_name_says_what_is_high_and_what_is_low() -> None:
    """Half of the heaviest loading, 0.9, is 0.45: 0.4 is not named. At most three are, the heaviest first."""
    loadings = np.array([[0.5, -0.9, 0.4, 0.8, 0.7, 0.6]])
    found = Components("pca", tuple("abcdef"), np.zeros(6), loadings, loadings, np.ones(1))
    assert found.high_and_low(0) == (["d", "e", "f"], ["b"])
    assert found.names() == ("high d, e, f; low b",)


@pytest.mark.parametrize("fit", [pca, ica])
def test_a_constant_feature_weighs_nothing(fit: Fit) -> None:
    rows, _ = mixed()
    rows[:, 2] = 7.0
    found = fit(rows)
    assert np.isfinite(found.projection).all()
    np.testing.assert_allclose(found.loadings[:, 2], 0, atol=1e-9)


@pytest.mark.parametrize("fit", [pca, ica])
@pytest.mark.parametrize("n", [1, 20])
def test_equal_customers_have_no_components(fit: Fit, n: int) -> None:
    found = fit(np.full((n, 3), 0.1))
    np.testing.assert_array_equal(found.project(np.ones((2, 3))), np.zeros((2, 2)))
    assert found.names() == ("", "")
    assert found.problem == "the customers differ in 0 directions, 2 fewer than components are wanted"


@pytest.mark.parametrize("fit", [pca, ica])
def test_customers_on_a_line_have_one_component(fit: Fit) -> None:
    rows = np.arange(50.0)[:, None] * [1.0, -1, 2]
    found = fit(rows)
    components = found.project(rows)
    assert (np.diff(components[:, 0]) > 0).all()
    np.testing.assert_array_equal(components[:, 1], 0)
    assert "1 directions, 1 fewer" in str(found.problem)


def test_bell_curves_have_no_independent_direction() -> None:
    """Of two bell curves of the same spread, any turn is as independent as another."""
    rows = np.random.default_rng(0).normal(size=(3000, 2))
    assert "bell curve in each direction" in str(ica(rows).problem)


def test_a_search_that_does_not_settle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ITERATIONS", 1)
    with pytest.warns(match="FastICA did not converge"):
        assert ica(mixed()[0]).problem == "FastICA has not settled after 1 iterations"


@pytest.mark.parametrize("fit", [pca, ica])
def test_what_is_not_a_number_is_refused_by_name(fit: Fit) -> None:
    rows, _ = mixed(100)
    found = fit(rows)
    rows[3, 1] = np.inf
    for refuse in (lambda: fit(rows), lambda: found.project(rows)):
        with pytest.raises(ValueError, match="feature_1 is not a finite number for 1 of 100 customers"):
            refuse()
