"""What products are, as one matrix, and which are alike in it.

Belongs here: putting the blocks together, the features under their ids, the search for similar products.
Does not belong here: from a column to features (`text`, `content_blocks`), recommending (`content_based`).

Nobody need have bought a product: cold products have features as all others do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, BoolArray, IdArray, SparseMatrix
from shop_pipeline.models.interactions import check_matrix
from shop_pipeline.models.similarity.content_blocks import attribute_block, brand_block, category_block, price_block
from shop_pipeline.models.similarity.measures import Similarity
from shop_pipeline.models.similarity.text import Block, text_block, unit_rows
from shop_pipeline.models.similarity.top_k import DEFAULT_MEMORY_LIMIT, Neighbours, memory_at_most, top_k_neighbours


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """How much each part of a description counts. A part of weight 0 is not used."""

    text: float = 1.0
    """Words of title and description: raise it where titles are careful and categories coarse."""
    category: float = 1.0
    """The path of categories: raise it to stay within the same shelf."""
    brand: float = 0.5
    """Raise it where people are loyal to brands."""
    price: float = 0.25
    """Raise it to stay at the same level of price. On Online Retail, beside titles alone, NDCG@10 is .077 at 0, .083 at
    0.25, .079 at 0.5 (as in `ContentBasedConfig`)."""
    attributes: float = 0.5
    """Values such as colour and size: raise it where they are filled in with care."""
    max_share: float = 0.1
    """Words and attribute values of a larger share of the products are left out: raising it costs time."""
    price_factor: float = 1.25
    """Prices apart by the square of this factor have nothing in common: raising it makes coarser levels, of which each
    has more products, and so costs time."""

    def __post_init__(self) -> None:
        weights = (self.text, self.category, self.brand, self.price, self.attributes)
        if min(weights) < 0 or max(weights) == 0 or not np.isfinite(weights).all():
            raise ValueError(f"weights {weights} must be finite, none below 0 and one above")
        if not 0 < self.max_share <= 1 or not self.price_factor > 1:
            raise ValueError(f"max_share {self.max_share} must be in (0, 1], price_factor {self.price_factor} above 1")


@dataclass(frozen=True, slots=True)
class ProductColumns:
    """What the catalogue says, one value per product in each column; None or NaN where it says nothing.

    Args:
        product_ids: unique, in any order.
        categories: paths such as `Food > Tea > Green`.
        prices: in the shop's currency.
        attributes: JSON objects, as text.
    """

    product_ids: Sequence[str]
    titles: Sequence[str | None]
    descriptions: Sequence[str | None]
    categories: Sequence[str | None]
    brands: Sequence[str | None]
    prices: Sequence[float | None] | AnyArray
    attributes: Sequence[str | None]

    def __post_init__(self) -> None:
        columns = (self.titles, self.descriptions, self.categories, self.brands, self.prices, self.attributes)
        if {len(column) for column in columns} != {len(self.product_ids)}:
            raise ValueError(f"columns of {[len(column) for column in columns]} for {len(self.product_ids)} products")


@dataclass(frozen=True, slots=True)
class ProductFeatures:
    """Features of products: rows of length 1, so that the dot product of two rows is their cosine.

    Args:
        matrix: CSR float32 (n_products, n_features) as `check_matrix` wants it; empty rows for who has no feature.
        product_ids: sorted, unique str, object array of n_products.
        names: of the features, such as `brand: lotus`.

    Raises:
        ValueError: when one of these does not hold.
    """

    matrix: SparseMatrix
    product_ids: IdArray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        check_matrix(self.matrix)
        if self.matrix.shape != (len(self.product_ids), len(self.names)):
            raise ValueError(f"features {self.matrix.shape} for {len(self.product_ids)} ids, {len(self.names)} names")
        if (self.product_ids[:-1] >= self.product_ids[1:]).any():
            raise ValueError("product_ids must be sorted and unique")

    def of(self, product_ids: IdArray, wanted: BoolArray | None = None) -> ProductFeatures:
        """The features of these sorted ids; empty rows for ids without features, and for those not `wanted`."""
        at = pd.Index(self.product_ids).get_indexer(pd.Index(product_ids))
        found = (at >= 0) & (True if wanted is None else wanted)
        rows = self.matrix[at[found]]
        n_features = np.zeros(len(product_ids) + 1, rows.indptr.dtype)
        n_features[1:][found] = np.diff(rows.indptr)
        entries: Any = (rows.data, rows.indices, np.cumsum(n_features, dtype=rows.indptr.dtype))
        return ProductFeatures(sp.csr_matrix(entries, (len(product_ids), rows.shape[1])), product_ids, self.names)


def product_features(columns: ProductColumns, config: ContentConfig | None = None) -> ProductFeatures:
    """Put the blocks of a catalogue together.

    Every block has rows of length 1 and is multiplied with the root of its weight w_b. With w(i) the sum of the
    weights of the blocks that product i has,

        cos(i, j) = sum_b w_b cos_b(i, j) / sqrt(w(i) w(j)),

    over the blocks that both have. Of products with the same blocks this is the weighted mean of the blocks' cosines.
    A block that both lack counts nothing. One that only i has adds to w(i) alone, which lies between likeness and
    difference: with text and brand of weight 1 and the same text, the same brand gives 1, another 1/2, and none on
    one side 1/sqrt(2).

    Raises:
        ValueError: for a duplicate id, or attributes that are not JSON.
    """
    config = config or ContentConfig()
    ids = np.asarray(columns.product_ids, dtype=object)
    order = np.argsort(ids, kind="stable")
    blocks = {kind: block for kind, block in _blocks(columns, config).items() if getattr(config, kind) > 0}
    parts: Any = [block.matrix * np.float32(getattr(config, kind) ** 0.5) for kind, block in blocks.items()]
    matrix: Any = sp.hstack(parts, format="csr", dtype=np.float32)[order]
    matrix.eliminate_zeros()
    matrix.sort_indices()
    names = tuple(f"{kind}: {name}" for kind, block in blocks.items() for name in block.names)
    return ProductFeatures(unit_rows(matrix), ids[order], names)


def _blocks(columns: ProductColumns, config: ContentConfig) -> dict[str, Block]:
    return {
        "text": text_block(_texts(columns), config.max_share),
        "category": category_block(columns.categories),
        "brand": brand_block(columns.brands),
        "price": price_block(columns.prices, config.price_factor),
        "attributes": attribute_block(columns.attributes, config.max_share),
    }


def _texts(columns: ProductColumns) -> list[str]:
    """Title and description of each product as one text."""
    pairs = zip(columns.titles, columns.descriptions, strict=True)
    return ["\n".join(part for part in pair if isinstance(part, str)) for pair in pairs]


def similar_by_content(
    features: ProductFeatures, k: int, *, memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT
) -> Neighbours:
    """Find the k most similar products of each, by cosine; `n_common` says how many features they share.

    The search for products with the same customers, with features in the place of customers. It costs, for each
    feature, the square of the number of its products: for a feature of every tenth of 100,000 products, 0.1 G
    multiply-adds.

    Raises:
        ValueError: as `top_k_neighbours`.
    """
    return top_k_neighbours(features.matrix.T.tocsr(), k, memory_limit_bytes=memory_limit_bytes)


def content_similarity_bytes(
    features: ProductFeatures, n_products: int, k: int, *, memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT
) -> int:
    """What `similar_by_content` allocates at its peak for `n_products` of these features or fewer."""
    degrees = np.sort(np.diff(features.matrix.indptr))[::-1]
    degrees = np.pad(degrees[:n_products], (0, max(0, n_products - len(degrees))))
    n_features = len(features.names)
    # The matrix by columns; and where products begin, copied, as the search goes through them.
    transposed = int(degrees.sum()) * (4 + 4) + n_features * 8 + n_products * 16
    return transposed + memory_at_most(
        n_features, n_products, int(degrees.sum()), k, Similarity(), memory_limit_bytes, int(degrees.max(initial=0))
    )
