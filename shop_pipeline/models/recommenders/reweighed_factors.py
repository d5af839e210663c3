"""Factors of re-weighed entries: what histories from outside are divided by is what the fitted ones were.

Belongs here: the part that models share whose entries are divided by their product's sum (PureSVD, NMF).
Does not belong here: the weighing itself (`sparse_product`), learning factors, models that weigh otherwise (ALS).
"""

from __future__ import annotations

from typing import Protocol

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.factor_model import FactorModel
from shop_pipeline.models.recommenders.sparse_product import Weighting, weight_per_product


class DividesByProduct(Protocol):
    """Settings of a model whose entries are divided by the product's sum to a power."""

    @property
    def weighting(self) -> Weighting:
        """What an entry counts before it is divided."""

    @property
    def product_exponent(self) -> float:
        """The power; at 0 nothing is divided."""


class ReweighedFactors(FactorModel):
    """A factor model that keeps the sums of the fitted products; each model's `_weigh` uses them."""

    config: DividesByProduct

    # Float64 (n_products,); None where nothing is divided.
    _sums: DoubleArray | None = None

    def _adopt(self, interactions: Interactions) -> None:
        super()._adopt(interactions)
        is_needed, weighting = self.config.product_exponent, self.config.weighting
        self._sums = weight_per_product(interactions.matrix, weighting) if is_needed else None
