"""All models of segments as one: stored and read back, learned again, and how their labels go on.

Three tight groups of 40 at (5, 5), (15, 5) and (5, 15), a little spread by a seeded normal.
"""

from dataclasses import replace

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.segments import segmentation
from shop_pipeline.models.segments.cluster_count import KChoice, KTrial
from shop_pipeline.models.segments.segmentation import Segmentation, highest_labels, learn, segment_ids

FEATURES = ("n_purchases", "days_since_last")
PLACES = np.array([[5.0, 5.0], [15.0, 5.0], [5.0, 15.0]])


def groups(seed: int = 1) -> DoubleArray:
    noise = np.random.default_rng(seed).normal(size=(3, 40, 2)) * 0.5
    return np.asarray(PLACES[:, None] + noise).reshape(-1, 2)


def learned(
    values: DoubleArray, before: Segmentation | None = None, highest: dict[str, int] | None = None, most: int = 4
) -> Segmentation:
    rng = np.random.default_rng(7)
    highest = highest or (highest_labels(before.numbers()) if before else None)
    found, _ = learn(FEATURES, values, most=most, sample=1000, rng=rng, before=before, highest=highest)
    return found


@pytest.fixture(scope="module")
def first() -> Segmentation:
    return learned(groups())


def test_what_is_stored_gives_the_same_model(first: Segmentation) -> None:
    again, values = Segmentation.from_numbers(first.numbers(), FEATURES), groups(seed=2)
    assert again.numbers() == first.numbers()
    assert again.names() == first.names()
    for method, scored in first.score(values).items():
        np.testing.assert_array_equal(again.score(values)[method].segment, scored.segment)
        np.testing.assert_array_equal(again.score(values)[method].distance, scored.distance)


def test_each_group_is_a_segment_and_has_a_name(first: Segmentation) -> None:
    """DBSCAN may see two dense places in a group, but none that reaches over two."""
    found = {
        method: [set(scored.segment[40 * n : 40 * n + 40].tolist()) - {-1} for n in range(3)]
        for method, scored in first.score(groups()).items()
    }
    assert sorted(map(sorted, found["kmeans"])) == [[1], [2], [3]]
    assert min(map(len, found["dbscan"])) > 0
    assert sum(map(len, found["dbscan"])) == len(set.union(*found["dbscan"]))
    assert {id_ for method, id_ in first.names() if method == "kmeans"} == {"segment_1", "segment_2", "segment_3"}
    assert first.names()["dbscan", "noise"].en == "unlike all others"
    assert "frequent customers" in " ".join(name.en for name in first.names().values())


def test_the_same_customers_in_another_order_are_the_same_model(first: Segmentation) -> None:
    assert learned(groups()[::-1].copy()).numbers() == first.numbers()


def test_a_group_that_is_gone_leaves_its_label_unused(first: Segmentation) -> None:
    """The first group leaves; when it comes back, it is a new segment: its label is never used for another one."""
    rest = groups()[40:]
    two = learned(rest, before=first)
    kept = {int(label) for label in first.score(rest)["kmeans"].segment}
    assert set(two.kmeans.labels.tolist()) == kept
    back = learned(groups(), before=two)
    assert set(back.kmeans.labels.tolist()) == kept | {4}
    assert highest_labels(back.numbers())["kmeans"] == 4


def test_without_a_model_labels_go_on_from_the_highest() -> None:
    found = learned(groups(), highest={"kmeans": 7, "dbscan": 2})
    assert sorted(found.kmeans.labels.tolist()) == [8, 9, 10]
    assert min(found.density.labels.tolist()) == 3


@pytest.mark.parametrize(
    ("known", "best", "kept"),
    [(0.8, 0.85, 2), (0.8, 0.91, 3), (0.71, 0.8, 2), (0.7, 0.81, 3), (0.91, 1.0, 2)],
)
def test_the_number_that_people_know_stays_unless_another_is_clearly_more_stable(
    first: Segmentation, monkeypatch: pytest.MonkeyPatch, known: float, best: float, kept: int
) -> None:
    """Stable is from 0.9 on; below it, another number has to be more stable by 0.1."""
    trials = (KTrial(2, 0.3, known, 0.4), KTrial(3, 0.3, best, 0.3))
    monkeypatch.setattr(segmentation, "choose_k", lambda *_: KChoice(3, False, "One cloud.", trials))
    two = replace(first, kmeans=replace(first.kmeans, labels=first.kmeans.labels[:2], centres=first.kmeans.centres[:2]))
    assert len(learned(groups(), before=two).kmeans.labels) == kept


def test_numbered_names_stay_with_their_labels_when_read_back(first: Segmentation) -> None:
    """Two centres that no word tells apart, the second label first."""
    alike = replace(first.kmeans, labels=np.array([2, 1], np.int32), centres=np.array([[2.0, 0.1], [1.0, 0.0]]))
    found = replace(first, kmeans=alike)
    assert found.names()["kmeans", "segment_1"].en == "frequent customers 1"
    assert Segmentation.from_numbers(found.numbers(), FEATURES).names() == found.names()


def test_labels_of_nothing_are_none() -> None:
    assert highest_labels({}) == {"kmeans": 0, "dbscan": 0}


def test_ids_of_segments() -> None:
    assert segment_ids(np.array([2, -1, 2], np.int32)).tolist() == ["segment_2", "noise", "segment_2"]


def test_a_cloud_stays_divided_as_it_was() -> None:
    """Customers along a line can be cut anywhere. Found anew there are more pieces than two; after two, two."""
    along = np.random.default_rng(2).uniform(5, 15, size=(1000, 1))
    cloud = along + np.random.default_rng(3).normal(size=(1000, 2)) * 0.1
    two = learned(cloud, most=2)
    assert len(learned(cloud).kmeans.labels) > 2
    assert sorted(learned(cloud, before=two).kmeans.labels.tolist()) == [1, 2]
