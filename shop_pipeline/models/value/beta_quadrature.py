"""Averages over a beta distribution.

Here: the nodes and weights of Gauss-Jacobi quadrature. Not here: what is averaged (`beta_geometric`).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal

from shop_pipeline.models.arrays import DoubleArray


def beta_nodes(a: float, b: float, n: int) -> tuple[DoubleArray, DoubleArray]:
    """Points (n,) in 0..1 and weights (n,) that add up to 1, exact for polynomials up to degree 2 n - 1.

    Golub & Welsch (1969): the points are the eigenvalues of the matrix of the recurrence of the Jacobi polynomials, the
    weights the squares of the first components of its eigenvectors. SciPy's `roots_jacobi` overflows from a + b of
    about 1,000 on, since its weights add up to the beta function instead of 1.
    """
    i = np.arange(1, n, dtype=np.float64)
    total = 2 * i + a + b - 2
    diagonal = np.empty(n)
    diagonal[0] = a / (a + b)
    # (1 + (beta^2 - alpha^2) / ((s) (s + 2))) / 2 with the polynomial's alpha = b - 1 and beta = a - 1, on 0..1.
    diagonal[1:] = 0.5 + 0.5 * (a - b) * (a + b - 2) / (total * (total + 2))
    squared = np.empty(n - 1)
    squared[0] = a * b / ((a + b) ** 2 * (a + b + 1))
    j, s = i[1:], total[1:]
    squared[1:] = j * (j + a + b - 2) * (j + a - 1) * (j + b - 1) / (s**2 * (s + 1) * (s - 1))
    points, vectors = eigh_tridiagonal(diagonal, np.sqrt(squared))
    return np.clip(points, 0.0, 1.0), vectors[0] ** 2
