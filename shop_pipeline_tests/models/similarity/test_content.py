"""Features of products: the whole cosine from the cosines of the blocks, alignment by id, the nearest by content."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.similarity.content import (
    ContentConfig,
    ProductColumns,
    ProductFeatures,
    content_similarity_bytes,
    product_features,
    similar_by_content,
)

CONFIG = ContentConfig(text=2.0, category=1.0, brand=1.0, price=0.0, attributes=0.0)


def columns(product_ids: list[str], **given: list[object]) -> ProductColumns:
    empty = [None] * len(product_ids)
    kinds = ("titles", "descriptions", "categories", "brands", "prices", "attributes")
    return ProductColumns(product_ids, *(given.get(kind, empty) for kind in kinds))  # type: ignore[arg-type]


def cosines(features: ProductFeatures) -> np.ndarray:
    return (features.matrix @ features.matrix.T).toarray()


def test_cosine_is_the_weighted_mean_of_the_blocks() -> None:
    """Weights 2, 1, 1. Same text, siblings on two levels (cosine 1/3), other brand: (2 + 1/3 + 0) / 4."""
    features = product_features(
        columns(["a", "b"], titles=["tea", "tea"], categories=["X > Y", "X > Z"], brands=["L", "M"]), CONFIG
    )
    np.testing.assert_allclose(cosines(features), [[1, 7 / 12], [7 / 12, 1]], rtol=1e-6)


def test_a_block_that_one_lacks() -> None:
    """a has text and brand (weight 3), b text alone (2): 2 / sqrt(6). c has neither in common, d nothing at all."""
    features = product_features(
        columns(["a", "b", "c", "d"], titles=["tea", "tea", None, "!"], brands=["L", None, "M", None]), CONFIG
    )
    expected = np.eye(4)
    expected[0, 1] = expected[1, 0] = 2 / np.sqrt(6)
    expected[3, 3] = 0
    np.testing.assert_allclose(cosines(features), expected, atol=1e-6)


def test_title_and_description_are_one_text_in_order_of_ids() -> None:
    features = product_features(
        columns(["b", "a"], titles=["green", None], descriptions=["tea", "tea"], prices=[3.0, 3.0]), CONFIG
    )
    assert features.names == ("text: green", "text: tea")
    assert list(features.product_ids) == ["a", "b"]
    np.testing.assert_array_equal(features.matrix.toarray() > 0, [[0, 1], [1, 1]])


def test_all_kinds_have_names() -> None:
    every = columns(
        ["a"], titles=["tea"], categories=["Food"], brands=["L"], prices=[4.0], attributes=['{"colour": "red"}']
    )
    kinds = [name.split(":")[0] for name in product_features(every).names]
    assert kinds == ["text", "category", "brand", "price", "price", "attributes"]


def test_features_of_other_ids() -> None:
    features = product_features(columns(["a", "b", "c"], titles=["tea", "cup", "tea"]))
    other = features.of(np.array(["b", "bb", "c", "d"], dtype=object), np.array([True, True, False, True]))
    np.testing.assert_array_equal(other.matrix.toarray(), [[1, 0], [0, 0], [0, 0], [0, 0]])
    none = features.of(np.array(["x"], dtype=object))
    assert none.matrix.shape == (1, 2)


def test_near_prices_speak_for_each_other_beside_a_title() -> None:
    """Weights 1 and 0.25 of 1.25 together; buckets at powers of 1.25: 10 and 10, 10 and 20 have 1 and 0 in common."""
    features = product_features(columns(["a", "b", "c"], titles=["tea"] * 3, prices=[10.0, 10.0, 20.0]))
    np.testing.assert_allclose(cosines(features)[0], [1, 1, 1 / 1.25], rtol=1e-6)


def test_no_product_and_no_feature() -> None:
    for ids in ([], ["a", "b"]):
        features = product_features(columns(ids))
        assert features.matrix.shape == (len(ids), 0)
        assert (similar_by_content(features, 3).products == -1).all()


def test_nearest_are_those_of_dense_algebra() -> None:
    rng = np.random.default_rng(5)
    ids = [f"p{at:03}" for at in range(200)]
    words = np.array(["tea", "cup", "红茶", "pan", "bowl", "red", "blue", "gift", "马克杯"])
    features = product_features(
        columns(
            ids,
            titles=[" ".join(rng.choice(words, 3)) for _ in ids],
            categories=[f"A{rng.integers(3)} > B{rng.integers(4)}" for _ in ids],
            prices=list(rng.lognormal(2, 1, 200)),
        ),
        ContentConfig(max_share=1.0),
    )
    alike = cosines(features).astype(np.float64)
    np.fill_diagonal(alike, 0)
    found = similar_by_content(features, 7)
    np.testing.assert_allclose(found.scores, -np.sort(-alike, axis=1)[:, :7], rtol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(alike, found.products.astype(int), 1), found.scores, rtol=1e-5)


def test_memory_is_at_most_what_was_announced() -> None:
    ids = [f"p{at:05}" for at in range(8000)]
    features = product_features(columns(ids, titles=[f"w{at % 1500} v{at % 1700}" for at in range(8000)]))
    similar_by_content(features, 10)  # compiles
    tracemalloc.start()
    similar_by_content(features, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    announced = content_similarity_bytes(features, 8000, 10)
    assert peak <= announced + 200_000
    assert announced <= 3 * peak


@pytest.mark.parametrize("change", [{"text": -1.0}, {"max_share": 0.0}, {"price_factor": 1.0}, {"price": float("inf")}])
def test_settings_that_make_no_sense_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        replace(ContentConfig(), **change)
    with pytest.raises(ValueError, match="must be"):
        ContentConfig(0, 0, 0, 0, 0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="sorted and unique"):
        product_features(columns(["a", "a"], titles=["tea", "cup"]))
    with pytest.raises(ValueError, match="columns of"):
        columns(["a", "b"], titles=["tea"])
    with pytest.raises(ValueError, match="for 1 ids, 3 names"):
        ProductFeatures(sp.csr_matrix((1, 2), dtype=np.float32), np.array(["a"], dtype=object), ("x", "y", "z"))
