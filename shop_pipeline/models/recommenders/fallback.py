"""Fill lists up with popular products, so that everybody gets a whole one.

Belongs here: merging a model's lists with the popular ones. Does not belong here: making either (`recommender` and its
implementations).
"""

from __future__ import annotations

from shop_pipeline.models.arrays import BoolArray
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

_ROWS_PER_BLOCK = 4096


def fill_up(lists: TopN, popular: TopN) -> tuple[TopN, BoolArray]:
    """Append to each list the popular products that it does not have, until it is as long as `lists` is wide.

    Args:
        lists: the model's; neither this nor `popular` is changed.
        popular: for the same customers, at least twice as wide, so that no overlap leaves a gap.

    Returns:
        The lists, and which of their places (n_lists, n) were filled from `popular`. A list stays short where the
        popular products run out.
    """
    filled = TopN(lists.products.copy(), lists.scores.copy())
    short = (lists.products == NO_POSITION).any(axis=1).nonzero()[0]
    for begin in range(0, len(short), _ROWS_PER_BLOCK):
        rows = short[begin : begin + _ROWS_PER_BLOCK]
        _fill(filled, popular, rows)
    return filled, (lists.products == NO_POSITION) & (filled.products != NO_POSITION)


def _fill(filled: TopN, popular: TopN, rows: BoolArray) -> None:
    own, candidates = filled.products[rows], popular.products[rows]
    is_new = (candidates != NO_POSITION) & ~(candidates[:, :, None] == own[:, None, :]).any(axis=2)
    start = (own != NO_POSITION).sum(axis=1)
    place = start[:, None] + is_new.cumsum(axis=1) - 1
    takes, at = (is_new & (place < own.shape[1])).nonzero()
    target = rows[takes], place[takes, at]
    filled.products[target] = candidates[takes, at]
    filled.scores[target] = popular.scores[rows[takes], at]
