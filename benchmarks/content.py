"""Similar products by content on a synthetic catalogue: seconds and memory by step.

    python benchmarks/content.py --products 20000 --k 20

The catalogue has two-language titles and descriptions with Zipf words, paths of three levels, brands, log-normal
prices and two attributes, with 5 % of each missing. `features` is `product_features`, `search` is `similar_by_content`
(compiled before); `cosine_by_scipy` is the same search by dense blocks of F F' and argpartition, on the first
`--peer-rows` products and scaled up to all. Memory is what NumPy allocates, as tracemalloc sees it, in one more run.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from shop_pipeline.models.similarity.content import (
    ProductColumns,
    ProductFeatures,
    content_similarity_bytes,
    product_features,
    similar_by_content,
)

ROWS_PER_BLOCK = 500


def catalogue(n: int, rng: np.random.Generator) -> ProductColumns:
    """A catalogue of n products; words are as frequent as 1 / rank."""
    words = np.array([f"word{at}" for at in range(20_000)], dtype=object)
    signs = np.array([chr(0x4E00 + at) for at in range(3_000)], dtype=object)

    def zipf(of: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        ranks = np.exp(rng.random(size) * np.log(len(of))).astype(int) - 1
        return of[ranks]

    def column(values: list[Any]) -> list[Any]:
        missing = rng.random(n) < 0.05
        return [None if gone else value for gone, value in zip(missing, values, strict=True)]

    titles = [
        " ".join(row) + " " + "".join(sign) for row, sign in zip(zipf(words, (n, 5)), zipf(signs, (n, 4)), strict=True)
    ]
    levels = np.sort(rng.integers(0, 600, n))
    return ProductColumns(
        product_ids=[f"P{at:07}" for at in range(n)],
        titles=column(titles),
        descriptions=column([" ".join(row) for row in zipf(words, (n, 15))]),
        categories=column([f"top {at // 50} > group {at // 10} > leaf {at}" for at in levels]),
        brands=column([f"brand {at}" for at in zipf(np.arange(1000), (n, 1))[:, 0]]),
        prices=column(list(rng.lognormal(3, 1, n))),
        attributes=column(
            [json.dumps({"colour": int(c), "size": int(s)}) for c, s in rng.integers(0, (12, 40), (n, 2))]
        ),
    )


def by_scipy(features: ProductFeatures, k: int, n_rows: int) -> None:
    """The nearest k of the first rows, by products of sparse blocks."""
    columns = features.matrix.T.tocsr()
    for begin in range(0, n_rows, ROWS_PER_BLOCK):
        scores = (features.matrix[begin : begin + ROWS_PER_BLOCK] @ columns).toarray()
        np.argpartition(-scores, k, axis=1)[:, :k]


def seconds(work: Callable[[], object]) -> float:
    """Of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def traced(work: Callable[[], object]) -> float:
    """Peak of one call in MB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Every figure."""
    columns = catalogue(options.products, np.random.default_rng(options.seed))
    features = product_features(columns)
    small = product_features(catalogue(500, np.random.default_rng(0)))
    similar_by_content(small, options.k)  # compiles
    per_feature = np.bincount(features.matrix.indices, minlength=len(features.names)).astype(float)
    rows = min(options.peer_rows, options.products)
    search = seconds(lambda: similar_by_content(features, options.k))
    peer = seconds(lambda: by_scipy(features, options.k, rows)) * options.products / rows
    return {
        "products": options.products,
        "features": len(features.names),
        "features_per_product": features.matrix.nnz / options.products,
        "multiply_adds": float((per_feature**2).sum()),
        "features_seconds": seconds(lambda: product_features(columns)),
        "search_seconds": search,
        "cosine_by_scipy_seconds": peer,
        "scipy_over_search": peer / search,
        "search_peak_mb": traced(lambda: similar_by_content(features, options.k)),
        "search_announced_mb": content_similarity_bytes(features, options.products, options.k) / 2**20,
    }


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("products", 20_000), ("k", 20), ("peer-rows", 2_000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:26} {value:16,.2f}")


if __name__ == "__main__":
    main()
