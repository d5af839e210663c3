"""A suggestion as one English sentence, with its figures and its limits.

Not here: the suggestion itself (`suggestion.py`), and why it is made (`verdict.py`).
"""

import numpy as np

from .sales import Numbers
from .suggestion import Offer, Suggestions
from .verdict import BEST, INELASTIC, LOWER, NO_ROOM, PAID, RISES, UNCERTAIN, UNDER_BEST, UNDER_COST

BECAUSE = {
    INELASTIC: "units fall by less than the price rises",
    UNDER_BEST: "it is under the best price for its cost",
    LOWER: "units rise by more than the price falls",
}


def sentences(offer: Offer, found: Suggestions, reason: Numbers) -> list[str]:
    """One for each of P products, whose reasons are positions in REASONS."""
    return [_sentence(offer, found, int(code), at) for at, code in enumerate(reason)]


def _sentence(offer: Offer, found: Suggestions, code: int, i: int) -> str:
    return _change(offer, found, code, i) if code in BECAUSE else f"Keep {_kept(offer, found, code, i)}."


def _demand(offer: Offer, i: int) -> str:
    """An end over 0 is not believed, and told as what it counts as."""
    high = offer.high[i]
    upper = f"{high:.2f}" if high <= 0 or offer.elasticity[i] > 0 else "at most 0"
    return f"1 % more price has gone with {offer.elasticity[i]:+.2f} % units ({offer.low[i]:.2f} to {upper}, 95 %)"


def _goal(offer: Offer, i: int) -> str:
    return "margin" if np.isfinite(offer.cost[i]) else "revenue"


def _change(offer: Offer, found: Suggestions, code: int, i: int) -> str:
    is_margin = _goal(offer, i) == "margin"
    gains = (found.margin if is_margin else found.revenue)[:, i]
    unit = "of today's revenue more margin" if is_margin else "more revenue"
    digits = offer.decimals
    return (
        f"{'Lower' if code == LOWER else 'Raise'} from {offer.price[i]:.{digits}f} to {found.price[i]:.{digits}f},"
        f" as {BECAUSE[code]}: {_demand(offer, i)}, so {100 * found.units[0, i]:+.1f} % units and"
        f" {100 * gains[0]:.1f} % {unit} ({100 * gains.min():.1f} to {100 * gains.max():.1f});"
        " seen, not tried out: other reasons for the demand may hide in it."
    )


def _kept(offer: Offer, found: Suggestions, code: int, i: int) -> str:
    digits = offer.decimals
    price, lowest, highest, cost = (
        f"{values[i]:.{digits}f}" for values in (offer.price, found.lowest, found.highest, offer.cost)
    )
    goal = _goal(offer, i)
    told = {
        BEST: f"{_demand(offer, i)}, and no price from {lowest} to {highest} brings more {goal}",
        UNCERTAIN: f"{_demand(offer, i)}: too uncertain for another price to surely bring more {goal}",
        RISES: f"{_demand(offer, i)}: demand that rises with its price has another reason",
        NO_ROOM: f"no other price is allowed, the least being {lowest} and the highest {highest}",
        UNDER_COST: f"it is under its cost of {cost}, but no price under {lowest} is allowed, and none over {highest}",
        PAID: "its elasticity rests on what people paid, which also falls with a larger order",
    }
    return f"{price}: {told[code]}"
