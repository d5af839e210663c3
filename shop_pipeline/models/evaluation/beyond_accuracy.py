"""What lists are beside accurate: how unknown and how varied their products, and how attention is shared among all.

Belongs here: novelty and diversity of each list, coverage and concentration of all lists together.
Does not belong here: what was bought later (`ranking_metrics`), means and intervals (`judge`).

None of them is better for being higher: random lists are the most novel and varied. They say at what price accuracy
came, so none is tested against the rival.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.evaluation.diversity_kernel import add_pair_cosines
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

PER_LIST = ("novelty", "diversity")
OF_ALL_LISTS = ("coverage", "gini")
# Partial sums, however many threads there are: the order of additions must not depend on the machine.
_N_PARTS = 16


def novelty(lists: TopN, training: Training, ks: Sequence[int]) -> DoubleArray:
    """novelty@k = mean over the list of -log2(share of training customers who have the product).

    Bits: 0 for what everybody has, log2(n_customers) for what one has. Zhou et al. 2010; popularity-based novelty of
    Vargas and Castells 2011, "Rank and relevance in novelty and diversity metrics".

    Returns:
        (n_lists, len(ks)), NaN for an empty list.
    """
    filled = lists.products != NO_POSITION
    bits = np.where(filled, training.self_information[lists.products], 0.0)
    last = np.asarray(ks) - 1
    with np.errstate(invalid="ignore"):
        means: DoubleArray = np.cumsum(bits, axis=1)[:, last] / np.cumsum(filled, axis=1)[:, last]
    return means


def diversity(lists: TopN, training: Training, ks: Sequence[int]) -> DoubleArray:
    """diversity@k = mean over all pairs of listed products of 1 - cosine of their columns in training.

    0 for products with the same buyers, 1 for products without a common one. One minus the intra-list similarity of
    Ziegler et al. 2005, "Improving recommendation lists through topic diversification", per pair.

    Each product's cosines to all others are summed up once, and read by all lists that hold it.

    Returns:
        (n_lists, len(ks)), NaN for a list shorter than 2, which has no pair.
    """
    products = lists.products[:, : max(ks)]
    # The first cut that each place lies within: a pair counts from the cut of its later product on.
    cut_of_place = np.searchsorted(np.sort(ks), np.arange(1, products.shape[1] + 1)).astype(np.int32)
    sums = _sum_by_cut(products, cut_of_place, len(ks), training).cumsum(axis=1)
    n_listed = np.cumsum(products != NO_POSITION, axis=1)[:, np.asarray(ks) - 1]
    n_pairs = n_listed * (n_listed - 1) / 2
    with np.errstate(invalid="ignore"):
        shares: DoubleArray = 1 - sums[:, np.argsort(np.argsort(ks))] / n_pairs
    return np.clip(shares, 0, 1)


def _sum_by_cut(products: IntArray, cut_of_place: IntArray, n_cuts: int, training: Training) -> DoubleArray:
    """Sums of cosines of the pairs whose later product lies within each cut and not within the one before."""
    sums = np.zeros((_N_PARTS, len(products), n_cuts))
    rows, places = np.nonzero(products != NO_POSITION)
    shape = (len(products), training.by_product.shape[0])
    holders = sp.csr_matrix((places.astype(np.int32), (rows, products[rows, places])), shape=shape).tocsc()
    shown = np.flatnonzero(np.diff(holders.indptr)).astype(np.int32)
    bought, buyers = training.by_customer, training.by_product

    def work(part: int) -> None:
        add_pair_cosines(
            shown[part::_N_PARTS], products, cut_of_place, holders.indptr, holders.indices, holders.data,
            bought.indptr, bought.indices, bought.data, buyers.indptr, buyers.indices, buyers.data, sums[part],
        )  # fmt: skip

    run_in_threads(work, range(_N_PARTS), thread_count())
    total: DoubleArray = sums.sum(axis=0)
    return total


def coverage(products: AnyArray, n_products: int) -> float:
    """Catalogue coverage: distinct products in the lists / all products, 0 .. 1.

    Ge, Delgado-Battenfeld and Jannach 2010, "Beyond accuracy".
    """
    return float(np.count_nonzero(_times_shown(products, n_products)) / n_products) if n_products else float("nan")


def gini(products: AnyArray, n_products: int) -> float:
    """Gini coefficient of how often each of all products is shown, those that never are included.

    G = sum_i (2 i - n - 1) x_i / (n sum_i x_i) with x_1 <= ... <= x_n: 0 when all are shown as often, 1 - 1/n when one
    has every place. Brynjolfsson, Hu and Simester 2011, "Goodbye Pareto principle, hello long tail". NaN when nothing
    is shown.
    """
    shown = np.sort(_times_shown(products, n_products)).astype(np.float64)
    if not shown.sum():
        return float("nan")
    ranks = np.arange(1, n_products + 1)
    return float(((2 * ranks - n_products - 1) * shown).sum() / (n_products * shown.sum()))


def _times_shown(products: AnyArray, n_products: int) -> AnyArray:
    return np.bincount(products[products != NO_POSITION], minlength=n_products)
