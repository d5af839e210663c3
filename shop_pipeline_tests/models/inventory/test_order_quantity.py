"""How much to order: textbook quantities, and a cycle's demand by hand."""

import numpy as np

from shop_pipeline.models.inventory.order_quantity import economic_order_quantity, lots

CYCLE, YEARLY, SALE = np.array([14.0, 2.1, 0.0]), np.array([730.0, 109.5, 0.0]), np.ones(3)
UNKNOWN = np.full(3, np.nan)


def test_snyder_and_shen_example_3_1() -> None:
    """Fundamentals of Supply Chain Theory: 1,300 bars a year, 8 per order, 30 % of .75 to hold one: 304.1."""
    found = economic_order_quantity(np.array([1300.0]), 8, np.array([0.3 * 0.75]))
    np.testing.assert_allclose(found, [304.0467800264368], rtol=1e-12)


def test_hopp_and_spearman_table() -> None:
    """Factory Physics, section 2.2: D = 1,000, A = 500, h = 35: 169."""
    assert round(economic_order_quantity(np.array([1000.0]), 500, np.array([35.0]))[0]) == 169


def test_it_costs_least() -> None:
    """The cost K D / Q + h Q / 2 is higher a percent beside it on either side."""
    demand, order_cost, holding = 1000.0, 12.0, 0.7
    (best,) = economic_order_quantity(np.array([demand]), order_cost, np.array([holding]))

    def cost(quantity: float) -> float:
        return order_cost * demand / quantity + holding * quantity / 2

    assert cost(best) < min(cost(0.99 * best), cost(1.01 * best))


def test_without_costs_a_lot_lasts_a_cycle() -> None:
    # 2.1 is rounded up; never less than one.
    np.testing.assert_array_equal(lots(CYCLE, SALE, YEARLY, None, np.ones(3)), [14, 3, 1])
    np.testing.assert_array_equal(lots(CYCLE, SALE, YEARLY, 10.0, UNKNOWN), [14, 3, 1])
    # A cost of nothing holds for nothing: there is no economic quantity.
    np.testing.assert_array_equal(lots(CYCLE, SALE, YEARLY, 10.0, np.zeros(3)), [14, 3, 1])


def test_with_costs_a_lot_is_the_economic_one_of_the_year_rounded_up() -> None:
    # sqrt(2 x 730 x 5 / .5) = 120.8; sqrt(2 x 109.5 x 5 / .5) = 46.8: whatever the next cycle's season is.
    np.testing.assert_array_equal(lots(np.zeros(3), SALE, YEARLY, 5.0, np.full(3, 0.5)), [121, 47, 1])


def test_a_lot_lasts_no_more_than_a_year() -> None:
    # sqrt(2 x 109.5 x 500 / .01) = 3,309, in a year 109.5 are sold.
    np.testing.assert_array_equal(lots(CYCLE[1:2], SALE[1:2], YEARLY[1:2], 500.0, np.full(1, 0.01)), [110])


def test_a_lot_serves_the_usual_sale() -> None:
    # 2.1 are sold in a cycle, a dozen at a time.
    np.testing.assert_array_equal(lots(CYCLE, np.full(3, 12.0), YEARLY, None, UNKNOWN), [14, 12, 12])
