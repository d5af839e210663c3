"""What a price did by itself, by hand."""

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.pricing.own_moves import common_moves, own_moves
from shop_pipeline.models.pricing.sales import PricedSales


def cells(log_price: DoubleArray) -> PricedSales:
    """Products (P, W) of one group, a cell each week."""
    product, week = np.nonzero(np.isfinite(log_price))
    ones = np.ones(len(week))
    group = np.zeros(len(log_price), dtype=np.int64)
    return PricedSales(product, np.arange(len(week)), week, log_price[product, week], ones, ones, ones, ones, group)


def own(log_price: DoubleArray) -> DoubleArray:
    sales = cells(log_price)
    return own_moves(sales, sales.season, sales.days)


def test_moves_of_all_are_taken_out_by_how_much_each_makes_them() -> None:
    """Three products take 1, 2 and 3 off in the same week, 2 on average: nobody moved alone."""
    together = np.array([[5.0, 4.0, 5.0, 5.0], [7.0, 5.0, 7.0, 7.0], [9.0, 6.0, 9.0, 9.0]])
    assert own(together) == pytest.approx(np.zeros(12))
    sales = cells(together)
    moves = common_moves(sales, sales.season, sales.log_price, sales.days)
    assert moves - moves[0] == pytest.approx([0, -2, 0, 0])


def test_a_move_of_one_alone_is_its_own() -> None:
    """All together move by 1/4 in the second and fifth week: what is left has nothing to do with that, and mean 0. The
    fourth one only moves then, four times as far, and has nothing left."""
    log_price = np.array([[0.0, 0, 0, 1, 1, 0], [1.0, 0, 0, 0, 0, 1], [0.0, 1, 1, 0, 0, 0], [0.0, 1, 0, 0, 1, 0]])
    sales = cells(log_price)
    found, common = own(log_price), common_moves(sales, sales.season, sales.log_price, sales.days)[sales.season]
    assert sales.total(found) == pytest.approx(np.zeros(4))
    assert sales.total(found * common) == pytest.approx(np.zeros(4))
    assert sales.total(found * found) == pytest.approx([1.25, 1.0, 1.25, 0.0])


def test_a_twentieth_of_its_moves_is_too_little() -> None:
    """Against one common move of variance 1, own ones of .04 and of .09: shares of .038 and .083 of what there was."""
    rng = np.random.default_rng(0)
    common = np.tile([1.0, -1.0], 50)
    left = rng.choice([-1.0, 1.0], (40, 100))
    log_price = common + left * np.where(np.arange(40) < 20, 0.2, 0.3)[:, None]
    told = (own(log_price).reshape(40, 100) != 0).any(axis=1)
    assert told.tolist() == [False] * 20 + [True] * 20


def test_products_that_come_later_do_not_move_the_week() -> None:
    """A dearer product that joins in the third week is no rise of prices."""
    log_price = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], [np.nan, np.nan, 9.0, 9.0]])
    sales = cells(log_price)
    moves = common_moves(sales, sales.season, sales.log_price, sales.days)
    assert moves - moves[0] == pytest.approx(np.zeros(4), abs=1e-5)
