"""What is bought next: links from each product to those that customers turned to after it.

Belongs here: counting ordered pairs, what they are divided by, their smoothing, and the fading of a history.
Does not belong here: scoring and explaining with links (`linked_products`); sessions of strangers that resemble each
other (`session_neighbours`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_range_finder

from shop_pipeline.models.arrays import DoubleArray, FloatArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.recency import ordered_steps, steps_back
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.recommenders.transitions_kernel import add_and_select, sum_pairs
from shop_pipeline.models.selection import NO_POSITION

_PRODUCTS_PER_TASK = 64
# Bounds the time where whole catalogues were bought at one time: pairs would grow with the square of a basket.
_MOST_ENTRIES = 100
_BLOCK_BYTES = 16 * 2**20
_OVERSAMPLING = 10


@dataclass(frozen=True, slots=True)
class TransitionsConfig:
    """How much the order of things counts."""

    window: int = 20
    """Steps (distinct times) after and before a product that count as following it; time of the fit grows with it. At
    most 100 entries on either side are looked at, however many a step has.
    """
    decay: float = 0.85
    """What each further step between two products leaves of the pair's weight; 1 forgets distance."""
    reversed_weight: float = 0.2
    """Weight of a pair in the reversed order; 1 forgets order."""
    source_power: float = 0.8
    """Raise it against products that everything follows from because they are everywhere (1: probabilities)."""
    target_power: float = 0.2
    """Raise it to push popular followers down."""
    shrinkage: float = 20.0
    """Entries added to a product's count before the powers; raise it to trust rare products less."""
    history_decay: float = 0.6
    """What each newer step of a history leaves of an older entry's amount; low looks at the last product only."""
    smooth: float = 0.0
    """Share of the smoothed part (see `Transitions`) beside the counted one; it finds followers that nobody has had
    yet, and costs most of the fit.
    """
    n_factors: int = 256
    """Rank of the smoothed part; fewer are smoother and faster."""
    n_links: int = 200
    """Links kept per product; more reach rarer products, and cost time in proportion."""

    def __post_init__(self) -> None:
        at_least_one(n_factors=self.n_factors, n_links=self.n_links)


SPACE: dict[str, tuple[float, ...]] = {
    "smooth": (0.0, 0.2, 0.4, 0.8),
    "history_decay": (0.3, 0.45, 0.6, 0.75, 0.9),
    "reversed_weight": (0.0, 0.1, 0.2, 0.3, 0.5, 0.8),
    "decay": (0.5, 0.7, 0.8, 0.85, 0.9, 0.95),
    "source_power": (0.4, 0.6, 0.8, 1.0),
    "target_power": (0.0, 0.1, 0.2, 0.3, 0.5),
    "shrinkage": (0.0, 5.0, 20.0, 60.0),
}


class Transitions(LinkedProducts):
    """A Markov chain of first order over a window, smoothed by its own low-rank part; needs times.

    With C_ij the sum over customers of decay^(d - 1) for j bought d steps after i (times `reversed_weight` if before),
    c_j the entries of j, and r_i the sum of row i rescaled so that r and c have the same sum, the counted part is

        W_ij = C_ij / ((r_i + shrinkage)^source_power (c_j + shrinkage)^target_power).

    Products bought at the same time are no step apart and count 1 both ways. Of a customer's entries within the window,
    the nearest 100 on either side are counted; entries at the same time are in random order, so that of a basket that
    is larger than that, every pair is as likely to be. The smoothed part is the truncated
    singular value decomposition U S V^T of C_ij / ((r_i + shrinkage)(c_j + shrinkage))^(1/2), its rows divided by
    (r_i + shrinkage)^(1/2), scaled so that its rows are on average as long as those of W: factorised transitions, as
    in Rendle, Freudenthaler and Schmidt-Thieme 2010, "Factorizing personalized Markov chains", by the spectral route
    of Shen et al. 2021, "How powerful is graph convolution for recommendation?". At scoring an entry's amount is its
    weight times history_decay^(steps from the customer's newest). State: links between products.

    Rows summed over a window: Choi et al. 2021, "Session-aware linear item-item models", weigh positions alike, and
    need a dense inverse over all products, which this does not.
    """

    def __init__(self, config: TransitionsConfig | None = None) -> None:
        self.config = config or TransitionsConfig()

    def memory_bytes(self, size: Size) -> int:
        """Entries in two orders (about 44 each while they are sorted), the links, and what smoothing takes."""
        width = min(self.config.n_links, size.n_products)
        counted = size.n_entries * 44 + size.n_products * (width * 8 + 40 + thread_count() * 12)
        return counted + (self._smoothing_bytes(size, width) if self.config.smooth > 0 else 0)

    def _smoothing_bytes(self, size: Size, width: int) -> int:
        """The links as a matrix and the new links, five arrays of factors, and a block of scores per thread."""
        rank = min(self.config.n_factors, size.n_products) + 10
        block = max(_BLOCK_BYTES, size.n_products * 4) if size.n_products * 4 * 64 > _BLOCK_BYTES else 0
        dense = min(size.n_products**2 * 4, 2 * max(block, _BLOCK_BYTES))
        return size.n_products * (width * 36 + rank * 4 * 7) + dense

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:
        config, matrix = self.config, interactions.matrix
        shape = (matrix.shape[1], min(config.n_links, matrix.shape[1]))
        links = Links(np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32))
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1]) + config.shrinkage
        factors = (np.maximum(counts, 1) ** -config.target_power).astype(np.float32)
        totals = np.zeros(matrix.shape[1])
        _count(interactions, config, rng, factors, totals, links)
        totals *= matrix.nnz / max(totals.sum(), 1e-30)
        sources = np.maximum(totals + config.shrinkage, 1e-30)
        sharp = links.weights * (sources**-config.source_power).astype(np.float32)[:, None]
        has_pairs = (links.targets != NO_POSITION).any()
        if config.smooth == 0 or not has_pairs:
            return Links(links.targets, sharp)
        normalised = links.weights / (factors * np.sqrt(np.maximum(counts, 1)))[links.targets]
        normalised /= np.sqrt(sources)[:, None]
        left, right = _factorise(Links(links.targets, normalised.astype(np.float32)), config.n_factors, rng)
        left /= np.sqrt(sources).astype(np.float32)[:, None]
        return _blend(Links(links.targets, sharp), left, right, config.smooth)

    def _amounts(self, histories: Interactions) -> FloatArray:
        """The weight of each entry, faded by the steps to its customer's newest."""
        ages = steps_back(histories)
        fading = np.power(self.config.history_decay, np.arange(ages.max(initial=0) + 1)).astype(np.float32)
        amounts: FloatArray = histories.matrix.data * fading[ages]
        return amounts


def _count(
    interactions: Interactions,
    config: TransitionsConfig,
    rng: np.random.Generator,
    factors: FloatArray,
    totals: DoubleArray,
    links: Links,
) -> None:
    """Fill the links with sums of pairs times the factors, and the totals with each product's sum of pairs."""
    order, customers, steps = ordered_steps(interactions)
    if steps.max(initial=0) < len(steps):
        order = order[np.lexsort((rng.random(len(steps), np.float32), steps))]
    products = interactions.matrix.indices[order].astype(np.int32)
    del order
    entries = np.argsort(products, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(products, minlength=len(factors)))))
    powers = np.power(config.decay, np.arange(config.window, dtype=np.float64))

    def work(low: int) -> None:
        sum_pairs(
            low, min(low + _PRODUCTS_PER_TASK, len(factors)), starts, entries, customers, products, steps,
            powers, config.reversed_weight, _MOST_ENTRIES, factors, totals, links.targets, links.weights,
        )  # fmt: skip

    run_in_threads(work, range(0, len(factors), _PRODUCTS_PER_TASK), thread_count())


def _factorise(links: Links, n_factors: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """U S and V of the links as a matrix, float32 (n_products, rank) and (rank, n_products).

    Halko, Martinsson and Tropp 2011, "Finding structure with randomness": an orthonormal range Q, and from it the
    leading part of Q Q^T A by the small matrix Q^T A A^T Q, which takes half the time of a decomposition of Q^T A.
    """
    rows, slots = np.nonzero(links.targets != NO_POSITION)
    entries: Any = (links.weights[rows, slots], (rows, links.targets[rows, slots]))
    matrix = sp.csr_matrix(entries, shape=(len(links.targets), len(links.targets)))
    width = min(n_factors + _OVERSAMPLING, len(links.targets))
    basis = randomized_range_finder(matrix, size=width, n_iter=2, random_state=int(rng.integers(2**31)))
    inner = np.ascontiguousarray((matrix.T @ basis).T)
    squares, vectors = np.linalg.eigh(inner.astype(np.float64) @ inner.T)
    # Values of rounding alone would be divided by next to nothing.
    values = np.sqrt(np.maximum(squares, squares[-1] * 1e-12))[-n_factors:].astype(np.float32)
    leading = vectors[:, -n_factors:].astype(np.float32)
    return basis @ leading * values, leading.T @ inner / values[:, None]


def _blend(sharp: Links, left: FloatArray, right: FloatArray, smooth: float) -> Links:
    """The best of sharp + smooth * left @ right per product, the second scaled to rows of the first one's length."""
    length = np.sqrt(np.nansum(sharp.weights.astype(np.float64) ** 2, axis=1)).mean()
    left = left * np.float32(smooth * length / max(np.linalg.norm(left, axis=1).mean(), 1e-30))
    found = Links(np.full_like(sharp.targets, NO_POSITION), np.full_like(sharp.weights, np.nan))
    rows = max(1, _BLOCK_BYTES // (4 * len(left)))
    for first in range(0, len(left), rows):
        block = left[first : first + rows] @ right

        def work(low: int, block: FloatArray = block, first: int = first) -> None:
            part = block[low : low + _PRODUCTS_PER_TASK]
            add_and_select(first + low, part, sharp.targets, sharp.weights, found.targets, found.weights)

        run_in_threads(work, range(0, len(block), _PRODUCTS_PER_TASK), thread_count())
    return found
