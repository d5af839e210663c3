"""What the UI is told of rules, diversity and margin: what each costs in relevance, in words and as curves.

Here: the rows of `marts.list_trade_offs` from points, and their pictures. Not here: the asset (`trade_offs.py`), and
the measuring (`models/lists/trade_off.py`).
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ...contracts.trade_offs import LIST_TRADE_OFFS
from ...models.lists.trade_off import K, TradeOff
from ..plots import trade_off

GAINED = {"diversity": "diversity", "margin": "mean_margin"}
ADDED_LATER = {"split_at", "as_of", "run_id"}


def trade_off_frame(points: Sequence[TradeOff]) -> pd.DataFrame:
    """The rows of `marts.list_trade_offs`, also if there are none, but for when they hold."""
    columns = [name for name in LIST_TRADE_OFFS.column_names if name not in ADDED_LATER]
    return pd.DataFrame([asdict(point) | {"k": K} for point in points], columns=columns)


def trade_offs_told(points: Sequence[TradeOff]) -> dict[str, Any]:
    """A sentence for each curve about the setting in use, and a plot where what is gained is known."""
    told: dict[str, Any] = {f"cost_of_{point.curve}": cost(point) for point in points if point.is_used}
    frame = trade_off_frame(points)
    for curve, gained in GAINED.items():
        own = frame[(frame["curve"] == curve) & frame[gained].notna()]
        if len(own):
            told[f"plot_{curve}"] = trade_off(_with_interval(own), gained, "ndcg", ("low", "high"), "setting", "used")
    return told


def cost(point: TradeOff) -> str:
    """What people are told of the setting that their lists are made with."""
    sure = "" if pd.isna(point.loss_ci_low) else f" ({point.loss_ci_low:z.4f} to {point.loss_ci_high:z.4f})"
    return (
        f"{point.setting:g}: keeps {point.relevance_kept:.1%} of the relevance; NDCG@{K} is {point.ndcg:.4f}, "
        f"its loss against 0 is {point.ndcg_loss:z.4f}{sure}"
    )


def _with_interval(points: pd.DataFrame) -> pd.DataFrame:
    """The interval of the loss, drawn from the height of setting 0: whether a point differs from it can be seen."""
    zero = points["ndcg"] + points["ndcg_loss"]
    return points.assign(
        low=zero - points["loss_ci_high"], high=zero - points["loss_ci_low"], used=points["is_used"].astype(bool)
    )
