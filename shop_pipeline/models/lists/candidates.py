"""What may come into a list: more products than it has places, with what speaks for each.

Belongs here: the two shapes that the steps of this folder hand on. Does not belong here: the steps.

A product is a position among the shown ids: those of the interactions first, behind them the newcomers that nobody has
had anything to do with yet. Other newcomers, of few customers, are among the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from shop_pipeline.models.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Candidates:
    """The most relevant products of each customer, best first; the rest of a row is padding.

    Args:
        products: positions, int32 (n_lists, width), -1 after the last.
        scores: relevance, float32 (n_lists, width), NaN after the last.
        portions: what each part of the hybrid adds to a score, float32 (n_lists, width, n_parts), 0 in the padding.
        sources: the product of the interactions whose score this is, int32 (n_lists, width): itself, or for a
            newcomer the one of the largest score times their cosine (`with_newcomers`).
    """

    products: IntArray
    scores: FloatArray
    portions: FloatArray
    sources: IntArray


@dataclass(frozen=True, slots=True)
class Lists:
    """What each customer is shown, as `Candidates`, in the order in which it is shown.

    Args:
        relevance_ranks: the place (from 1) among the candidates, int32 (n_lists, n): where it would stand by relevance
            alone; 0 for what was filled in and for padding.
        is_filler: filled in from popular products, bool (n_lists, n).
    """

    products: IntArray
    scores: FloatArray
    portions: FloatArray
    sources: IntArray
    relevance_ranks: IntArray
    is_filler: BoolArray
