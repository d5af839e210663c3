"""Category, brand, price and attributes as features: cosines worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.similarity.content_blocks import attribute_block, brand_block, category_block, price_block
from shop_pipeline.models.similarity.text import Block


def cosines(block: Block) -> np.ndarray:
    dense = block.matrix.toarray().astype(float)
    np.testing.assert_allclose(np.linalg.norm(dense, axis=1), dense.any(axis=1), atol=1e-6)
    return dense @ dense.T


def test_deeper_common_categories_are_nearer() -> None:
    """Squared weights 1, 2, 3 by depth: the first level is 1 of 6, two levels 3 of 6; a > b lies sqrt(3 / 6) from a > b > c."""  # noqa: E501
    alike = cosines(category_block(["A > B > C", "a>b>d", "A > X > C", " a > b ", "Z > B > C"]))
    np.testing.assert_allclose(alike[0], [1, 1 / 2, 1 / 6, np.sqrt(1 / 2), 0], atol=1e-6)


def test_names_of_categories_are_whole_paths() -> None:
    assert category_block(["Food > Tea", None, "Home"]).names == ["food", "food > tea", "home"]


def test_brands_are_equal_or_not() -> None:
    alike = cosines(brand_block(["Lotus", " ＬＯＴＵＳ", "竹语", None, float("nan"), " "]))  # type: ignore[list-item]
    expected = np.zeros((6, 6))
    expected[:2, :2] = expected[2, 2] = 1
    np.testing.assert_array_equal(alike, expected)


def test_near_prices_are_near() -> None:
    """Buckets at powers of 2. 4 and 4 are one; from 4 to 4 * sqrt(2), half a bucket, cos(pi / 4); to 8 and on, 0.

    4 * sqrt(2) and 8 * sqrt(2) share the bucket at 8, with sin(pi / 4) and cos(pi / 4): 1/2.
    """
    alike = cosines(price_block([4, 4, 4 * 2**0.5, 8, 8 * 2**0.5, 4000], 2.0))
    np.testing.assert_allclose(alike[0], [1, 1, np.sqrt(0.5), 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(alike[2, 4], 0.5, atol=1e-6)


def test_similarity_of_prices_falls_with_their_ratio_wherever_they_are() -> None:
    for start in np.geomspace(1, 2, 9):
        alike = cosines(price_block(start * np.array([1, 1.1, 1.3, 1.7, 4]), 2.0))[0]
        assert (np.diff(alike) < 0).all()
        assert alike[1] > 0.95
        assert alike[4] == 0


def test_prices_that_are_none() -> None:
    block = price_block([None, float("nan"), 0, -3, float("inf"), 5], 2.0)
    np.testing.assert_array_equal(block.matrix.toarray().any(axis=1), [False] * 5 + [True])
    assert price_block([None], 2.0).matrix.shape == (1, 0)


def test_attributes_are_keys_and_values() -> None:
    block = attribute_block(
        ['{"Colour": "RED", "size": 42, "new": true, "none": null}', '{"tags": ["a", "b", "a"], "box": {"kg": 1.5}}'],
        1.0,
    )
    assert block.names == ["box.kg=1.5", "colour=red", "new=true", "size=42", "tags=a", "tags=b"]
    np.testing.assert_array_equal(block.matrix.toarray() > 0, [[0, 1, 1, 1, 0, 0], [1, 0, 0, 0, 1, 1]])


def test_rare_attributes_count_for_more() -> None:
    """n = 3: idf of size=1 (two products) ln(4/3) + 1, of colour=red (one) ln(4/2) + 1."""
    block = attribute_block(['{"size": 1, "colour": "red"}', '{"size": 1}', "{}"], 1.0)
    rare, common = np.log(2) + 1, np.log(4 / 3) + 1
    np.testing.assert_allclose(block.matrix.toarray()[0], np.array([rare, common]) / np.hypot(rare, common), rtol=1e-6)


@pytest.mark.parametrize("text", ["[1, 2]", '"red"', "null", "3", None, float("nan")])
def test_what_is_no_object_describes_nothing(text: str | None) -> None:
    np.testing.assert_array_equal(np.diff(attribute_block([text, '{"a": 1}'], 1.0).matrix.indptr), [0, 1])


@pytest.mark.parametrize(
    "text", ["{colour: red}", '{"a": 2,}', '{"a": nan}', '{"a": NaN}', '{"a":' * 2000 + "1" + "}" * 2000, "[" * 2000]
)
def test_what_can_not_be_read_describes_nothing(text: str) -> None:
    """DuckDB's json_valid takes the trailing comma, nan and any depth; Python's json does not."""
    np.testing.assert_array_equal(np.diff(attribute_block([text, '{"a": 1}'], 1.0).matrix.indptr), [0, 1])


def test_numbers_are_taken_as_written() -> None:
    """Also one of 5,000 digits, which Python would not convert."""
    digits = "1" * 5000
    block = attribute_block(['{"a": 1.10, "b": 1e3, "c": 10.0, "d": ' + digits + "}", '{"c": 10}'], 1.0)
    assert block.names == ["a=1.10", "b=1e3", "c=10", "c=10.0", f"d={digits}"]


def test_a_path_ends_at_the_20th_level() -> None:
    paths = [" > ".join(f"l{level:02}" for level in range(depth)) for depth in (20, 6000)]
    block = category_block(paths)
    assert len(block.names) == 20
    np.testing.assert_allclose(cosines(block), 1, atol=1e-6)


def test_the_largest_price_has_a_bucket() -> None:
    block = price_block([1.7e308, 1.0], 1.25)
    np.testing.assert_allclose(cosines(block), np.eye(2), atol=1e-6)
    assert block.names[0] == "about 1"
    assert block.names[-1] == "about inf"
