"""Why a product stands in a list: which own products its score comes from, and how much of it.

Belongs here: dividing the score of a hybrid among the customer's entries. Does not belong here: what entries add to the
score of one model (`recommenders.contributions`); words for reasons (`assets.recommendations`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.lists.reasons_kernel import add_shares, choose_reasons
from shop_pipeline.models.recommenders.contributions import Entries, Explained
from shop_pipeline.models.recommenders.recommender import Recommender, check_positions
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.selection import NO_POSITION

# Shares held at once: those of 3,500 customers with 60 entries each for 20 places.
BLOCK_BYTES = 16 * 2**20
_LISTS_PER_TASK = 256


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why each place of a list is filled as it is.

    Args:
        products: the own products behind it, largest share first, int32 (n_lists, n, n_reasons), -1 after the last.
            A product that is bought again may be its own reason.
        shares: their parts of the whole score, above 0, float32 of the same shape, NaN after the last.
        leading: the part of the hybrid with the largest portion, the first of equals, int32 (n_lists, n); -1 where
            there is no score.
    """

    products: IntArray
    shares: FloatArray
    leading: IntArray


def reasons(
    parts: Mapping[str, Recommender[Any]],
    names: Sequence[str],
    customer_positions: AnyArray,
    sources: IntArray,
    portions: FloatArray,
    n_reasons: int = 3,
) -> Reasons:
    """Find the own products that add most to each score.

    share_i = sum over parts m of (portion_m / sum of portions) c_mi / (sum over own products of c_m), where c_mi is
    what entry i adds to the score by part m. Exact: all shares of a place, also those below 0, add up to the portion of
    the parts that can be explained; for them alone, to 1. The other parts count in the denominator only.
    Only what is above 0 is a reason: own products that speak against make the shares of the others larger.

    Args:
        parts: fitted on the same interactions; those that are `Explained` give reasons.
        names: the parts in the order of the last axis of `portions`.
        customer_positions: one per list; -1 gets no reasons.
        sources: the product whose score it is, int32 (n_lists, n), -1 for padding; as in `Candidates`.
        portions: what each part adds to the score, at least 0, float32 (n_lists, n, n_parts).

    Raises:
        RuntimeError: for a part that is not fitted.
        ValueError: for shapes that don't fit, parts of different interactions, positions out of range, or n_reasons
            below 1.
    """
    at_least_one(n_reasons=n_reasons)
    ordered = [parts[name] for name in names]
    interactions = _common_interactions(ordered)
    positions = check_positions(customer_positions, len(interactions.customer_ids))
    if portions.shape != (*sources.shape, len(names)) or len(positions) != len(sources):
        raise ValueError(f"{len(positions)} customers, sources {sources.shape}, portions {portions.shape}")
    scores = portions.sum(axis=2, dtype=np.float64)
    leading = np.where(scores > 0, portions.argmax(axis=2), NO_POSITION).astype(np.int32)
    shape = (*sources.shape, n_reasons)
    found = Reasons(np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32), leading)
    explained = [(at, part) for at, part in enumerate(ordered) if isinstance(part, Explained)]
    for block in _blocks(interactions, positions, sources.shape[1]):
        divisors = np.where(scores[block] > 0, scores[block], 1)
        entries = Entries.of(interactions, positions[block])
        shares = np.zeros((len(entries.at), sources.shape[1]), np.float32)
        for at, part in explained:
            if portions[block, :, at].any():
                _add_part(
                    part, positions[block], sources[block], portions[block, :, at] / divisors, entries.starts, shares
                )
        _choose(interactions.matrix.indices[entries.at], entries.starts, shares, found, block)
    return found


def reasons_bytes(longest: int, n_lists: int, n_places: int, n_reasons: int = 3) -> int:
    """Bytes that `reasons` allocates beside what the parts take for themselves (ALS: its product factors once more).

    Args:
        longest: entries of the customer who has most.
    """
    per_place = n_reasons * 8 + 4 + 8 + 8 + 1
    # Contributions and shares, and what is known of each entry beside them.
    per_entry = 2 * 4 * n_places + 8 * 4
    n_entries = max(BLOCK_BYTES // (4 * n_places), longest)
    return n_lists * (n_places * per_place + 24) + n_entries * per_entry


def _common_interactions(parts: Sequence[Recommender[Any]]) -> Interactions:
    if not parts or any(part.interactions is not parts[0].interactions for part in parts):
        raise ValueError("reasons need at least one part, and all of them fitted on the same interactions")
    return parts[0].interactions


def _blocks(interactions: Interactions, positions: AnyArray, n_places: int) -> Iterator[slice]:
    """Ranges of lists whose entries for all places fit into the bound, or single lists."""
    ends = Entries.of(interactions, positions).starts[1:]
    begin, done, most = 0, 0, BLOCK_BYTES // (4 * max(1, n_places))
    while begin < len(positions):
        end = max(begin + 1, int(np.searchsorted(ends, done + most, "right")))
        yield slice(begin, end)
        begin, done = end, int(ends[end - 1])


def _add_part(
    part: Explained[Any], at: AnyArray, sources: IntArray, portions: DoubleArray, starts: AnyArray, shares: FloatArray
) -> None:
    contributions = part.contributions(at, sources)

    def work(begin: int) -> None:
        rows = slice(begin, begin + _LISTS_PER_TASK)
        add_shares(starts[begin : begin + _LISTS_PER_TASK + 1], contributions, portions[rows], shares)

    run_in_threads(work, range(0, len(at), _LISTS_PER_TASK), thread_count())


def _choose(own: AnyArray, starts: AnyArray, shares: FloatArray, found: Reasons, block: slice) -> None:
    products, best = found.products[block], found.shares[block]

    def work(begin: int) -> None:
        rows = slice(begin, begin + _LISTS_PER_TASK)
        choose_reasons(starts[begin : begin + _LISTS_PER_TASK + 1], own, shares, products[rows], best[rows])

    run_in_threads(work, range(0, len(products), _LISTS_PER_TASK), thread_count())
