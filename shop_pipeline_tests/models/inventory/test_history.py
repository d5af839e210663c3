"""What sales say of demand: worked by hand, and the bound that follows from it over short histories."""

import numpy as np
from scipy.stats import nbinom, poisson

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.inventory.history import History
from shop_pipeline.models.inventory.supported import Supported

N = np.nan
SOLD = History(np.array([[N, 1.0, 5, 2, 0], [N, N, N, 3, 3], [2, N, N, 0, 4], [N, N, N, N, N]]))


def test_the_busiest_days() -> None:
    """5 + 2 of the first. Who was there for two days would sell 3 more on a third. Days without stock are mean ones:
    of 2, 2, 2, 0, 4 three in a row are 6 at most.
    """
    assert SOLD.largest_sums(np.array([2, 2, 2, 2])).tolist() == [7, 6, 4, 0]
    assert SOLD.largest_sums(np.array([3, 3, 3, 3])).tolist() == [8, 9, 6, 0]
    # Longer than all days: as they go on. Means are 2, 3 and 2.
    assert SOLD.largest_sums(np.array([10, 10, 0, 10])).tolist() == [20, 30, 0, 0]


def test_dispersion_is_variance_in_means() -> None:
    """1, 5, 2, 0: mean 2, variance 14 / 3. Two days beside the four seen: half as much again. 3 and 3 vary less than
    Poisson, and are taken as it; nothing seen is Poisson, too.
    """
    found = SOLD.dispersion(np.array([2, 2, 0, 0]))
    # 2, 0, 4: mean 2, variance 4.
    np.testing.assert_allclose(found, [7 / 3 * 1.5, 2, 2, 1])
    assert (found > 1).all()


def test_usual_sale_and_year() -> None:
    # Of 1, 5, 2 the middle is 2; a year of 2 a day.
    assert SOLD.usual_sale().tolist() == [2, 3, 3, 0]
    assert SOLD.yearly().tolist() == [730, 1095, 730, 0]
    # What is more than 52 weeks ago does not count.
    assert History(np.array([[999.0] + [1.0] * 364])).yearly().tolist() == [365]


class Seen:
    """One error, of which nothing is known where it is NaN."""

    def __init__(self, error: float) -> None:
        self.error = error

    def quantile(self, level: float) -> DoubleArray:
        return np.full(np.shape(level) or 1, self.error)

    def exceedance(self, amount: DoubleArray) -> DoubleArray:
        return np.where(np.isnan(self.error), np.nan, self.error > amount)


def supported(error: float, *, expected: float = 2, largest: float = 6, dispersion: float = 3) -> Supported:
    usual = np.array([max(expected, 4.0)])
    return Supported(
        Seen(error), np.array([float(expected)]), np.array([float(largest)]), usual, np.array([dispersion])
    )


def test_the_smaller_one_of_errors_and_of_what_sales_support() -> None:
    """Poisson about 6: ten in 95 % of cases, eight more than are expected. Variance 3 x 2 about 2: seven."""
    assert poisson.ppf(0.95, 6) == 10
    assert nbinom.ppf(0.95, 1, 1 / 3) == 7
    assert supported(99).quantile(0.95).tolist() == [8]
    assert supported(99, largest=1).quantile(0.95).tolist() == [5]
    assert supported(3).quantile(0.95).tolist() == [3]
    assert [supported(error).is_bounded(0.95)[0] for error in (99, 8, N)] == [True, False, False]


def test_risk_follows_the_same_distribution() -> None:
    """8 more than expected are ten units: of that Poisson variable 4.3 % are above."""
    np.testing.assert_allclose(supported(99).exceedance(np.array([8.0])), poisson.sf(10, 6))
    assert supported(3).exceedance(np.array([3.0])).tolist() == [0]
    np.testing.assert_allclose(supported(N).exceedance(np.array([8.0])), nbinom.sf(10, 2, 1 / 3))


def test_without_errors_demand_is_as_uneven_as_sales_were() -> None:
    """About the usual 4, and not about a forecast of 2 that nobody has judged."""
    assert supported(N).quantile(0.95).tolist() == [nbinom.ppf(0.95, 2, 1 / 3) - 2]


def test_nothing_sold_and_nothing_expected_needs_nothing() -> None:
    nothing = Supported(Seen(N), np.zeros(1), np.zeros(1), np.zeros(1), np.full(1, 1.5))
    assert nothing.quantile(0.95).tolist() == [0]
    assert nothing.exceedance(
        np.array(
            [
                0.0,
            ]
        )
    ).tolist() == [0]
