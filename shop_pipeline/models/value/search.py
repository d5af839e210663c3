"""The lowest point of a smooth function of a few numbers, and how sharp it is.

Here: L-BFGS, Newton's method to the last digit, the curvature and what it says about errors. Not here: what is searched
(`maximum_likelihood`).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.top_n import single_threaded_blas

# The numbers are searched within -12 .. 12: of logarithms, 6e-6 .. 160,000.
EDGE = 12.0
# Of the gradient, where the search ends.
TOLERANCE = 1e-10
# A search whose gradient stays above this has not converged.
CONVERGED = 1e-6
# For the derivatives of the gradient: the cube root of its rounding error is the best for central differences.
STEP = 1e-5
NEWTON_STEPS = 20


class Objective(Protocol):
    """What is to be made small: a mean over the data, so that the tolerances hold for any number of them."""

    def at(self, logs: DoubleArray, /) -> tuple[float, DoubleArray]:
        """Value, and its exact gradient (n_parameters,)."""


def search(objective: Objective, sample: Objective, n_parameters: int) -> tuple[DoubleArray, bool]:
    """The best logarithms of the parameters, and whether the gradient is 0 there.

    The sample (or, of few data, the objective itself) finds the neighbourhood. From there, steps of Newton's method
    with the curvature of the sample need a few passes over all data; L-BFGS over all is for data that hold too little
    for that.
    """
    # For matrices of 4 x 4, BLAS spends its time on waking threads: 30 small fits on 2 busy cores took 16 s, not 2.
    with single_threaded_blas():
        logs = _descend(sample, np.zeros(n_parameters))
        curvature = curvature_at(sample, logs)
        if is_definite(curvature):
            logs = _correct(objective, logs, curvature)
        if _steepness(objective, logs) > CONVERGED and sample is not objective:
            logs = _descend(objective, logs)
        return logs, _steepness(objective, logs) <= CONVERGED


def _descend(objective: Objective, start: DoubleArray) -> DoubleArray:
    """L-BFGS within the edges; it stops where the value changes in its last digits, so with half of the digits."""
    found = minimize(
        objective.at,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-EDGE, EDGE)] * len(start),
        options={"maxiter": 500, "ftol": 1e-15, "gtol": TOLERANCE},
    )
    return np.asarray(found.x, np.float64)


def _correct(objective: Objective, logs: DoubleArray, curvature: DoubleArray) -> DoubleArray:
    """Steps of Newton's method as long as the gradient shrinks."""
    gradient = objective.at(logs)[1]
    for _ in range(NEWTON_STEPS):
        tried = np.clip(logs - np.linalg.solve(curvature, gradient), -EDGE, EDGE)
        there = objective.at(tried)[1]
        if not np.abs(there).max() < np.abs(gradient).max():
            break
        logs, gradient = tried, there
        if np.abs(gradient).max() < TOLERANCE:
            break
    return logs


def _steepness(objective: Objective, logs: DoubleArray) -> float:
    """The largest component of the gradient, but for those that point beyond an edge."""
    gradient = objective.at(logs)[1]
    inside = np.where(gradient > 0, logs > -EDGE, logs < EDGE)
    return float(np.abs(gradient[inside]).max(initial=0.0))


def curvature_at(objective: Objective, logs: DoubleArray) -> DoubleArray:
    """Second derivatives (n_parameters, n_parameters): central differences of the exact gradient."""
    steps = STEP * np.eye(len(logs))
    matrix = np.array([(objective.at(logs + step)[1] - objective.at(logs - step)[1]) / (2 * STEP) for step in steps])
    symmetric: DoubleArray = (matrix + matrix.T) / 2
    return symmetric


def is_definite(curvature: DoubleArray) -> bool:
    """Whether the information is positive in each direction by more than its rounding errors."""
    sizes = np.linalg.eigvalsh(curvature)
    return bool(sizes[0] > 1e-9 * sizes[-1])


def errors_of_logs(curvature: DoubleArray) -> DoubleArray:
    """Standard errors of the logarithms of the parameters; NaN without a definite information matrix."""
    if not is_definite(curvature):
        return np.full(len(curvature), np.nan)
    errors: DoubleArray = np.sqrt(np.diag(np.linalg.inv(curvature)))
    return errors
