"""From models to published lists: seconds and memory of each step, block by block, for a million customers.

    python benchmarks/lists.py --customers 1000000 --products 20000
    python benchmarks/lists.py --customers 100000 --json

A shop without structure: Zipf products of which a fifth is hidden, random factors, likenesses and links by the cosine
of the product factors, 40 countries. Every tenth customer is a stranger, whose list is all filled in. The steps are
those of the pipeline: a hybrid of ALS and item neighbours lists `--width` candidates, `arrange` chooses `--n` of them
with diversity and margin, `fill` fills up. Only the last block's lists are held, as when each block is stored.

Memory is the peak of this process (VmHWM, reset once the models are there) over what it held before, against the sum of
what the steps say that they need. A warm-up on 1,000 customers, which compiles the loops or loads them from their
cache, is not counted.

The peer is the same rules in plain NumPy on the first 20,000 customers, all customers of a block at once where that
goes; its lists are compared with ours.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from similarity import memory_kilobytes
from synthetic import interactions

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange, likeness_memory, lists_memory
from shop_pipeline.models.lists.candidates import Candidates, Lists
from shop_pipeline.models.lists.fill import Popular, fill, ranked_to_the_last
from shop_pipeline.models.recommenders.als import Als
from shop_pipeline.models.recommenders.hybrid import Hybrid
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.popularity_kernel import rankings
from shop_pipeline.models.recommenders.state import Factors, Links, Parameters
from shop_pipeline.models.top_n import top_n_from_factors, top_n_memory

SHARE_HIDDEN, N_GROUPS, RANKED_PER_GROUP = 0.2, 40, 1000
WARM_UP = 1000
BALANCE = Balance(diversity=0.1, margin=0.1)


class Shop:
    """All that the lists are made from."""

    def __init__(self, options: argparse.Namespace) -> None:
        rng = np.random.default_rng(options.seed)
        self.options = options
        n_customers, n_products = options.customers, options.products
        matrix = interactions(n_customers, n_products, options.entries_each * n_customers, rng)
        self.interactions = Interactions(
            matrix,
            np.array([f"c{at:09}" for at in range(n_customers)], dtype=object),
            np.array([f"p{at:09}" for at in range(n_products)], dtype=object),
        )
        product_factors = rng.standard_normal((n_products, options.rank), np.float32)
        customer_factors = rng.standard_normal((n_customers, options.rank), np.float32)
        self.alike = cosines(product_factors, options.k)
        parts = {
            "als": Als().restore(self.interactions, Factors(customer_factors, product_factors)),
            "item_neighbours": ItemNeighbours().restore(self.interactions, self.alike),
        }
        weights = Parameters({"weights": np.array([0.6, 0.4], np.float32)})
        self.hybrid = Hybrid(parts).restore(self.interactions, weights)
        self.is_shown = rng.random(n_products) >= SHARE_HIDDEN
        self.margin = np.where(rng.random(n_products) < 0.5, np.nan, rng.random(n_products)).astype(np.float32)
        self.shelf = Shelf(self.margin, self.alike)
        counts = np.bincount(matrix.indices, minlength=n_products).astype(np.float32)
        ranked = rankings(of_groups(counts, rng))
        self.popular = Popular(ranked_to_the_last(sp.csr_matrix(counts[None]), n_products), ranked)
        self.group_of = rng.integers(-1, N_GROUPS, n_customers)
        self.positions = np.arange(n_customers)
        self.positions[::10] = -1

    def memory_said(self) -> int:
        """Bytes for one block: the dearer of asking the models and of making lists; the last block's lists beside."""
        options = self.options
        n_ranked = len(self.popular.everybody.products) + len(self.popular.groups.products)
        asking = self.hybrid.blend_bytes(options.block, options.width)
        asking += top_n_memory(options.products, 0, options.width, options.rank)
        n_parts = len(self.hybrid.names)
        making = lists_memory(options.block, options.width, options.n, n_parts, options.products, n_ranked)
        stored = options.block * options.n * (17 + 4 * n_parts)
        return max(asking, making) + stored + likeness_memory(self.alike.targets.size)

    def candidates(self, rows: slice) -> Candidates:
        return self.hybrid.blend(self.positions[rows], self.options.width, is_shown=self.is_shown)

    def arranged(self, candidates: Candidates) -> Lists:
        return arrange(candidates, self.options.n, self.shelf, BALANCE)

    def filled(self, lists: Lists, rows: slice) -> Lists:
        at = self.positions[rows]
        return fill(lists, self.popular, self.group_of[rows], self.interactions.matrix, at, self.is_shown)


def cosines(factors: np.ndarray, k: int) -> Links:
    """The k products of the highest cosine for each, itself left out, none below 0."""
    unit = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    itself = sp.identity(len(unit), np.float32, "csr")
    found = top_n_from_factors(unit, unit, np.arange(len(unit)), k, itself)
    is_alike = found.scores > 0
    weights = np.where(is_alike, np.minimum(found.scores, 1), np.nan).astype(np.float32)
    return Links(np.where(is_alike, found.products, -1).astype(np.int32), weights)


def of_groups(counts: np.ndarray, rng: np.random.Generator) -> sp.csr_matrix:
    """Each group's own taste: the counts of all, times a random factor; the best are kept."""
    rows = []
    for _ in range(N_GROUPS):
        row = counts * rng.random(len(counts)).astype(np.float32)
        row[np.argsort(-row)[RANKED_PER_GROUP:]] = 0
        rows.append(sp.csr_matrix(row[None]))
    return sp.vstack(rows, "csr")


class Clock:
    """Wall and CPU seconds by step; CPU seconds are those of all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def time(self, step: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        spent = self.seconds[step]
        spent[0] += time.perf_counter() - wall
        spent[1] += time.process_time() - cpu
        return answer

    def told(self) -> dict[str, dict[str, float]]:
        return {step: {"seconds": wall, "cpu_seconds": cpu} for step, (wall, cpu) in self.seconds.items()}


def make_block(shop: Shop, clock: Clock, rows: slice) -> Lists:
    """The lists of one block; the candidates are gone when this returns."""
    candidates = clock.time("candidates", lambda: shop.candidates(rows))
    arranged = clock.time("arrange", lambda: shop.arranged(candidates))
    lists: Lists = clock.time("fill", lambda: shop.filled(arranged, rows))
    return lists


def run(shop: Shop) -> dict[str, Any]:
    """All customers, block by block."""
    make_block(shop, Clock(), slice(0, WARM_UP))
    shop.shelf = Shelf(shop.margin, shop.alike)
    Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM to the present VmRSS
    before, clock, n_filler, n_short = memory_kilobytes("VmRSS"), Clock(), 0, 0
    clock.time("likeness", lambda: shop.shelf.likeness)
    for begin in range(0, shop.options.customers, shop.options.block):
        lists = make_block(shop, clock, slice(begin, begin + shop.options.block))
        n_filler += int(lists.is_filler.sum())
        n_short += int((lists.products[:, -1] < 0).sum())
    peak = memory_kilobytes("VmHWM") - before
    steps = clock.told()
    making = sum(steps[step]["seconds"] for step in ("likeness", "arrange", "fill"))
    making_cpu = sum(steps[step]["cpu_seconds"] for step in ("likeness", "arrange", "fill"))
    return {
        "steps": steps,
        "seconds_arrange_and_fill": making,
        "cpu_seconds_arrange_and_fill": making_cpu,
        "lists_per_second": shop.options.customers / making,
        "lists_per_second_with_candidates": shop.options.customers / (making + steps["candidates"]["seconds"]),
        "share_filled_in": n_filler / (shop.options.customers * shop.options.n),
        "short_lists": n_short,
        "peak_gb": peak / 2**20,
        "said_gb": shop.memory_said() / 2**30,
    }


def compare(shop: Shop) -> dict[str, Any]:
    """The peer on the first customers, and ours once more on the same candidates."""
    rows = slice(0, min(shop.options.peer_customers, shop.options.customers))
    candidates = shop.candidates(rows)
    ours, peer = Clock(), Clock()
    arranged = ours.time("arrange", lambda: shop.arranged(candidates))
    lists = ours.time("fill", lambda: shop.filled(arranged, rows))
    keys, values = sorted_pairs(shop.shelf.likeness)
    chosen = peer.time("arrange", lambda: arrange_in_numpy(shop, candidates, keys, values))
    products = peer.time("fill", lambda: fill_in_numpy(shop, chosen, rows))
    ratios = {f"{step}_cpu_over_ours": peer.seconds[step][1] / ours.seconds[step][1] for step in ("arrange", "fill")}
    return {
        "n_customers": len(products),
        "ours": ours.told(),
        "numpy": peer.told(),
        **ratios,
        "equal_lists": float((products == lists.products).all(axis=1).mean()),
    }


def sorted_pairs(likeness: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """One ascending key per linked pair, and its likeness."""
    first = np.repeat(np.arange(likeness.shape[0], dtype=np.int64), np.diff(likeness.indptr))
    return first * likeness.shape[0] + likeness.indices, likeness.data


def arrange_in_numpy(shop: Shop, candidates: Candidates, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """All customers at once, a place at a time, the pairs looked up by binary search."""
    products, is_there = candidates.products.astype(np.int64), candidates.products >= 0
    margins = np.where(is_there, np.clip(shop.margin, 0, 1).astype(float)[products], np.nan)
    n_known = np.maximum((~np.isnan(margins)).sum(axis=1), 1)
    usual = np.nansum(margins, axis=1) / n_known
    margins = np.where(np.isnan(margins), usual[:, None], margins)
    best = np.nan_to_num(candidates.scores[:, :1].astype(float), nan=1.0)
    gains = (1 - BALANCE.diversity) * (candidates.scores / best) + BALANCE.margin * margins
    gains[~is_there] = -np.inf
    nearest, at = np.zeros(products.shape), np.arange(len(products))
    chosen = np.full((len(products), shop.options.n), -1, np.int64)
    for turn in range(min(shop.options.n, products.shape[1])):
        places = (gains - BALANCE.diversity * nearest).argmax(axis=1)
        is_left = gains[at, places] > -np.inf
        chosen[is_left, turn] = products[at, places][is_left]
        wanted = products[at, places][:, None] * len(shop.margin) + products
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        nearest = np.maximum(nearest, np.where(keys[found] == wanted, values[found], 0))
        gains[at, places] = -np.inf
    return chosen


def fill_in_numpy(shop: Shop, chosen: np.ndarray, rows: slice) -> np.ndarray:
    """List by list, the whole ranking masked at once."""
    products, popular, matrix = chosen.copy(), shop.popular.only(shop.is_shown), shop.interactions.matrix
    for row in np.flatnonzero((products < 0).any(axis=1)):
        size, position, group = int((products[row] >= 0).sum()), shop.positions[rows][row], shop.group_of[rows][row]
        own = popular.groups.products[popular.groups.starts[group] : popular.groups.starts[group + 1]]
        ranked = popular.everybody.products if group < 0 else np.concatenate([own, popular.everybody.products])
        is_had = np.zeros(len(shop.margin), bool)
        is_had[products[row, :size]] = True
        if position >= 0:
            is_had[matrix.indices[matrix.indptr[position] : matrix.indptr[position + 1]]] = True
        left = ranked[~is_had[ranked]]
        _, first = np.unique(left, return_index=True)
        new = left[np.sort(first)][: products.shape[1] - size]
        products[row, size : size + len(new)] = new
    return products


def print_table(told: dict[str, Any]) -> None:
    """A line per step, and what it comes to."""
    for step, spent in told["steps"].items():
        print(f"{step:12} {spent['seconds']:7.2f} s  {spent['cpu_seconds']:7.2f} CPU s")
    print(
        f"arrange and fill: {told['seconds_arrange_and_fill']:.2f} s, {told['cpu_seconds_arrange_and_fill']:.2f} CPU s,"
        f" {told['lists_per_second']:,.0f} lists per second; with candidates"
        f" {told['lists_per_second_with_candidates']:,.0f}"
    )
    print(f"filled in: {told['share_filled_in']:.3f} of the places; short lists: {told['short_lists']}")
    print(f"peak {told['peak_gb']:.3f} GB over the models, said {told['said_gb']:.3f}")
    peer = told["peer"]
    print(
        f"NumPy on {peer['n_customers']:,} customers: arrange {peer['arrange_cpu_over_ours']:.1f} x our CPU seconds,"
        f" fill {peer['fill_cpu_over_ours']:.1f} x; equal lists {peer['equal_lists']:.5f}"
    )


def main() -> None:
    """Read the options, and print one JSON object or a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default, meaning in (
        ("customers", 1_000_000, "lists"),
        ("products", 20_000, "of which a fifth is hidden"),
        ("entries-each", 10, "mean products per customer"),
        ("rank", 32, "factors"),
        ("k", 50, "links and likenesses per product"),
        ("width", 100, "candidates per customer"),
        ("n", 20, "places per list"),
        ("block", 50_000, "customers at once"),
        ("peer-customers", 20_000, "of the peer"),
        ("seed", 0, "of everything random"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{meaning} ({default})")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    shop = Shop(options)
    told = run(shop) | {"peer": compare(shop)}
    if options.json:
        print(json.dumps(told, indent=2, allow_nan=False))
    else:
        print_table(told)


if __name__ == "__main__":
    main()
