"""Prices, elasticity, stock and pairs, read from the files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shop_pipeline.simulate import ShopConfig
from shop_pipeline.simulate.words import DEPARTMENTS
from shop_pipeline_tests.simulate.reader import Sample

CONFIG = ShopConfig()


@pytest.fixture(scope="module")
def panel(sample: Sample) -> pd.DataFrame:
    """Product x day with the price in force, on_hand, and units sold (no wholesale, no frauds), from the feeds."""
    stock = sample.feed("stock")[["product_id", "stock_date", "on_hand"]].astype({"on_hand": int})
    prices = sample.feed("products")[["product_id", "valid_from", "unit_price", "category"]]
    local = pd.to_datetime(prices["valid_from"]).dt.tz_convert(CONFIG.timezone)
    prices = prices.assign(day=local.dt.tz_localize(None).dt.normalize(), unit_price=prices["unit_price"].astype(float))
    stock = stock.assign(day=pd.to_datetime(stock["stock_date"]))
    panel = pd.merge_asof(stock.sort_values("day"), prices.sort_values("day"), on="day", by="product_id")
    sold = sample.sales()
    sold = sold[~sold["is_wholesale"] & ~sold["is_fraud"]]
    units = sold.groupby(["product_id", "local_day"], as_index=False)["quantity"].sum()
    panel = panel.merge(units, how="left", left_on=["product_id", "stock_date"], right_on=["product_id", "local_day"])
    return panel.assign(
        quantity=panel["quantity"].fillna(0), lines=panel["stock_date"].map(sold["local_day"].value_counts())
    )


def _elasticity(panel: pd.DataFrame) -> tuple[float, float]:
    """(estimate, standard error) of the slope of log units on log price with product effects.

    A log-log regression can't hold days without a sale, so it is fitted as a Poisson pseudo maximum likelihood
    (Santos Silva & Tenreyro 2006), where the product effects drop out: given a product's units, the days share them
    in proportion to lines of the day x price ^ slope. The error is the sandwich with products as clusters.
    """
    product = pd.factorize(panel["product_id"])[0]
    x, units = np.log(panel["unit_price"].to_numpy()), panel["quantity"].to_numpy()
    total, slope = np.bincount(product, weights=units), -1.0
    for _ in range(20):
        weight = panel["lines"].to_numpy() * np.exp(slope * x)
        share = weight / np.bincount(product, weights=weight)[product]
        mean = np.bincount(product, weights=share * x)
        score = np.bincount(product, weights=units * x) - total * mean
        curvature = (total * (np.bincount(product, weights=share * x * x) - mean**2)).sum()
        slope += score.sum() / curvature
    return slope, float(np.sqrt((score**2).sum()) / curvature)


@pytest.mark.parametrize(("department", "truth"), list(zip(DEPARTMENTS, CONFIG.elasticities, strict=True)))
def test_the_elasticity_of_each_department_is_recovered(
    sample: Sample, panel: pd.DataFrame, department: str, truth: float
) -> None:
    products = sample.truth("products")
    # A partner's demand depends on the other price too, so pairs are left out.
    single = products.loc[products["partner_product_id"] == "", "product_id"]
    chosen = panel[panel["category"].str.startswith(department) & panel["product_id"].isin(single)]
    slope, error = _elasticity(chosen[chosen["on_hand"] > 0])
    # A choice that forgot that budgets already carry an elasticity of -1 would be off by 1, four errors.
    assert error < 0.25
    assert slope == pytest.approx(truth, abs=4 * error)


def test_sales_are_made_at_the_price_of_the_products_feed(sample: Sample, panel: pd.DataFrame) -> None:
    known = panel.set_index(["product_id", "stock_date"])["unit_price"]
    sold = sample.sales()
    asked = known.loc[pd.MultiIndex.from_frame(sold[["product_id", "local_day"]])]
    assert np.array_equal(asked.to_numpy(), sold["unit_price"].to_numpy())


def test_nothing_is_sold_that_is_out_of_stock_and_never_more_than_there_is(sample: Sample) -> None:
    stock = sample.feed("stock")
    on_hand = stock.set_index(["product_id", "stock_date"])["on_hand"].astype(int)
    sold = sample.sales().groupby(["product_id", "local_day"])["quantity"].sum()
    # .loc raises for a product that was sold before its launch: the stock feed has no row then.
    assert (on_hand.loc[sold.index].to_numpy() >= sold.to_numpy()).all()
    empty = stock[stock["on_hand"] == "0"].groupby("product_id").size()
    truth = sample.truth("products").set_index("product_id")["stock_out_days"]
    assert empty.to_dict() == truth[truth > 0].to_dict()
    # A spell of 5 days on average begins with probability 0.005: 2.5 % of the days.
    assert 0.015 < empty.sum() / len(stock) < 0.035


def test_partners_are_bought_together(sample: Sample) -> None:
    """Lift of the planted pairs: P(both) / (P(one) P(other)) is far above that of shuffled pairs."""
    products = sample.truth("products")
    # Each pair once; a product without a partner has "", which sorts before every id.
    pairs = products[products["partner_product_id"] > products["product_id"]]
    baskets = {str(product): set(sold["order_id"]) for product, sold in sample.sales().groupby("product_id")}
    n = sample.sales()["order_id"].nunique()

    def lift(left: list[str], right: list[str]) -> float:
        both = sum(len(baskets.get(a, set()) & baskets.get(b, set())) for a, b in zip(left, right, strict=True))
        return (
            both * n / sum(len(baskets.get(a, ())) * len(baskets.get(b, ())) for a, b in zip(left, right, strict=True))
        )

    left, right = pairs["product_id"].tolist(), pairs["partner_product_id"].tolist()
    assert lift(left, right) > 5 * lift(left, [*right[1:], *right[:1]])


def test_our_share_of_the_market_is_as_planted(sample: Sample) -> None:
    """Revenue over market revenue: 3 % noise on each of 6 months."""
    facts = sample.facts("parameters")
    assert isinstance(facts, dict)
    sold = sample.sales().merge(sample.truth("products")[["product_id", "category"]])
    own = (sold["quantity"] * sold["unit_price"]).groupby(sold["category"]).sum()
    market = sample.feed("market").astype({"market_revenue": float}).groupby("category")["market_revenue"].sum()
    for category, share in facts["market_share"].items():
        assert own[category] / market[category] == pytest.approx(share, rel=4 * 0.03 / np.sqrt(6) + 0.02)
