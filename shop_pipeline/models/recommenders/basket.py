"""A new visitor is a basket: factors and lists from a few product ids, without training.

Belongs here: from ids to a history of one customer and back. Does not belong here: what models make of histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.factor_model import FactorModel
from shop_pipeline.models.recommenders.recommender import HistoryRecommender, StateT
from shop_pipeline.models.selection import NO_POSITION


@dataclass(frozen=True, slots=True)
class BasketList:
    """What a visitor with this basket is shown.

    Args:
        products: ids, best first.
        scores: one per product, higher is better.
        unknown: ids of the basket that the model has never seen, in their order; they said nothing.
    """

    products: tuple[str, ...]
    scores: tuple[float, ...]
    unknown: tuple[str, ...]


def fold_in(model: FactorModel, product_ids: Sequence[str], weights: Sequence[float] | None = None) -> FloatArray:
    """The factors of a basket, float32 (n_factors,); zeros if the model knows none of its products.

    Args:
        weights: one per product, as those of the fitted interactions: above 0; 1 each if left out.

    Raises:
        RuntimeError: before `fit`.
        ValueError: for weights that are not above 0, or not one per product.
    """
    factors: FloatArray = model.fold_in(_history(model.interactions, product_ids, weights))[0]
    return factors


def recommend_basket(
    model: HistoryRecommender[StateT],
    product_ids: Sequence[str],
    n: int,
    weights: Sequence[float] | None = None,
    exclude_seen: bool = True,
) -> BasketList:
    """List at most n products for a visitor with these, in the order in which they were put in.

    A product that is named several times counts with the sum of its weights, and where it comes last. With an empty
    basket, or if the model knows nothing of it, the list is empty: what is shown then (popular products) is for the
    caller to say.

    Args:
        weights: as for `fold_in`.

    Raises: as `fold_in`, and ValueError for n below 1.
    """
    history = _history(model.interactions, product_ids, weights)
    found = model.recommend_for(history, n, exclude_seen)
    listed = found.products[0] != NO_POSITION
    known = set(history.product_ids)
    return BasketList(
        tuple(history.product_ids[found.products[0, listed]]),
        tuple(found.scores[0, listed].tolist()),
        tuple(one for one in product_ids if one not in known),
    )


def _history(known: Interactions, product_ids: Sequence[str], weights: Sequence[float] | None) -> Interactions:
    """The known ones among the products as the history of one visitor; each is a step after the one before."""
    amounts = np.ones(len(product_ids)) if weights is None else np.asarray(weights, np.float64)
    if amounts.shape != (len(product_ids),) or not (amounts > 0).all():
        raise ValueError(f"a basket of {len(product_ids)} products needs as many weights, all above 0")
    codes, is_known = _positions(known, product_ids)
    visitor = np.array(["visitor"], dtype=object)
    order = np.arange(len(product_ids), dtype=np.float64)[is_known]
    return Interactions.from_codes(
        np.zeros(len(order), np.int32), codes[is_known], amounts[is_known], visitor, known.product_ids, order
    )


def _positions(known: Interactions, product_ids: Sequence[str]) -> tuple[AnyArray, AnyArray]:
    """The position where each id is or would be, and whether it is there."""
    ids = np.array(list(product_ids), dtype=object)
    at = np.searchsorted(known.product_ids, ids)
    is_known = at < len(known.product_ids)
    is_known[is_known] = known.product_ids[at[is_known]] == ids[is_known]
    return at, is_known
