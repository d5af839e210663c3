"""Labels under ids: aligned with the ids of a training cut."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders.groups import CustomerGroups, ProductGroups


def test_labels_of_a_cut() -> None:
    """c1 has no label, c9 none that is known, GB is nobody's here: the labels at hand are CN and DE."""
    groups = CustomerGroups(["c3", "c1", "c2", "c0"], ["DE", None, "GB", "CN"])
    names, codes = groups.of(np.array(["c0", "c1", "c3", "c9"], dtype=object))
    assert names == ("CN", "DE")
    np.testing.assert_array_equal(codes, [0, -1, 1, -1])
    assert codes.dtype == np.int32


def test_nan_is_no_label() -> None:
    names, codes = ProductGroups(["a", "b"], ["茶", float("nan")]).of(np.array(["a", "b"], dtype=object))  # type: ignore[list-item]
    assert names == ("茶",)
    np.testing.assert_array_equal(codes, [0, -1])


def test_nobody_is_labelled() -> None:
    names, codes = CustomerGroups([], []).of(np.array(["a"], dtype=object))
    assert names == ()
    np.testing.assert_array_equal(codes, [-1])


@pytest.mark.parametrize("groups", [CustomerGroups, ProductGroups])
def test_what_does_not_fit_is_refused(groups: type[CustomerGroups]) -> None:
    with pytest.raises(ValueError, match="two labels"):
        groups(["a", "a"], ["x", "y"])
    with pytest.raises(ValueError, match="1 labels for 2"):
        groups(["a", "b"], ["x"])
