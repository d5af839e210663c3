"""What a recommender has learned, in the few shapes that a table can hold.

Belongs here: the shapes, and whether one fits the ids it is for. Does not belong here: how it is learned (the models),
and how it is stored (`assets/matrices.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from shop_pipeline.models.arrays import FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.interactions import Size
from shop_pipeline.models.selection import NO_POSITION

Entity: TypeAlias = Literal["customer", "product"]


@dataclass(frozen=True, slots=True)
class Links:
    """From each product (or customer) up to k weighted links to others of the same kind.

    Args:
        targets: positions, int32 (n_rows, k), -1 after the last link.
        weights: float32 (n_rows, k), largest first, of either sign, NaN after the last link.
        entity: what the rows are, and the targets too.
    """

    targets: IntArray
    weights: FloatArray
    entity: Entity = "product"

    def check_between(self, entity: Entity) -> None:
        """Raise ValueError for links between others than these: positions of one kind say nothing about the other."""
        if self.entity != entity:
            raise ValueError(f"links between {self.entity}s, where links between {entity}s are needed")

    def check(self, size: Size) -> None:
        """Raise ValueError unless there is a row per id, and every link leads to one with a finite weight."""
        n_rows = size.n_products if self.entity == "product" else size.n_customers
        if self.targets.shape[0] != n_rows or self.targets.shape != self.weights.shape:
            raise ValueError(f"links {self.targets.shape} for {n_rows} {self.entity}s")
        if not NO_POSITION <= self.targets.min(initial=NO_POSITION) <= self.targets.max(initial=NO_POSITION) < n_rows:
            raise ValueError(f"a link leads to a {self.entity} that is not among the {n_rows}")
        if (np.isfinite(self.weights) != (self.targets != NO_POSITION)).any():
            raise ValueError("a link has no finite weight, or a weight no link")


@dataclass(frozen=True, slots=True)
class Factors:
    """Latent factors whose dot product is the score, float32, one row per id; 0 for whom nothing is known."""

    customers: FloatArray
    products: FloatArray

    def check(self, size: Size) -> None:
        """Raise ValueError unless both are float32, finite, of one width, with a row per id."""
        rows, ids = (len(self.customers), len(self.products)), (size.n_customers, size.n_products)
        if rows != ids or self.customers.shape[1] != self.products.shape[1]:
            raise ValueError(f"factors {self.customers.shape} and {self.products.shape} for {ids} ids")
        if self.customers.dtype != np.float32 or self.products.dtype != np.float32:
            raise ValueError("factors must be float32")
        if not (np.isfinite(self.customers).all() and np.isfinite(self.products).all()):
            raise ValueError("a factor is not a finite number")


@dataclass(frozen=True, slots=True)
class GroupScores:
    """One score per group of customers and product.

    Args:
        groups: names of the groups, in the order of the rows of `scores`.
        scores: CSR float32 (n_groups, n_products), above 0; nothing is stored for a product that has none.
        group_of: each customer's row of `scores`, int32 (n_customers,), -1 for none.
    """

    groups: tuple[str, ...]
    scores: SparseMatrix
    group_of: IntArray

    def check(self, size: Size) -> None:
        """Raise ValueError unless scores, names and customers fit."""
        if self.scores.shape != (len(self.groups), size.n_products) or len(self.group_of) != size.n_customers:
            raise ValueError(f"scores {self.scores.shape} for {len(self.groups)} groups, {size}")
        if (
            not NO_POSITION
            <= self.group_of.min(initial=NO_POSITION)
            <= self.group_of.max(initial=-1)
            < len(self.groups)
        ):
            raise ValueError("a customer's group is not among the groups")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Named float32 arrays, one or two dimensions: the layers of a network."""

    arrays: dict[str, FloatArray]

    def check(self, size: Size) -> None:
        """Raise ValueError for other types or shapes."""
        for name, array in self.arrays.items():
            if array.dtype != np.float32 or array.ndim not in (1, 2) or not np.isfinite(array).all():
                raise ValueError(f"{name}: {array.dtype} {array.shape} is no finite float32 vector or matrix, {size}")


State: TypeAlias = Links | Factors | GroupScores | Parameters
