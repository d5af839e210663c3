"""The formulas: how good one customer's list is, given what that customer did later.

Belongs here: metrics of accuracy per customer. Does not belong here: what a list is beside accurate
(`beyond_accuracy`), means and intervals (`judge`).

Relevance is binary: held out or not. Below, rel_i is 1 if the product at rank i (from 1) was held out and 0
otherwise, R the number of products held out for the customer. Padding counts as not relevant. Every metric lies in
0 .. 1.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray, SparseMatrix
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

METRICS = ("ndcg", "recall", "precision", "f1", "map", "mrr", "hit_rate")


def score_lists(lists: TopN, held_out: SparseMatrix, k: int) -> DoubleArray:
    """All of `METRICS`, in that order, for every customer with at least one product held out.

    Returns:
        (n_customers with something held out, len(METRICS)), customers in the order of the rows.

    Raises:
        ValueError: when the lists are not one per row of held_out, or k is not in 1 .. their width.
    """
    if len(lists.products) != held_out.shape[0]:
        raise ValueError(f"{len(lists.products)} lists for {held_out.shape[0]} rows held out")
    if not 1 <= k <= lists.products.shape[1]:
        raise ValueError(f"k is {k}, the lists have {lists.products.shape[1]} places")
    n_relevant = np.diff(held_out.indptr)
    hits = _hits(lists, held_out, k)[n_relevant > 0]
    n_relevant = n_relevant[n_relevant > 0].astype(np.float64)
    columns = [
        ndcg(hits, n_relevant),
        recall(hits, n_relevant),
        precision(hits),
        f1(hits, n_relevant),
        average_precision(hits, n_relevant),
        reciprocal_rank(hits),
        hit_rate(hits),
    ]
    return np.column_stack(columns)


def _hits(lists: TopN, held_out: SparseMatrix, k: int) -> BoolArray:
    """rel_i as (n_lists, k). One sorted search over (row, product) keys for all lists."""
    n_rows, n_products = held_out.shape
    rows = np.repeat(np.arange(n_rows, dtype=np.int64), np.diff(held_out.indptr))
    relevant = np.sort(rows * n_products + held_out.indices)
    products = lists.products[:, :k]
    keys = np.arange(n_rows, dtype=np.int64)[:, None] * n_products + products
    place = np.minimum(np.searchsorted(relevant, keys), max(len(relevant) - 1, 0))
    found = relevant[place] == keys if len(relevant) else np.zeros(keys.shape, bool)
    hits: BoolArray = found & (products != NO_POSITION)
    return hits


def ndcg(hits: BoolArray, n_relevant: DoubleArray) -> DoubleArray:
    """NDCG@k = sum_i rel_i / log2(i + 1) over the same sum for an ideal list, 1 at ranks 1 .. min(k, R).

    Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques", with the discount
    log2(i + 1) of Burges et al. 2005.
    """
    k = hits.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(k, n_relevant).astype(np.int64) - 1]
    gain: DoubleArray = hits @ discounts / ideal
    return gain


def recall(hits: BoolArray, n_relevant: DoubleArray) -> DoubleArray:
    """recall@k = sum_i rel_i / R; the denominator is all products held out, also when they are more than k.

    Manning, Raghavan and Schütze 2008, section 8.3. Libraries that divide by min(k, R) report more.
    """
    share: DoubleArray = hits.sum(axis=1) / n_relevant
    return share


def precision(hits: BoolArray) -> DoubleArray:
    """precision@k = sum_i rel_i / k; the denominator is k also for a shorter list.

    Manning et al. 2008, section 8.4.

    """
    share: DoubleArray = hits.sum(axis=1) / hits.shape[1]
    return share


def f1(hits: BoolArray, n_relevant: DoubleArray) -> DoubleArray:
    """F1@k = 2 P R' / (P + R') of the customer's own precision P and recall R', which is 2 sum_i rel_i / (k + R).

    van Rijsbergen 1979, "Information retrieval", chapter 7, with equal weights. Its mean over customers is not the
    harmonic mean of mean precision and mean recall, which some report under the same name.
    """
    share: DoubleArray = 2 * hits.sum(axis=1) / (hits.shape[1] + n_relevant)
    return share


def average_precision(hits: BoolArray, n_relevant: DoubleArray) -> DoubleArray:
    """AP@k = sum_i rel_i * precision@i / min(k, R); its mean over customers is MAP@k.

    Manning et al. 2008, section 8.4, cut at k; divided by min(k, R), so that a perfect list of k scores 1.
    """
    k = hits.shape[1]
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    gained: DoubleArray = np.sum(precision_at * hits, axis=1, dtype=np.float64)
    mean: DoubleArray = gained / np.minimum(k, n_relevant)
    return mean


def reciprocal_rank(hits: BoolArray) -> DoubleArray:
    """RR@k = max_i rel_i / i, one over the rank of the first hit; its mean is MRR@k.

    Voorhees 1999, "The TREC-8 question answering track report".

    """

    ranks = np.arange(1, hits.shape[1] + 1)
    reciprocals: DoubleArray = np.divide(hits, ranks)
    return np.asarray(np.max(reciprocals, axis=1))


def hit_rate(hits: BoolArray) -> DoubleArray:
    """hit@k = max_i rel_i; its mean is the hit rate of Deshpande and Karypis 2004."""
    return np.asarray(hits.any(axis=1), dtype=np.float64)
