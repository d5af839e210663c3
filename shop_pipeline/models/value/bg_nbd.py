"""BG/NBD: customers may leave right after each repeat purchase.

Here: which purchases are a chance to leave. Not here: all the rest (`beta_geometric`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop_pipeline.models.value.beta_geometric import BetaGeometric


@dataclass(frozen=True)
class BgNbd(BetaGeometric):
    """Fader, Hardie & Lee 2005, "Counting your customers" the easy way. Who bought once is alive for certain."""

    name: ClassVar[str] = "bg_nbd"
    chances_before_repeat: ClassVar[int] = 0
