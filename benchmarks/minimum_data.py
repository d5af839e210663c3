"""From how many customers on do factors and item neighbours beat the best-seller list? For `models/readiness.py`.

    python benchmarks/minimum_data.py --data data

Takes the warehouse of a finished run, draws 20 times each some of its customers, trains before the cut of 28 days and
judges NDCG@10 after it, as `marts.model_evaluation` does. Prints, by number of customers: linking customers (with two
products or more), judged customers, the mean NDCG of each model, the share of draws in which it is over popularity's,
and the standard deviation of a customer's difference. Run it on a copy: a run holds the warehouse.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from shop_pipeline.assets.session import run_variables
from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours, ItemNeighboursConfig
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.settings import load_settings
from shop_pipeline.storage import set_variables

SIZES = (12, 25, 50, 100, 200, 400, 800, 1600, 3200)
DRAWS = 20
K = 10
BOUGHT = """SELECT DISTINCT customer_id, product_id FROM clean.events
WHERE event_type = 'purchase' AND customer_id IS NOT NULL AND event_at >= getvariable('as_of')"""
DISCOUNTS = 1 / np.log2(np.arange(2, K + 2))


def read(data: Path, holdout_days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The interactions before the cut, and what was bought after it."""
    settings = load_settings(data / "shop.yaml")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as duck:
        newest = duck.execute("SELECT max(event_date) FROM clean.events").fetchone()
        assert newest is not None
        split = pd.Timestamp(newest[0]) - pd.Timedelta(days=holdout_days - 1)
        set_variables(duck, run_variables(settings, "bench") | {"as_of": split.to_pydatetime()})
        return duck.execute(sql_text("features.interactions")).df(), duck.execute(BOUGHT).df()


def ndcg(model: Any, sets: list[set[int]], customers: np.ndarray) -> np.ndarray:
    """One value per customer with something to find."""
    lists = model.recommend(customers, K).products
    gains = [
        sum(d for p, d in zip(row, DISCOUNTS, strict=False) if p in found)
        for row, found in zip(lists, sets, strict=True)
    ]
    return np.array(gains) / [DISCOUNTS[: min(K, len(found))].sum() for found in sets]


def judge(entries: pd.DataFrame, bought: pd.DataFrame, chosen: np.ndarray, seed: int) -> dict[str, Any] | None:
    """One draw: train on the chosen customers, judge those who bought something new."""
    mine = entries[entries["customer_id"].isin(chosen)]
    customers, products = (np.sort(mine[c].unique()) for c in ("customer_id", "product_id"))
    rows, columns = np.searchsorted(customers, mine["customer_id"]), np.searchsorted(products, mine["product_id"])
    data = Interactions.from_codes(rows, columns, mine["weight"].to_numpy(), customers, products)
    later = bought[bought["customer_id"].isin(customers) & bought["product_id"].isin(products)]
    sets: dict[int, set[int]] = {}
    seen = set(zip(rows, columns, strict=True))
    at = (np.searchsorted(known, later[name]) for known, name in ((customers, "customer_id"), (products, "product_id")))
    for pair in zip(*at, strict=True):
        if pair not in seen:
            sets.setdefault(pair[0], set()).add(pair[1])
    if not sets:
        return None
    models = {"popularity": Popularity(), "item_neighbours": ItemNeighbours(ItemNeighboursConfig(50))}
    models["als"] = Als(AlsConfig(32, 30, 1.0, 15))
    who = np.array(sorted(sets))
    found = {
        name: ndcg(model.fit(data, np.random.default_rng(seed)), [sets[w] for w in who], who)
        for name, model in models.items()
    }
    linking = int((np.diff(data.matrix.indptr) > 1).sum())
    return {"linking": linking, "judged": len(who), **found}


def main() -> None:
    """Read the options and print one line per number of customers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--holdout-days", type=int, default=28)
    options = parser.parse_args()
    entries, bought = read(options.data, options.holdout_days)
    everybody = np.sort(entries["customer_id"].unique())
    rng = np.random.default_rng(7)
    for size in [size for size in SIZES if size < len(everybody)]:
        drawn = [judge(entries, bought, rng.choice(everybody, size, replace=False), n) for n in range(DRAWS)]
        rounds = [one for one in drawn if one is not None]
        if not rounds:
            continue
        base = [one["popularity"].mean() for one in rounds]
        line = [
            f"{size:>6} customers",
            *(f"{key} {np.mean([one[key] for one in rounds]):.0f}" for key in ("linking", "judged")),
        ]
        line.append(f"popularity {np.mean(base):.3f}")
        for name in ("item_neighbours", "als"):
            means = [one[name].mean() for one in rounds]
            better = np.mean([mean > rival for mean, rival in zip(means, base, strict=True)])
            spread = np.mean([np.std(one[name] - one["popularity"]) for one in rounds])
            line.append(f"{name} {np.mean(means):.3f} better in {better:.0%} sd {spread:.2f}")
        print("; ".join(line))


if __name__ == "__main__":
    main()
