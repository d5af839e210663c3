"""Session neighbours: the conformance suite, a session worked by hand, and plain Python on random ones."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders import session_neighbours
from shop_pipeline.models.recommenders.session_neighbours import SPACE, SessionNeighbours, SessionNeighboursConfig
from shop_pipeline.models.recommenders.session_neighbours_kernel import list_from_neighbours
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


class TestSessionNeighbours(RecommenderConformance):
    def model(self) -> SessionNeighbours:
        return SessionNeighbours()

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Only products of sessions that share a product."""
        return ((((dense > 0) @ (dense.T > 0) > 0) @ (dense > 0) > 0) & (dense == 0)).sum(axis=1)


def sessions(*rows: str, products: str = "abcdef", start: int = 0) -> Interactions:
    """One session per text, one product per letter, oldest first; later rows are newer."""
    events = [(row, products.index(letter)) for row, text in enumerate(rows) for letter in text]
    codes = np.array(events)
    ids = np.array([f"s{row:04}" for row in range(len(rows))], dtype=object), np.array(list(products), dtype=object)
    return Interactions.from_codes(codes[:, 0], codes[:, 1], np.ones(len(codes)), *ids, start + np.arange(len(codes)))


def scores_of(model: SessionNeighbours, history: str) -> dict[str, float]:
    found = model.recommend_for(sessions(history), 6)
    return {"abcdef"[p]: float(s) for p, s in zip(found.products[0], found.scores[0], strict=True) if p >= 0}


def fitted(*rows: str, **settings: float) -> SessionNeighbours:
    return SessionNeighbours(SessionNeighboursConfig(**settings)).fit(sessions(*rows), np.random.default_rng(0))


def test_a_session_by_hand() -> None:
    """Session ab: a counts 1/2, b (the newest) 1.

    Session abc: 1/2 + 1 = 3/2, matched at the newest. ade: 1/2, matched one step back, so halved once more. bd: 1.
    c = 3/2; d = 1/4 + 1 = 5/4; e = 1/4.
    """
    assert scores_of(fitted("abc", "ade", "bd"), "ab") == {"c": 1.5, "d": 1.25, "e": 0.25}


def test_only_the_newest_sessions_are_compared() -> None:
    """Of three that share b, the newest two: abc, the oldest, is not among them."""
    assert set(scores_of(fitted("abc", "bd", "be", n_sampled=2), "b")) == {"d", "e"}


def test_only_the_nearest_speak_and_of_equals_the_newer() -> None:
    assert set(scores_of(fitted("abc", "bd", "be", n_neighbours=1), "ab")) == {"c"}
    assert set(scores_of(fitted("bd", "be", n_neighbours=1), "b")) == {"e"}


def test_rare_products_gain() -> None:
    """Four sessions, c in 1 and d in 2 of them."""
    found = scores_of(fitted("bc", "bd", "ad", "b", rarity_power=1.0), "b")
    assert found["c"] == pytest.approx(log(1 + 4))
    assert found["d"] == pytest.approx(log(1 + 2))


def test_random_sessions_as_in_plain_python() -> None:
    rng = np.random.default_rng(4)
    texts = ["".join(rng.permutation(list("abcdef"))[: rng.integers(1, 5)]) for _ in range(60)]
    model = fitted(*texts, n_sampled=15, n_neighbours=4, position_power=2.0, match_power=0.5)
    for history in ("a", "fb", "cde", "dabf"):
        weight = {letter: ((place + 1) / len(history)) ** 2 for place, letter in enumerate(history)}
        sharing = [text for text in reversed(texts) if set(text) & set(history)][:15]
        near = sorted(sharing, key=lambda text: -np.float32(sum(np.float32(weight[i]) for i in history if i in text)))
        expected: dict[str, float] = {}
        for text in near[:4]:
            common = [letter for letter in history if letter in text]
            back = len(history) - 1 - max(history.index(letter) for letter in common)
            for letter in set(text) - set(history):
                gain = sum(weight[i] for i in common) * (1 + back) ** -0.5
                expected[letter] = expected.get(letter, 0) + gain
        assert scores_of(model, history) == pytest.approx(expected, rel=1e-5)


def test_the_stored_links_are_the_lists_of_one_product() -> None:
    model = fitted("abc", "ade", "bd")
    listed = {
        "abcdef"[p]: float(w) for p, w in zip(model.state.targets[1], model.state.weights[1], strict=True) if p >= 0
    }
    assert listed == scores_of(model, "b") == {"a": 1.0, "c": 1.0, "d": 1.0}


def test_parts_too_small_for_float32_are_met_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """ab shares a, one step back, with ten sessions ac: 2^-200 is 0 in float32. Uncompiled, so that bounds are checked.

    be counts 1 for b, which is the newest.
    """
    monkeypatch.setattr(session_neighbours, "list_from_neighbours", list_from_neighbours.py_func)
    assert scores_of(fitted(*["ac"] * 10, "be", match_power=200), "ab") == {"e": 1.0}


def test_needs_times() -> None:
    data = interactions_of(np.ones((2, 3)))
    with pytest.raises(ValueError, match="without times"):
        SessionNeighbours().fit(
            Interactions(data.matrix, data.customer_ids, data.product_ids), np.random.default_rng(0)
        )


def test_defaults_are_in_the_space() -> None:
    assert all(getattr(SessionNeighboursConfig(), name) in values for name, values in SPACE.items())
