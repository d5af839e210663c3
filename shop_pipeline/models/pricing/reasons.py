"""A suggestion as one English sentence, with its figures and its limits.

Not here: the suggestion itself (`suggestion.py`).
"""

import numpy as np

from .suggestion import BEST, LOWER, NO_ROOM, PAID, RAISE, UNCERTAIN, Offer, Suggestions


def sentences(offer: Offer, found: Suggestions) -> list[str]:
    """One for each of P products."""
    return [_sentence(offer, found, number) for number in range(len(offer.price))]


def _sentence(offer: Offer, found: Suggestions, i: int) -> str:
    demand = (
        f"1 % more price has gone with {offer.elasticity[i]:+.2f} % units"
        f" ({offer.low[i]:.2f} to {offer.high[i]:.2f}, 95 %)"
    )
    goal = "margin" if np.isfinite(offer.cost[i]) else "revenue"
    code = int(found.reason[i])
    if code in (RAISE, LOWER):
        gains = (found.margin if goal == "margin" else found.revenue)[:, i]
        unit = "of today's revenue more margin" if goal == "margin" else "more revenue"
        return (
            f"{'Raise' if code == RAISE else 'Lower'} from {offer.price[i]:.2f} to {found.price[i]:.2f}: {demand}, so"
            f" {100 * found.units[0, i]:+.1f} % units and {100 * gains[0]:.1f} % {unit}"
            f" ({100 * gains.min():.1f} to {100 * gains.max():.1f});"
            " seen, not tried out: other reasons for the demand may hide in it."
        )
    kept = {
        BEST: f"{demand}, and no price from {found.lowest[i]:.2f} to {found.highest[i]:.2f} brings more {goal}",
        UNCERTAIN: f"{demand}: too uncertain for another price to surely bring more {goal}",
        NO_ROOM: f"no price is allowed from {found.lowest[i]:.2f} to {found.highest[i]:.2f}",
        PAID: "its prices are what people paid, which also falls with a larger order: no list price is known",
    }
    return f"Keep {offer.price[i]:.2f}: {kept[code]}."
