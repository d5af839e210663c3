"""MBG/NBD: customers may leave right after each purchase, the very first included.

Here: which purchases are a chance to leave. Not here: all the rest (`beta_geometric`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop_pipeline.models.value.beta_geometric import BetaGeometric


@dataclass(frozen=True)
class MbgNbd(BetaGeometric):
    """Batislam, Denizel & Filiztekin 2007; Hoppe & Wagner 2007. Who bought once may have left at once."""

    name: ClassVar[str] = "mbg_nbd"
    chances_before_repeat: ClassVar[int] = 1
