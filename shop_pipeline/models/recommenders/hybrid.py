"""One list out of the lists of several models.

Belongs here: asking the models, deeper where rules hide what they list, and blending by given weights.
Does not belong here: the weights (`evaluation.blend_weights`), the loops (`hybrid_kernel`), products that nobody has
yet, diversity and margin (`models.lists`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.recommenders.hybrid_kernel import blend_lists, keep_only
from shop_pipeline.models.recommenders.recommender import Recommender, check_positions
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

# What the parts answer is held at once for so many customers: some thousand, so that calls cost little beside work.
BLOCK_BYTES = 64 * 2**20
_LISTS_PER_TASK = 256
_DEEPER = 4


@dataclass(frozen=True, slots=True)
class HybridConfig:
    """How much of each part goes into the blend."""

    n_candidates: int = 100
    """Length of the list that each part is asked for: raising it lets parts agree on products that none has near the
    top, for more time. On Online Retail, with weights learned on four weeks and judged on the next four, NDCG@10 is
    .101 with 20, .110 with 50, .109 with 100, .113 with 200 (mean of two such cuts)."""

    def __post_init__(self) -> None:
        at_least_one(n_candidates=self.n_candidates)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What may be listed: see `Hybrid.blend`; without `exclude_seen`, all of a customer's own products."""

    is_shown: BoolArray
    again: SparseMatrix | None = None
    exclude_seen: bool = True


class Hybrid(Recommender[Parameters]):
    """score(u, j) = sum_m w_m max(0, s_m(u, j) / top_m(u)), top_m(u) the best score of u's list from part m.

    Scores of different models have different scales, and one model's differ between customers: a weighted sum of
    scores (the weighted hybrid of Burke 2002, "Hybrid recommender systems: survey and experiments") needs them on one
    scale. Dividing by the best keeps 0 where it is, so that what a part thinks nothing of adds nothing; a product that
    a part does not list gets 0 from it. A part whose best score is not above 0 says nothing about that customer. On two
    cuts of Online Retail, NDCG@10 on the weeks that weights were learned from is .108 so, .106 with 1 / (60 + rank) in
    place of the score, .105 with (s - min) / (max - min); on the weeks after them .109, .109, .105.

    Parts of weight 0 are fitted, and never asked. A known customer without history gets what the parts know without
    one. State: the weights.

    The list of m is of products that u does not have, if those are left out, also where some of u's own may come again
    (see `blend`): these change nothing for the others, and get no more than 1 from a part. By the best of all, a due
    product would take from the others what the weights were learned to give them.

    Args:
        parts: by name, fitted or not; `fit` fits them all, and `restore` wants them fitted on the same ids.
        weights: by name, none below 0 and one above; parts without one have 0. All equal if None.
    """

    def __init__(
        self,
        parts: Mapping[str, Recommender[Any]],
        weights: Mapping[str, float] | None = None,
        config: HybridConfig | None = None,
    ) -> None:
        self.parts = dict(sorted(parts.items()))
        self.names = tuple(self.parts)
        self.config = config or HybridConfig()
        given = dict.fromkeys(self.names, 1 / max(1, len(self.names))) if weights is None else weights
        if not set(given) <= set(self.names):
            raise ValueError(f"weights of {sorted(given)} for the parts {list(self.names)}")
        self._given = np.array([given.get(name, 0.0) for name in self.names], np.float32)
        _check_weights(self._given, self.names)

    @property
    def weights(self) -> dict[str, float]:
        """By name: those of the state, and before there is one those that were given."""
        vector = self._given if self._state is None else self._state.arrays["weights"]
        return dict(zip(self.names, vector.tolist(), strict=True))

    def memory_bytes(self, size: Size) -> int:
        """Of all parts, one after the other, each with its peak: which of it stays as state they don't say."""
        return sum(part.memory_bytes(size) for part in self.parts.values())

    def blend_bytes(self, n_lists: int, n: int) -> int:
        """What `blend` allocates at its peak for so many lists of n beside what parts take to answer.

        The candidates; the answers of the parts, of which one is there three times while they are stacked; per thread
        a pool.
        """
        n_parts, n_products = len(self.names), len(self.interactions.product_ids)
        pool = n_products * n_parts * (4 + 4 * n_parts) + n_products * 4
        return n_lists * (n * (12 + 4 * n_parts) + 40) + 3 * BLOCK_BYTES + thread_count() * pool

    def restore(self, interactions: Interactions, state: Parameters) -> Self:
        """As `Recommender.restore`; raises ValueError for parts fitted on other ids, RuntimeError for unfitted ones."""
        self._forget()
        weights = state.arrays.get("weights", np.empty(0, np.float32))
        _check_weights(weights, self.names)
        for name, part in self.parts.items():
            if not _has_same_ids(part.interactions, interactions):
                raise ValueError(f"{name} was fitted for other customers or products")
        return super().restore(interactions, state)

    def blend(
        self,
        customer_positions: AnyArray,
        n: int,
        *,
        is_shown: BoolArray | None = None,
        again: SparseMatrix | None = None,
    ) -> Candidates:
        """List the n best products for each customer, score descending and then position ascending.

        Where hidden products leave a list short, the parts are asked for four times as many, up to all. What a part
        gives to a product that it listed at once stays as it is without the rule, for `top_m` is taken before anything
        is hidden; but asked deeper, parts list products that only others had listed, and add to their scores.

        Args:
            customer_positions: as for `recommend`; strangers (-1) get empty lists.
            n: length of a full list, at least 1.
            is_shown: bool (n_products,), False for what is to be in no list.
            again: customers x products, CSR: own products that may be listed although the customer has them, whatever
                value is stored. They come from the first `n_candidates` of each part's list with all that the customer
                has. Where a part has nothing else above 0 for a customer, `top_m` is the best of these.

        Returns: the candidates, of `blend_bytes`: many customers are best asked in several calls.

        Raises:
            RuntimeError: before `fit`.
            ValueError: for a position out of range, n below 1, or rules of another shape.
        """
        at_least_one(n=n)
        shape = self.interactions.matrix.shape
        positions = check_positions(customer_positions, shape[0])
        shown = np.ones(shape[1], bool) if is_shown is None else np.asarray(is_shown, bool)
        if shown.shape != shape[1:] or (again is not None and again.shape != shape):
            raise ValueError(f"rules for other customers or products than {shape}")
        return self._blend(positions, n, _Rules(shown, again))

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Parameters:
        for part, seed in zip(self.parts.values(), rng.integers(2**63, size=len(self.parts)).tolist(), strict=True):
            part.fit(interactions, np.random.default_rng(seed))
        return Parameters({"weights": self._given})

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        shown = np.ones(len(self.interactions.product_ids), bool)
        found = self._blend(customer_positions, n, _Rules(shown, exclude_seen=exclude_seen))
        return TopN(found.products, found.scores)

    def _blend(self, positions: AnyArray, n: int, rules: _Rules) -> Candidates:
        found = _no_candidates(len(positions), n, len(self.names))
        known = np.flatnonzero(positions != NO_POSITION)
        is_due = _has_entries(rules.again, positions[known])
        # Apart, because each list of those who have something due takes three times as much room.
        self._fill_in(found, known[~is_due], positions, replace(rules, again=None))
        self._fill_in(found, known[is_due], positions, rules)
        found.sources[:] = found.products
        return found

    def _fill_in(self, found: Candidates, pending: AnyArray, positions: AnyArray, rules: _Rules) -> None:
        """Fill the rows `pending` of `found`: ever deeper, until none of them is short that a part has more for."""
        n_products = len(rules.is_shown)
        depth = max(found.products.shape[1], self.config.n_candidates)
        while len(pending):
            depth = min(depth, n_products)
            blocks = _blocks(pending, len(self._asked()) * (depth + self._n_again(rules)) * 8)
            short = [self._blend_block(found, at, positions[at], depth, rules) for at in blocks]
            pending = np.concatenate(short) if depth < n_products else pending[:0]
            depth *= _DEEPER

    def _blend_block(self, found: Candidates, at: AnyArray, positions: AnyArray, depth: int, rules: _Rules) -> AnyArray:
        """Fill the rows `at` of `found`; those are returned that are short though a part would have more for them."""
        asked = self._asked()
        columns = np.array([self.names.index(name) for name in asked])
        weights = self.state.arrays["weights"][columns]
        lists = lists_of(asked.values(), positions, depth, rules.exclude_seen)
        has_more = (lists.scores[:, :, -1] > 0).any(axis=0)
        if rules.again is not None:
            lists = _joined(lists, self._own_again(positions, rules.again))

        def work(begin: int) -> None:
            rows = slice(begin, begin + _LISTS_PER_TASK)
            blend_lists(
                lists.products[:, rows], lists.scores[:, rows], depth, weights, columns, rules.is_shown, at[rows],
                found.products, found.scores, found.portions,
            )  # fmt: skip

        run_in_threads(work, range(0, len(at), _LISTS_PER_TASK), thread_count())
        short: AnyArray = at[has_more & (found.products[at, -1] == NO_POSITION)]
        return short

    def _own_again(self, positions: AnyArray, again: SparseMatrix) -> PartLists:
        """What the parts list of the products that customers may be shown again."""
        lists = lists_of(self._asked().values(), positions, self._width_again(again), exclude_seen=False)
        for products in lists.products:
            keep_only(products, positions, again.indptr, again.indices, again.shape[1])
        return lists

    def _width_again(self, again: SparseMatrix) -> int:
        return min(self.config.n_candidates, again.shape[1])

    def _n_again(self, rules: _Rules) -> int:
        """Places by which the rows of a block get longer; twice, as the lists are made and joined."""
        return 0 if rules.again is None else 2 * self._width_again(rules.again)

    def _asked(self) -> dict[str, Recommender[Any]]:
        return {name: self.parts[name] for name, weight in self.weights.items() if weight > 0}


@dataclass(frozen=True, slots=True)
class PartLists:
    """The lists of several models, as `TopN` with the models as first dimension: (n_parts, n_lists, width)."""

    products: IntArray
    scores: FloatArray


def lists_of(parts: Iterable[Recommender[Any]], positions: AnyArray, n: int, exclude_seen: bool = True) -> PartLists:
    """Ask each part for its n best products for these customers."""
    asked = tuple(parts)
    shape = len(asked), len(positions), n
    lists = PartLists(np.empty(shape, np.int32), np.empty(shape, np.float32))
    for place, part in enumerate(asked):
        found = part.recommend(positions, n, exclude_seen)
        lists.products[place], lists.scores[place] = found.products, found.scores
    return lists


def _joined(left: PartLists, right: PartLists) -> PartLists:
    return PartLists(
        np.concatenate([left.products, right.products], axis=2), np.concatenate([left.scores, right.scores], axis=2)
    )


def _has_entries(matrix: SparseMatrix | None, rows: AnyArray) -> BoolArray:
    """Whether these rows have any; none has in no matrix."""
    if matrix is None:
        return np.zeros(len(rows), bool)
    has_any: BoolArray = np.diff(matrix.indptr)[rows] > 0
    return has_any


def _blocks(rows: AnyArray, bytes_per_row: int) -> Iterator[AnyArray]:
    n_rows = max(1, BLOCK_BYTES // bytes_per_row)
    for begin in range(0, len(rows), n_rows):
        yield rows[begin : begin + n_rows]


def _no_candidates(n_lists: int, n: int, n_parts: int) -> Candidates:
    lists = TopN.empty(n_lists, n)
    return Candidates(lists.products, lists.scores, np.zeros((n_lists, n, n_parts), np.float32), lists.products.copy())


def _check_weights(weights: FloatArray, names: tuple[str, ...]) -> None:
    """Raise ValueError unless there is one weight per part, none below 0 and one above."""
    if weights.shape != (len(names),):
        raise ValueError(f"weights {weights.shape} for {len(names)} parts")
    if not np.isfinite(weights).all() or (weights < 0).any() or not (weights > 0).any():
        raise ValueError(f"weights {weights.tolist()} for {list(names)}: none may be below 0, and one must be above")


def _has_same_ids(left: Interactions, right: Interactions) -> bool:
    return left is right or (
        np.array_equal(left.customer_ids, right.customer_ids) and np.array_equal(left.product_ids, right.product_ids)
    )
