"""Places of values among quantiles."""

import numpy as np

from shop_pipeline.models.forecasting.bins import N_BINS, Bins


def test_few_values_keep_their_order_and_nan_stays():
    """Also a value that comes once in a thousand rows, as a holiday does."""
    column = np.zeros(1000, np.float32)
    column[[5, 6, 7]] = 1, 8, np.nan
    places = Bins.of(column[:, None]).place(column[:, None])[:, 0]
    np.testing.assert_array_equal(places[[0, 5, 6, 7]], [0, 1, 2, np.nan])


def test_many_values_are_spread_evenly():
    column = np.random.default_rng(0).lognormal(0, 3, (12_800, 1)).astype(np.float32)
    places = Bins.of(column).place(column)[:, 0]
    np.testing.assert_array_equal(np.bincount(places.astype(int)), np.full(N_BINS, 100))
    order = np.argsort(column[:, 0])
    assert (np.diff(places[order]) >= 0).all()


def test_new_values_fall_between_those_that_were_learned():
    """Learned 1, 2, 4: below and up to 1 is the first bin, above 2 the last."""
    bins = Bins.of(np.array([[1], [2], [4]], np.float32))
    np.testing.assert_array_equal(bins.place(np.array([[-9], [1.5], [3], [99]], np.float32))[:, 0], [0, 1, 2, 2])


def test_a_column_of_which_nothing_was_learned_says_nothing_later():
    """The same place for what is unknown and for what is known later; a column of one number tells it from none."""
    bins = Bins.of(np.array([[np.nan, 3], [np.nan, np.nan]], np.float32))
    np.testing.assert_array_equal(
        bins.place(np.array([[np.nan, np.nan], [7, 3]], np.float32)), np.array([[0, np.nan], [0, 0]])
    )
