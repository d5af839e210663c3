"""The tables around prices: what their builders read, what they leave out, and what they say."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from shop_pipeline.assets.pricing import FORECAST, HISTORY, build_price_forecast
from shop_pipeline.assets.pricing_answers import ELASTICITY, SUGGESTIONS, build_elasticity, build_suggestions
from shop_pipeline.models.pricing.elasticity import elasticities
from shop_pipeline_tests.assets.conftest import SETTINGS, Bench
from shop_pipeline_tests.models.pricing.shops import Days, drawn_days, jumping_prices

# Mondays first, so that the weeks of the model's tests are those of the calendar; the last day is before the clock.
FIRST, N_DAYS = date(2024, 11, 25), 96
PRODUCTS = [f"P{number}" for number in range(1, 9)]


@pytest.fixture
def sold() -> Days:
    """Eight products of one category: six jump, one has one price, one is out of stock whenever it is cheap."""
    rng = np.random.default_rng(1)
    price = jumping_prices(8, N_DAYS, rng, hold=14)
    price[6] = 10.0
    days = drawn_days(price, np.full(8, -1.5), np.full((8, 1), 0.8), rng)
    days.in_stock[7] = price[7] > 8
    return Days(price, np.where(days.in_stock, days.units, 0), days.in_stock)


@pytest.fixture
def shop(bench: Bench, sold: Days) -> Bench:
    """The same in tables, with list prices; P1 costs 5."""
    bench.set(timezone="UTC")
    bench.fill("clean.products", "product_id category", *((id_, "a > b") for id_ in PRODUCTS))
    days = [FIRST + timedelta(days=n) for n in range(N_DAYS)]
    demand, prices = [], []
    for at, id_ in enumerate(PRODUCTS):
        for n, day in enumerate(days):
            price, units = float(sold.price[at, n]), int(sold.units[at, n])
            demand.append(("product", id_, "a", day, units, units * price, price, not sold.in_stock[at, n]))
            if n == 0 or price != sold.price[at, n - 1]:
                cost = 5 if at == 0 else None
                prices.append((id_, n + 1, datetime.combine(day, datetime.min.time()), price, cost))
    bench.fill("features.demand_daily", "level unique_id parent_id ds units revenue price is_out_of_stock", *demand)
    bench.fill("clean.prices", "product_id version valid_from unit_price unit_cost", *prices)
    bench.run(HISTORY)
    return bench


def test_the_model_gets_what_was_sold_in_stock_by_price_and_week(shop: Bench, sold: Days) -> None:
    built = shop.build(build_elasticity, ELASTICITY)
    found = shop.rows(f"SELECT product_id, elasticity, ci_low, ci_high, n_days, units FROM {ELASTICITY} ORDER BY 1")
    told = elasticities(sold.cells())
    kept = [at for at, id_ in enumerate(PRODUCTS) if id_ != "P7"]
    assert [row[0] for row in found] == [PRODUCTS[at] for at in kept]
    for column, wanted in ((1, told.elasticity), (2, told.low), (3, told.high)):
        # Logarithms come as decimals of nine digits.
        assert [row[column] for row in found] == pytest.approx(wanted[kept].tolist(), rel=1e-6)
    assert [row[4] for row in found] == sold.in_stock.sum(axis=1)[kept].tolist()
    assert [row[5] for row in found] == sold.units.sum(axis=1)[kept].tolist()
    assert built.metadata["one_price"] == 1


def test_who_was_never_on_sale_at_two_prices_is_not_there(shop: Bench) -> None:
    shop.duck.execute("UPDATE features.demand_daily SET is_out_of_stock = units = 0 WHERE unique_id = 'P1'")
    shop.duck.execute("UPDATE features.demand_daily SET is_out_of_stock = true WHERE price <> 10 AND unique_id = 'P2'")
    shop.run(HISTORY)
    shop.build(build_elasticity, ELASTICITY)
    assert [row[0] for row in shop.rows(f"SELECT product_id FROM {ELASTICITY} ORDER BY 1")][:2] == ["P1", "P3"]


def test_prices_that_were_paid_are_marked_and_no_ground_for_advice(shop: Bench) -> None:
    shop.duck.execute(f"UPDATE {HISTORY} SET source = 'paid' WHERE product_id = 'P3' AND valid_until IS NOT NULL")
    # A price at which P8 was never in stock taught nothing.
    shop.duck.execute(f"UPDATE {HISTORY} SET source = 'paid' WHERE product_id = 'P8' AND n_days_in_stock = 0")
    shop.build(build_elasticity, ELASTICITY)
    built = shop.build(build_suggestions, SUGGESTIONS)
    marked = shop.rows(f"SELECT product_id FROM {ELASTICITY} WHERE price_source = 'paid'")
    kept = shop.rows(f"SELECT product_id FROM {SUGGESTIONS} WHERE reason_code = 'keep_paid_prices'")
    assert marked == kept == [("P3",)]
    assert built.metadata["keep_paid_prices"] == 1


def test_suggestions_have_costs_where_they_are_known(shop: Bench) -> None:
    """A cost of 0 is none, and the one of an older version holds until there is another."""
    shop.duck.execute("UPDATE clean.prices SET unit_cost = 0 WHERE product_id = 'P2'")
    shop.duck.execute("UPDATE clean.prices SET unit_cost = NULL WHERE product_id = 'P1' AND version > 1")
    shop.build(build_elasticity, ELASTICITY)
    shop.build(build_suggestions, SUGGESTIONS)
    found = shop.rows(f"SELECT product_id, objective, unit_cost FROM {SUGGESTIONS} ORDER BY 1")
    assert found == [
        (id_, "margin" if id_ == "P1" else "revenue", 5.0 if id_ == "P1" else None) for id_ in PRODUCTS if id_ != "P7"
    ]


def test_prices_that_only_move_together_have_no_elasticity(shop: Bench) -> None:
    """Every product at 8 in the last two weeks, and at 10 before."""
    shop.duck.execute("DELETE FROM clean.prices")
    columns = "product_id version valid_from unit_price"
    for version, (since, price) in enumerate(((FIRST, 10), (date(2025, 2, 15), 8)), 1):
        at = datetime.combine(since, datetime.min.time())
        shop.fill("clean.prices", columns, *((id_, version, at, price) for id_ in PRODUCTS))
    shop.run(HISTORY)
    note = "prices only moved together, or too little was sold, to tell an elasticity"
    assert shop.build(build_elasticity, ELASTICITY).metadata == {"note": note}


def test_limits_are_prices_at_which_somebody_could_buy(shop: Bench) -> None:
    """P8 was out of stock whenever it cost 7.5: no price under 9 was tried there, though 7.5 was listed."""
    shop.build(build_elasticity, ELASTICITY)
    shop.duck.execute("UPDATE clean.prices SET unit_cost = NULL")
    today = f"UPDATE {HISTORY} SET price = 9 WHERE product_id = 'P8' AND valid_until IS NULL"
    shop.duck.execute(today)
    shop.build(build_suggestions, SUGGESTIONS)
    seen = shop.rows(f"SELECT min(price) FROM {HISTORY} WHERE product_id = 'P8' AND n_days_in_stock > 0")[0][0]
    assert seen == 9
    assert shop.rows(f"SELECT lowest_price FROM {SUGGESTIONS} WHERE product_id = 'P8'") == [(9.0,)]


def test_suggestions_are_whole_coins_of_the_shop_s_currency(shop: Bench) -> None:
    """A tenth over 9 is 9.90; a yen has no hundredths, so that 9 is all there is."""
    shop.duck.execute(f"UPDATE {HISTORY} SET price = 9 WHERE valid_until IS NULL")
    in_yen = SETTINGS.shop.model_copy(update={"currency": "JPY"})
    shop.session = replace(shop.session, settings=SETTINGS.model_copy(update={"shop": in_yen}))
    shop.build(build_elasticity, ELASTICITY)
    shop.build(build_suggestions, SUGGESTIONS)
    found = shop.rows(f"SELECT DISTINCT highest_price, reason_code FROM {SUGGESTIONS}")
    assert found == [(9.0, "keep_no_room")]


def test_readiness_is_asked_first(shop: Bench) -> None:
    columns = "model verdict quantity observed threshold text reason"
    row = ("price_elasticity", "none", "repriced_products", 0, 1, "no elasticities", "a slope needs two points")
    shop.fill("marts.model_readiness", columns, row)
    built = shop.build(build_elasticity, ELASTICITY)
    assert shop.rows(f"FROM {ELASTICITY}") == []
    assert built.metadata["note"].startswith("no elasticities: 0 ")
    assert shop.build(build_suggestions, SUGGESTIONS).metadata == {"note": "no product has an elasticity"}


def test_prices_are_foreseen_from_the_day_of_the_clock(shop: Bench, sold: Days) -> None:
    built = shop.build(build_price_forecast, FORECAST)
    found = shop.rows(f"SELECT min(ds), max(ds), max(step), count(*), any_value(model) FROM {FORECAST}")
    assert found == [(date(2025, 3, 1), date(2025, 3, 28), 28, 8 * 28, built.metadata["model"])]
    naive = shop.rows(f"SELECT DISTINCT product_id, baseline_y_hat FROM {FORECAST} ORDER BY 1")
    assert naive == list(zip(PRODUCTS, sold.price[:, -1].tolist(), strict=True))
    assert 0 < built.metadata["coverage_80"] <= 1


def test_without_prices_or_days_nothing_is_foreseen(bench: Bench, shop: Bench) -> None:
    shop.duck.execute(f"UPDATE {HISTORY} SET n_days = 20, valid_from = DATE '2025-02-09'")
    note = "20 days of prices are too few: 28 days ahead want 35 behind"
    assert shop.build(build_price_forecast, FORECAST).metadata == {"note": note}
    shop.run(HISTORY)
    shop.duck.execute(f"UPDATE {HISTORY} SET known_from = DATE '2025-02-28'")
    note = "no price was known 28 days before the clock"
    assert shop.build(build_price_forecast, FORECAST).metadata == {"note": note}
    shop.duck.execute(f"DELETE FROM {HISTORY}")
    assert shop.build(build_price_forecast, FORECAST).metadata == {"note": "no product has a price"}
