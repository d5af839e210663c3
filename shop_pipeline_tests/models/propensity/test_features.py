"""What is refused, and by which name."""

import numpy as np
import pytest

from shop_pipeline.models.propensity.features import Amounts, Features, Labelled


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_refused_with_the_name_of_its_feature(bad):
    with pytest.raises(ValueError, match=r"not finite: days_since_last$"):
        Features(("n_purchases", "days_since_last"), np.array([[1.0, bad], [2.0, 3.0]]))


def test_columns_are_found_by_name_in_the_order_asked_for():
    features = Features(("a", "b", "c"), np.array([[1.0, 2.0, 3.0]]))
    assert features.columns(("c", "a")).tolist() == [[3.0, 1.0]]
    with pytest.raises(ValueError, match="not there: d"):
        features.columns(("a", "d"))


@pytest.mark.parametrize("names", [("a",), ("a", "a")])
def test_names_that_do_not_fit_are_refused(names):
    with pytest.raises(ValueError, match=r"named twice|names of features"):
        Features(names, np.zeros((1, 2)))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([True]), "labels bool"),
        (np.array([1, 0]), "labels int64"),
        (np.zeros(0, np.bool_), "labels bool"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        Labelled(Features(("a",), np.zeros((2, 1))), labels)


def test_groups_that_do_not_fit_are_refused_and_are_parted_with_their_rows():
    features, labels = Features(("a",), np.zeros((3, 1))), np.array([True, False, True])
    with pytest.raises(ValueError, match="groups"):
        Labelled(features, labels, np.zeros(2, np.int32))
    part = Labelled(features, labels, np.array([4, 5, 6], np.int32)).part(np.array([2, 0]))
    assert part.groups.tolist() == [6, 4]


def test_a_cut_without_customers_is_refused():
    nobody = Features(("a",), np.zeros((0, 1)))
    with pytest.raises(ValueError, match="without customers"):
        Labelled(nobody, np.zeros(0, np.bool_))
    with pytest.raises(ValueError, match="without purchases"):
        Amounts(nobody, np.zeros(0))


@pytest.mark.parametrize("amount", [0.0, -1.0, np.nan, np.inf])
def test_an_amount_of_nothing_is_refused(amount):
    with pytest.raises(ValueError, match="not above 0"):
        Amounts(Features(("a",), np.zeros((2, 1))), np.array([5.0, amount]))
