"""Partial pooling: what a product's own figure and those of its group say together.

Here: the normal hierarchical model, y_j ~ N(theta_j, V_j) and theta_j ~ N(mu, tau^2), with known V_j, flat mu and
uniform tau (Gelman et al., Bayesian Data Analysis, 3rd edition, section 5.4). tau runs over a grid, so that the
interval knows that tau is not known; plugged in, it would be 0 in half of all small groups, and intervals too short.
Not here: where y and V come from (`elasticity.py`).
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import DoubleArray

GRID = 60
FEWEST = 3
"""Of fewer figures the posterior of tau is improper."""


@dataclass(frozen=True)
class Pooled:
    """What is known of J members after pooling."""

    mean: DoubleArray
    """(J,) posterior means."""
    variance: DoubleArray
    """(J,) posterior variances."""
    own_share: DoubleArray
    """(J,) how much of the mean is the member's own figure, 0..1."""


def pool(y: DoubleArray, variance: DoubleArray) -> Pooled:
    """Pool figures (J,) with sampling variances (J,); where the variance is infinite, the group speaks alone.

    Raises ValueError for fewer than FEWEST finite variances.
    """
    known = np.isfinite(variance)
    if known.sum() < FEWEST:
        raise ValueError(f"{known.sum()} figures are too few to pool, {FEWEST} wanted")
    taus = (np.arange(GRID) + 0.5) / GRID * (4 * y[known].std() + 1e-9)
    # The sums of each tau run over members; one row of J at a time keeps memory at a few vectors.
    rows = [_given(tau, y[known], variance[known]) for tau in taus]
    log_density, mu, mu_variance = (np.array(column) for column in zip(*rows, strict=True))
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    return _mixed(y, variance, taus, density, mu, mu_variance)


def _given(tau: float, y: DoubleArray, variance: DoubleArray) -> tuple[float, float, float]:
    """Log density of tau (BDA equation 5.21), mean and variance of mu given tau (5.20)."""
    weight = 1 / (variance + tau * tau)
    mu_variance = 1 / weight.sum()
    mu = mu_variance * (weight * y).sum()
    fit = np.log(mu_variance) + np.log(weight).sum() - (weight * (y - mu) ** 2).sum()
    return float(fit) / 2, float(mu), float(mu_variance)


def _mixed(
    y: DoubleArray,
    variance: DoubleArray,
    taus: DoubleArray,
    density: DoubleArray,
    mu: DoubleArray,
    mu_variance: DoubleArray,
) -> Pooled:
    """Moments over tau, by the laws of total expectation and total variance."""
    first, second, share = np.zeros(len(y)), np.zeros(len(y)), np.zeros(len(y))
    known = np.isfinite(variance)
    finite, own = np.where(known, variance, 1.0), np.where(known, y, 0.0)
    for tau, p, centre, centre_variance in zip(taus, density, mu, mu_variance, strict=True):
        kept = np.where(known, tau * tau / (finite + tau * tau), 0.0)
        mean = kept * own + (1 - kept) * centre
        spread = np.where(known, kept * finite, tau * tau) + (1 - kept) ** 2 * centre_variance
        first += p * mean
        second += p * (spread + mean * mean)
        share += p * kept
    return Pooled(first, np.maximum(second - first * first, 0.0), share)
