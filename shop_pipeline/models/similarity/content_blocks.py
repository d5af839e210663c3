"""What describes a product beside its text: category, brand, price, attributes, each as a block of features.

Belongs here: from one column to one `Block`. Does not belong here: text (`text`), and the weights of the blocks
(`content`).

A column may hold None or NaN for "not known"; the row of such a product is empty. Each different value is taken apart
once, however many products have it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray
from shop_pipeline.models.similarity.text import Block, normal_form, nothing, unit_rows, weighed

Parts = Iterator[tuple[str, float]]

# The names of a path's prefixes take memory with the square of its depth.
_MOST_LEVELS = 20


def category_block(paths: Sequence[str | None]) -> Block:
    """Every prefix of a path `a > b > c` is a feature, the d-th of weight sqrt(d).

    So the cosine of two paths of three levels is 1/6 if they part after the first, (1 + 2)/6 if after the second:
    deeper levels count for more, because what shares only the top level, as a large part of a shop does, is hardly
    alike. The weight follows from the depth and not from how many products there are, so that a growing catalogue
    leaves old similarities as they are. Levels below the 20th are left out.
    """
    block = _each_once(paths, _prefixes)
    return Block(unit_rows(block.matrix), block.names)


def brand_block(brands: Sequence[str | None]) -> Block:
    """One feature per brand, regardless of capitals and width."""
    return _each_once(brands, _brand)


def attribute_block(attributes: Sequence[str | None], max_share: float) -> Block:
    """From JSON objects, a feature `key=value` per value, weighed by rarity as words are (`text.weighed`).

    Lists give one feature per element, objects inside are `outer.inner=value`. Numbers are taken as written: in shops
    they are sizes, years and ids, of which near ones are not alike. What is no JSON object describes nothing: null and
    NaN, other JSON, text that Python cannot read as JSON (the database is more lenient), or nested too deeply for it.
    """
    counted = _each_once(attributes, _attributes)
    return weighed(counted.matrix, counted.names, max_share)


def price_block(prices: Sequence[float | None] | AnyArray, factor: float) -> Block:
    """Two neighbouring buckets of log price per product, so that near prices are near wherever a border is.

    Bucket b is at the price factor^b. A price that is a part f of the way from b to b + 1 has cos(f pi/2) of one and
    sin(f pi/2) of the other: equal prices have similarity 1, prices a `factor` apart 0 to 0.5, `factor`^2 apart 0.
    A price of 0 or less is none.
    """
    known = np.asarray(prices, np.float64)
    has_price = np.flatnonzero(np.isfinite(known) & (known > 0))
    if not len(has_price):
        return nothing(len(known))
    # Rounded, so that a power of the factor is at its bucket, and not a hair beside it.
    place = np.round(np.log(known[has_price]) / np.log(factor), 9)
    bucket = np.floor(place).astype(np.int64)
    part = (place - bucket) * np.pi / 2
    first = bucket.min()
    entries: Any = (
        np.concatenate([np.cos(part), np.sin(part)]).astype(np.float32),
        (np.tile(has_price, 2), np.concatenate([bucket, bucket + 1]) - first),
    )
    matrix: Any = sp.csr_matrix(entries, shape=(len(known), int(bucket.max() - first) + 2))
    with np.errstate(over="ignore"):  # the bucket above the largest float is about infinity
        middles = np.power(float(factor), np.arange(matrix.shape[1]) + float(first))
    return Block(matrix, [f"about {middle:.4g}" for middle in middles])


def _prefixes(path: str) -> Parts:
    levels = [level.strip() for level in normal_form(path).split(">")]
    levels = [level for level in levels if level][:_MOST_LEVELS]
    for depth in range(1, len(levels) + 1):
        yield " > ".join(levels[:depth]), depth**0.5


def _brand(brand: str) -> Parts:
    if name := normal_form(brand).strip():
        yield name, 1.0


def _attributes(text: str) -> Parts:
    try:
        described = json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None)
        features = set(_values(described, "")) if isinstance(described, dict) else set[str]()
    except (ValueError, RecursionError):
        return
    for feature in sorted(features):
        yield feature, 1.0


def _values(value: object, key: str) -> Iterator[str]:
    """`key=value` of everything inside a JSON value; null says nothing."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, key)
    elif value is not None:
        text = value if isinstance(value, str) else json.dumps(value)
        yield f"{normal_form(key).strip()}={normal_form(text).strip()}"


def _each_once(column: Sequence[str | None], take_apart: Callable[[str], Parts]) -> Block:
    """The features of each value, in order of their names."""
    codes, values = pd.factorize(np.asarray(column, dtype=object))
    taken = [(row, *part) for row, value in enumerate(values) for part in take_apart(value)]
    if not taken:
        return nothing(len(column))
    rows, features, weights = zip(*taken, strict=True)
    columns, names = pd.factorize(np.asarray(features, dtype=object), sort=True)
    entries: Any = (np.asarray(weights, np.float32), (rows, columns))
    # One row more, which is empty: code -1, for no value, leads there.
    matrix: Any = sp.csr_matrix(entries, shape=(len(values) + 1, len(names)))
    return Block(matrix[codes], list(names))
