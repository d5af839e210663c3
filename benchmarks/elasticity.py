"""Price elasticities against a simulated shop whose true ones are known: error, coverage of the intervals, speed.

    python benchmarks/elasticity.py --seeds 4 --json
    python benchmarks/elasticity.py --days 180 --customers 4000 --products 300
    python benchmarks/elasticity.py --together
    python benchmarks/elasticity.py --warehouse shop/warehouse.duckdb --truth shop/truth/products.parquet

Shops are simulated in memory, one per seed: prices jump between five levels, stock runs out, some customers are trade.
Their elasticity is one of four, by department. Beside the estimates of the pipeline stand two rivals by product: one
Poisson pseudo-likelihood over units, and least squares over the logs of the units of days with a sale. All are compared
over the products that have an estimate of their own.

Intervals are of 95 %: `coverage` is the share of products whose true elasticity lies inside. Products of a department
share their estimate, so that the coverage of one shop is no average of as many chances as it has products.

--together draws other shops: every price is a fifth down for two weeks of thirteen, in which all sell half as much
again as the price tells. Own changes of price become rarer from case to case; without any, nothing can be told, and
`n_own` is to be 0. `coverage` there is of the products that have an estimate, or null.

--warehouse compares what a run of the pipeline has stored in marts.price_elasticity.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import duckdb
import numpy as np

from shop_pipeline.models.pricing.elasticity import elasticities
from shop_pipeline.models.pricing.responses import poisson_slopes, units_per_day
from shop_pipeline.models.pricing.sales import PricedSales
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.shop import Shop, make_shop, make_streams
from shop_pipeline.simulate.supply import units_sold
from shop_pipeline.simulate.words import DEPARTMENT_OF

STORED = """
    SELECT found.elasticity, ci_low, ci_high, own_elasticity, own_standard_error, truth.elasticity AS truth
    FROM marts.price_elasticity AS found
    JOIN read_parquet($truth) AS truth USING (product_id)
    ORDER BY product_id
"""


def cells_of(shop: Shop) -> tuple[PricedSales, np.ndarray]:
    """The cells of all products that were sold, and their positions."""
    price, units = shop.catalogue.price.T, units_sold(shop).T
    kept = np.flatnonzero(units.sum(axis=1) > 0)
    group = np.unique(np.asarray(DEPARTMENT_OF)[shop.catalogue.category[kept]], return_inverse=True)[1]
    return cells(price[kept] / 100, units[kept], shop.catalogue.in_stock.T[kept], group), kept


def cells(price: np.ndarray, units: np.ndarray, in_stock: np.ndarray, group: np.ndarray) -> PricedSales:
    """Days in stock by product, price spell and week, as `assets/pricing_answers.py` adds them up; all given (P, T)."""
    spells = (np.diff(price, axis=1, prepend=0) != 0).cumsum().reshape(price.shape)
    product, day = np.nonzero(in_stock)
    spell, week = spells[product, day], day // 7
    key, number = np.unique(spell * (day.max() // 7 + 1) + week, return_inverse=True)
    sold = units[product, day].astype(float)
    first = np.zeros(len(key), dtype=np.int64)
    first[number] = np.arange(len(number))
    return PricedSales(
        product=product[first],
        spell=spell[first],
        week=week[first],
        log_price=np.log(price[product, day][first]),
        days=np.bincount(number).astype(float),
        days_sold=np.bincount(number, sold > 0),
        units=np.bincount(number, sold),
        sum_log_units=np.bincount(number, np.log(np.maximum(sold, 1))),
        group=group,
    )


def judge_shop(config: ShopConfig) -> dict[str, Any]:
    """The figures of one simulated shop."""
    shop = make_shop(config, make_streams(config))
    sales, kept = cells_of(shop)
    truth = shop.catalogue.elasticity[kept]
    began = time.process_time()
    found = elasticities(sales)
    seconds = time.process_time() - began
    own = found.own
    rivals = {"poisson_units": poisson_slopes(sales, sales.units), "log_units": units_per_day(sales)[0]}
    said = np.isfinite(own.elasticity)
    figures = judge(truth, found.elasticity, found.low, found.high, own.elasticity, own.standard_error)
    errors = {f"rmse_{name}": rmse(slopes.slope[said], truth[said]) for name, slopes in rivals.items()}
    return {"seed": config.seed, **figures, **errors, "n_cells": len(sales.week), "cpu_seconds": seconds}


def judge(
    truth: np.ndarray,
    estimate: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    own: np.ndarray,
    own_error: np.ndarray,
) -> dict[str, Any]:
    """Error and coverage, of what is published and of what each product says alone."""
    known, said = np.isfinite(estimate), np.isfinite(own)
    inside, distance = (low <= truth) & (truth <= high), np.abs(own - truth)
    departments = {
        str(value): round(float(estimate[known & (truth == value)].mean()), 3) for value in np.unique(truth[known])
    }
    return {
        "n_products": int(known.sum()),
        "n_own": int(said.sum()),
        "coverage": float(inside[known].mean()),
        "coverage_own": float((distance[said] <= 1.96 * own_error[said]).mean()),
        "rmse": rmse(estimate[known], truth[known]),
        "rmse_own": rmse(own[said], truth[said]),
        "median_width": float(np.median((high - low)[known])),
        "mean_by_truth": departments,
    }


def rmse(estimate: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((estimate - truth) ** 2)))


def judge_stored(warehouse: str, truth: str) -> dict[str, Any]:
    """The figures of a warehouse."""
    with duckdb.connect(warehouse, read_only=True) as duck:
        rows = duck.execute(STORED, {"truth": truth}).df()
    columns = ("truth", "elasticity", "ci_low", "ci_high", "own_elasticity", "own_standard_error")
    return judge(*(rows[name].to_numpy(dtype=float) for name in columns))


def drawn_together(seed: int, products: int, days: int, hold: int | None) -> tuple[PricedSales, np.ndarray]:
    """Cells of a shop with sales of everything, and its true elasticities; own prices are drawn every `hold` days."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(-1.5, 0.5, products)
    week = np.arange(days) // 7
    drawn = 10 * rng.choice([0.75, 0.9, 1.0, 1.1, 1.25], (products, days // (hold or days) + 2))
    shift = rng.integers(0, hold or 1, products)[:, None]
    own = np.take_along_axis(drawn, (np.arange(days) + shift) // (hold or days), axis=1)
    is_sale = week % 13 >= 11
    price = np.where(is_sale, 0.8 * own, own)
    rate = rng.lognormal(-0.5, 0.5, products)[:, None] * np.where(is_sale, 1.5, 1.0) * (price / 10) ** truth[:, None]
    return cells(price, rng.poisson(rate), np.ones(price.shape, dtype=bool), np.zeros(products, dtype=np.int64)), truth


def judge_together(seed: int, products: int, days: int) -> dict[str, Any]:
    """Figures by how many days a price of its own holds; `none` without prices of its own."""
    found: dict[str, Any] = {"seed": seed}
    for name, hold in (("28", 28), ("84", 84), ("none", None)):
        sales, truth = drawn_together(seed, products, days, hold)
        told = elasticities(sales)
        known, own = np.isfinite(told.elasticity), np.isfinite(told.own.elasticity)
        inside = (told.low <= truth) & (truth <= told.high)
        found[name] = {
            "n_own": int(own.sum()),
            "n_products": int(known.sum()),
            "coverage": float(inside[known].mean()) if known.any() else None,
            "mean_error": float((told.elasticity - truth)[known].mean()) if known.any() else None,
        }
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    if options.warehouse:
        return judge_stored(options.warehouse, options.truth)
    sizes = {name: getattr(options, name) for name in ("days", "customers", "products")}
    if options.together:
        seeds = range(1, options.seeds + 1)
        del sizes["customers"]
        return {**sizes, "shops": [judge_together(seed, options.products, options.days) for seed in seeds]}
    shops = [judge_shop(ShopConfig(seed=seed, **sizes)) for seed in range(1, options.seeds + 1)]
    means = {name: float(np.mean([shop[name] for shop in shops])) for name, v in shops[0].items() if type(v) is float}
    return {**sizes, **means, "shops": shops}


def show(figures: dict[str, Any]) -> None:
    """One line per figure, then one per shop."""
    for name, value in figures.items():
        if name != "shops":
            print(f"{name:20} {value:.3f}" if isinstance(value, float) else f"{name:20} {value}")
    for shop in figures.get("shops", ()):
        if "none" in shop:
            print(f"seed {shop['seed']}:", *(f"{name}: {shop[name]}" for name in ("28", "84", "none")), sep="\n  ")
            continue
        print(f"seed {shop['seed']}: rmse {shop['rmse']:.3f}, coverage {shop['coverage']:.3f}, {shop['mean_by_truth']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4, help="shops to simulate")
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--products", type=int, default=300)
    parser.add_argument("--together", action="store_true", help="shops whose prices all move together")
    parser.add_argument("--warehouse", help="a warehouse of the pipeline, instead of simulated shops")
    parser.add_argument("--truth", help="products.parquet of its truth")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    if options.together and options.warehouse:
        parser.error("--together draws its own shops, --warehouse has one")
    if bool(options.warehouse) != bool(options.truth):
        parser.error("--warehouse and --truth go together")
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)


if __name__ == "__main__":
    main()
