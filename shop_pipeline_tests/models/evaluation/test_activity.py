"""Classes of customers by what training knows of them."""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.evaluation.activity import CLASSES, activity_classes
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of


def test_bounds_belong_to_the_class_that_they_name() -> None:
    counts = [0, 1, 2, 4, 5, 19, 20, 5000]
    names = [CLASSES[code] for code in activity_classes(np.array(counts))]
    assert names == ["0", "1", "2-4", "2-4", "5-19", "5-19", "20+", "20+"]


def test_strangers_are_known_by_nothing() -> None:
    """Customer 0 has two products, customer 1 one of weight 9, which is one; -1 is nobody that training knows."""
    interactions = interactions_of(np.array([[1, 1, 0], [0, 0, 9], [0, 0, 0]]))
    training = Training.of(interactions, np.array([1, -1, 0, 2]))
    assert [CLASSES[code] for code in training.activity] == ["1", "0", "2-4", "0"]
