"""Verdicts at the edge of every threshold, the thresholds against other ways to work them out, and the page."""

from typing import get_args

import pytest
from scipy import stats

from shop_pipeline.models.readiness import Candidate, Requirement, judge, page
from shop_pipeline.models.readiness_rules import (
    FINE,
    ROUGH,
    RULE_ORDERS,
    SILENT_GAPS,
    candidates,
    pairs_for_sign_test,
    sample_for_difference,
)
from shop_pipeline.models.readiness_words import NOUNS
from shop_pipeline.names import GatedModel

N_FACTORS = 32
ALL = candidates(N_FACTORS)
# More than any threshold; what is compared with another count has that count.
PLENTY = dict.fromkeys(NOUNS, 10_000)
EDGES = [(candidate, requirement) for candidate in ALL for requirement in candidate.requirements]


def verdict(candidate: Candidate, **counts: int) -> tuple[str, str]:
    (found,) = judge(PLENTY | counts, [candidate])
    return found.verdict, found.text


@pytest.mark.parametrize(("candidate", "asked"), EDGES, ids=[f"{c.model}-{r.quantity}-{r.without}" for c, r in EDGES])
def test_each_threshold_holds_at_it_and_not_one_below(candidate: Candidate, asked: Requirement) -> None:
    threshold = asked.threshold if isinstance(asked.threshold, int) else PLENTY[asked.threshold]
    few = {asked.quantity: threshold - 1}
    assert verdict(candidate, **few) == (asked.without, asked.otherwise.format(**PLENTY | few))
    # At the threshold only a higher one of the same quantity can be missed.
    higher = [r for r in candidate.requirements if r.quantity == asked.quantity and r is not asked]
    missed = any(isinstance(r.threshold, str) or r.threshold > threshold for r in higher)
    assert verdict(candidate, **{asked.quantity: threshold})[0] == ("reduced" if missed else "full")


def test_plenty_allows_everything_and_nothing_allows_nothing() -> None:
    assert {one.verdict for one in judge(PLENTY, ALL)} == {"full"}
    assert {one.verdict for one in judge(dict.fromkeys(NOUNS, 0), ALL)} == {"none"}


def test_the_worst_of_what_is_missing_decides() -> None:
    """ALS with 50 linking customers (200 wanted) is reduced; with a side of 31 (32 wanted) as well it is none."""
    als = next(one for one in ALL if one.model == "als")
    assert verdict(als, linking_customers=50)[0] == "reduced"
    (found,) = judge(PLENTY | {"linking_customers": 50, "smaller_side": 31}, [als])
    assert (found.verdict, found.quantity, found.observed, found.threshold) == ("none", "smaller_side", 31, N_FACTORS)


def test_a_shops_own_threshold_takes_the_place_of_the_first() -> None:
    als = next(one for one in ALL if one.model == "als")
    few = PLENTY | {"smaller_side": 31, "linking_customers": 150}
    (asked_for_100,) = judge(few, [als], {"als": 100})
    assert (asked_for_100.verdict, asked_for_100.threshold, asked_for_100.reason) == ("none", 100, "set in shop.yaml")
    (anyway,) = judge(few, [als], {"als": 0})
    assert (anyway.verdict, anyway.quantity, anyway.threshold) == ("reduced", "linking_customers", 200)


def test_the_settings_know_the_models_that_are_gated() -> None:
    """All but popularity, which needs no more than the events."""
    assert set(get_args(GatedModel)) == {one.model for one in ALL} - {"popularity"}


def test_models_stand_once_and_quantities_are_in_words() -> None:
    assert len({one.model for one in ALL}) == len(ALL)
    named = {r.quantity for _, r in EDGES} | {r.threshold for _, r in EDGES if isinstance(r.threshold, str)}
    assert named == set(NOUNS)
    assert all(requirement.reason and requirement.otherwise for _, requirement in EDGES)


@pytest.mark.parametrize(("n", "error"), [(ROUGH, 0.25), (FINE, 0.10)])
def test_samples_for_a_share(n: int, error: float) -> None:
    """The half width of the normal interval at one half, by SciPy: the first n at which it is within the error."""

    def half(size: int) -> float:
        return float(stats.norm.ppf(0.975) * (0.25 / size) ** 0.5)

    assert half(n) <= error < half(n - 1)


def test_a_rule_needs_as_many_orders_as_tell_a_doubling_from_chance() -> None:
    """P(X >= c) of a Poisson of mean c / 2, by SciPy: 0.0201 for 12, 0.0253 for 11."""
    assert RULE_ORDERS == 12
    assert stats.poisson.sf(11, 6) == pytest.approx(0.0201, abs=1e-4)
    assert stats.poisson.sf(10, 5.5) == pytest.approx(0.0253, abs=1e-4)


def test_a_sign_test_needs_six_pairs() -> None:
    """By SciPy's exact test: 6 of 6 has p = 0.031, 5 of 5 has 0.0625."""
    n = pairs_for_sign_test()
    assert stats.binomtest(n, n).pvalue < 0.05 < stats.binomtest(n - 1, n - 1).pvalue


def test_the_customers_that_show_a_difference() -> None:
    """(2.8 x 0.16 / 0.04)^2 = 11.2^2 = 125.44, so 126; 80 % of seeded samples of that size find it, within 3 %."""
    assert sample_for_difference(0.04, 0.16) == 126
    draws = stats.norm.rvs(0.04, 0.16, size=(4000, 126), random_state=7)
    found = draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / 126**0.5) > 1.96
    assert found.mean() == pytest.approx(0.80, abs=0.03)


def test_silence_is_a_sign_after_three_gaps() -> None:
    assert stats.expon.sf(SILENT_GAPS) < 0.05 < stats.expon.sf(SILENT_GAPS - 1)


def test_the_page_says_it_in_a_sentence_and_in_a_table() -> None:
    """412 events in 60 days; 15 customers with a profile, one too few; 39 repeat buyers, one too few; 38 pairs."""
    shop = PLENTY | {
        "product_events": 412,
        "profiled_customers": 15,
        "rule_pairs": 38,
        "rule_products": 20,
        "repeat_buyers": 39,
        "history_days": 60,
    }
    text = page(judge(shop, ALL), NOUNS)
    now, *_ = text.splitlines()
    assert now.startswith("412 events with a product: best sellers; similar products; no user similarity; ")
    assert "; rules for 38 pairs; " in now
    assert "; CLV by the past rate; " in now
    assert (
        "| customer_similarity | none | no user similarity | 15 customers with 5 products or more"
        " | 16 | 16 cases tell a share within 0.25 at 95 %: (1.96 x 0.5 / 0.25)^2 |"
    ) in text.splitlines()
    assert len(text.splitlines()) == 4 + len(ALL)


def test_without_orders_best_sellers_say_what_they_are_made_of() -> None:
    """400 ratings make a list; 96 events are one too few for a steady order; of none there is no list."""
    popularity = next(one for one in ALL if one.model == "popularity")
    told = "best sellers by views and ratings, not by sales, from 400 events"
    assert verdict(popularity, orders=0, product_events=400) == ("reduced", told)
    assert verdict(popularity, orders=1, product_events=96) == (
        "reduced",
        "best sellers, in an order that is much chance",
    )
    assert verdict(popularity, orders=0, product_events=0) == ("none", "no best sellers")
    assert verdict(popularity, orders=1, product_events=97, interactions=0) == ("full", "best sellers")
