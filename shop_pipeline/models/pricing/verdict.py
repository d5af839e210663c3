"""Why a price is to change or to stay: the reason of each suggestion, as a code.

Not here: the suggestion (`suggestion.py`), and the code as a sentence (`reasons.py`).
"""

import numpy as np

from ..arrays import BoolArray
from .sales import Numbers
from .suggestion import Offer, Suggestions, is_another

REASONS = (
    "raise_inelastic",
    "raise_under_best",
    "lower_elastic",
    "keep_best",
    "keep_uncertain",
    "keep_rises_with_price",
    "keep_no_room",
    "keep_under_cost",
    "keep_paid_prices",
)
INELASTIC, UNDER_BEST, LOWER, BEST, UNCERTAIN, RISES, NO_ROOM, UNDER_COST, PAID = range(9)


def reasons(offer: Offer, found: Suggestions) -> Numbers:
    """(P,) position in REASONS.

    Demand at an elasticity under -1 is elastic: such a price is raised as it is under the best markup on its cost. Kept
    as the best is what neither the estimate nor an end of its interval would change, as uncertain what one of them
    would.
    """
    no_room = ~has_room(offer, found)
    raised = found.price > offer.price
    told = [
        (~offer.is_listed, PAID),
        (no_room & (offer.price < offer.cost), UNDER_COST),
        (no_room, NO_ROOM),
        (~offer.falls, RISES),
        (raised & (offer.elasticity > -1), INELASTIC),
        (raised, UNDER_BEST),
        (found.price < offer.price, LOWER),
        (_would_change(found), UNCERTAIN),
    ]
    conditions, codes = zip(*told, strict=True)
    code: Numbers = np.select(conditions, codes, BEST).astype(np.int64)
    return code


def has_room(offer: Offer, found: Suggestions) -> BoolArray:
    """(P,) another price than today's is allowed."""
    another = is_another(found.lowest, offer) | is_another(found.highest, offer)
    between: BoolArray = (found.lowest <= found.highest) & another
    return between


def _would_change(found: Suggestions) -> BoolArray:
    """(P,) at the estimate, or at an end of its interval, another price gains."""
    at = np.arange(3)
    gains = (found.tried.gain[at, at] > 0) | (found.tried.gain[:, 0] > 0)
    would: BoolArray = np.any(found.tried.is_another & gains, axis=0)
    return would
