"""What people like you buy: popularity within groups of customers, such as countries.

Belongs here: scores per group of customers. Does not belong here: popularity over all (`popularity`) or among the
products of a category (`popularity_in_category`), where labels come from (`groups`), listing (`popularity_kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.groups import CustomerGroups
from shop_pipeline.models.recommenders.popularity import Measure, PopularityConfig, counted
from shop_pipeline.models.recommenders.popularity_kernel import list_ranked, rankings
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import GroupScores
from shop_pipeline.models.selection import NO_POSITION, keep_best_of_row
from shop_pipeline.models.top_n import TopN

EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class PopularityInGroupsConfig:
    """How popularity is counted, and how far a small group is believed."""

    prior: float = 1000.0
    """Counts of the whole shop, in units of the measure, that are added to each group's own. Raising it draws small
    groups to the shop-wide list; at 0 a group with one customer lists what this one has. On the products new to the 110
    customers outside the UK of Online Retail, NDCG@10 is .038 shop-wide, .060 at 0, .063 at 100, .072 at 1,000, .067 at
    3,000."""
    measure: Measure = "customers"
    """As in `PopularityConfig`."""
    half_life_days: float = 14.0
    """As in `PopularityConfig`."""
    n_kept: int = 1000
    """Products kept per group: raising it makes longer lists possible, and the table of groups larger."""

    def __post_init__(self) -> None:
        PopularityConfig(self.measure, self.half_life_days)
        if not 0 <= self.prior < np.inf or self.n_kept < 1:
            raise ValueError(f"prior {self.prior} must be 0 or more, n_kept {self.n_kept} at least 1")


SPACE: dict[str, tuple[str | float, ...]] = {
    "prior": (0.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0),
    "measure": ("weight", "customers", "trending"),
    "half_life_days": (3.0, 7.0, 14.0, 30.0, 60.0, 120.0),
}


class PopularityInGroups(Recommender[GroupScores]):
    """Lists what is popular in the customer's group, such as their country; shop-wide for customers without one.

    With n_gj the counts of product j in group g, n_g their sum, and share_j the part of j in all counts of the shop,

        score(g, j) = (n_gj + m share_j) / (n_g + m),    m = `prior`,

    the mean of j's share in g after the counts, when before them it is Dirichlet with mean share_j and m pseudo-counts
    (Zhai and Lafferty 2001, "A study of smoothing methods for language models applied to ad hoc information
    retrieval", with mu for m). Scores are shares: 1 would be a group that buys nothing else.

    A known customer without history has a group too, and gets its list. State: a group of all customers, `EVERYBODY`,
    and one per label that customers at hand have.

    Args:
        groups: may hold other customers as well; those without a label get the list of all, and so do those whose label
            is `EVERYBODY` itself.
    """

    def __init__(self, groups: CustomerGroups, config: PopularityInGroupsConfig | None = None) -> None:
        self.groups = groups
        self.config = config or PopularityInGroupsConfig()

    def memory_bytes(self, size: Size) -> int:
        """Entries as counted (8), added up by group (12 each), ids aligned, lists and scores kept."""
        n_groups = len(set(map(str, self.groups.labels))) + 1
        n_sums = min(size.n_entries, n_groups * size.n_products)
        kept = n_groups * min(self.config.n_kept, size.n_products)
        aligned = (len(self.groups.labels) + size.n_customers) * 48
        return size.n_entries * 8 + n_sums * 12 + kept * 24 + size.n_products * 40 + aligned

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> GroupScores:  # noqa: ARG002
        names, codes = _without_everybody(*self.groups.of(interactions.customer_ids))
        weights = counted(interactions, self.config.measure, self.config.half_life_days)
        sums = _sums_of_groups(interactions.matrix, weights, codes, len(names))
        # The first row is everybody: known or not, so that -1 leads there.
        group_of = (codes + 1).astype(np.int32)
        return GroupScores((EVERYBODY, *names), self._blended(sums), group_of)

    def _blended(self, sums: SparseMatrix) -> SparseMatrix:
        """Scores of all groups, the best `n_kept` of each; the last row of `sums` is of customers without a group."""
        everybody = np.asarray(sums.sum(axis=0)).ravel()
        shares = everybody / everybody.sum()
        width = min(self.config.n_kept, len(shares))
        products = np.full((sums.shape[0], width), NO_POSITION, np.int32)
        scores = np.full((sums.shape[0], width), np.nan, np.float32)
        _keep_best(shares, scores[0], products[0])
        for group in range(sums.shape[0] - 1):
            counts = np.asarray(sums[[group]].todense()).ravel()
            total = counts.sum() + self.config.prior
            if total > 0:
                counts += self.config.prior * shares
                _keep_best(counts / total, scores[group + 1], products[group + 1])
        return _as_rows(products, scores, len(shares))

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        group_of = self.state.group_of[customer_positions]
        ranked = rankings(self.state.scores)
        return list_ranked(ranked, group_of, self.interactions.matrix, customer_positions, n, exclude_seen)


def _without_everybody(names: tuple[str, ...], codes: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """Labels and codes, a label of the name of everybody taken as not known: whatever a file holds, a run goes on."""
    if EVERYBODY not in names:
        return names, codes
    place = names.index(EVERYBODY)
    others = np.where(codes == place, -1, codes - (codes > place)).astype(np.int32)
    return names[:place] + names[place + 1 :], others


def _sums_of_groups(matrix: SparseMatrix, weights: DoubleArray | None, codes: IntArray, n_groups: int) -> SparseMatrix:
    """Counts by group and product, float64 CSR; the last row, n_groups, is of customers whose group is -1."""
    entries: Any = (np.ones(matrix.nnz) if weights is None else weights, matrix.indices, matrix.indptr)
    amounts: Any = sp.csr_matrix(entries, shape=matrix.shape)
    rows = np.where(codes < 0, n_groups, codes)
    members: Any = (np.ones(len(codes)), (rows, np.arange(len(codes))))
    return sp.csr_matrix(sp.csr_matrix(members, shape=(n_groups + 1, len(codes))) @ amounts)


def _keep_best(values: DoubleArray, scores: FloatArray, products: IntArray) -> None:
    row = values.astype(np.float32)
    row[row == 0] = -np.inf  # never kept
    keep_best_of_row(row, scores, products)


def _as_rows(products: IntArray, scores: FloatArray, n_products: int) -> SparseMatrix:
    """Lists padded with -1 as rows of a CSR matrix."""
    filled = products >= 0
    starts = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    entries: Any = (scores[filled], products[filled], starts)
    rows: SparseMatrix = sp.csr_matrix(entries, shape=(len(products), n_products))
    rows.sort_indices()
    return rows
