"""Segments from hand-made customers: what is learned and kept, who was where, and what a profile tells.

The shop: 30 customers who buy often and much (F00 ...), 30 who bought little long ago (L00 ...), and one like nobody
(X): ten standard deviations away from both.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from logging import getLogger
from typing import Any

import numpy as np
import pytest

from shop_pipeline.assets.customers import segment_members, segmentation
from shop_pipeline.assets.customers.segment_members import build_components, build_members, tell_members
from shop_pipeline.assets.customers.segment_profiles import build_profiles
from shop_pipeline.assets.customers.segmentation import build_segmentation
from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.plots import curves
from shop_pipeline.assets.session import FULL_REFRESH_TAG, TUNING_TAG
from shop_pipeline.models.segments.segmentation import learn
from shop_pipeline.sections import Segments
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

DAY = timedelta(days=1)
MODELS, COMPONENTS = segmentation.NAME, segment_members.COMPONENTS
MEMBERS, PROFILES, MIGRATION = segment_members.NAME, "marts.segment_profiles", "marts.segment_migration"
FEATURES = (
    "customer_id n_purchases days_since_last mean_purchase net_revenue n_categories units_per_line favourite_channel"
)
LEARNED: dict[Any, Any] = {}
WEEKLY, FULL = {TUNING_TAG: "true"}, {FULL_REFRESH_TAG: "true"}


def customers(n: int = 30) -> dict[str, list[Any]]:
    """Days, days since, a purchase, categories and units of each: a little spread around two places."""
    rng = np.random.default_rng(1)
    found = {f"F{i:02}": [10 + i % 5, 5 + i % 7, 100 + float(rng.integers(20)), 4 + i % 2, 2 + i % 3] for i in range(n)}
    found |= {f"L{i:02}": [1 + i % 2, 200 + i % 9, 10 + float(rng.integers(5)), 1, 1 + i % 2] for i in range(n)}
    return found | {"X": [100, 100, 9000.0, 12, 90]}


def fill(bench: Bench, people: dict[str, list[Any]]) -> None:
    for name in ("features.rfm", "features.customer_features", "clean.customers"):
        bench.duck.execute(f"DELETE FROM {name}")
    told = [
        (id_, days, since, mean, days * mean, kinds, units, "app" if id_[0] == "F" else "web")
        for id_, (days, since, mean, kinds, units) in people.items()
    ]
    bench.fill("features.customer_features", FEATURES, *told)
    bench.fill("features.rfm", "customer_id n_purchases days_since_last net_revenue", *((*r[:3], r[4]) for r in told))
    known = [(id_, 1990 if id_[0] == "F" else 1950, "Female" if id_ < "F24" else "m") for id_ in people]
    bench.fill("clean.customers", "customer_id birth_year gender", *known)


@pytest.fixture(autouse=True)
def learned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learned from the same customers is the same: the tests share it, and take half the time."""

    def recalled(features: Any, values: Any, **given: Any) -> Any:
        if given["before"] or given["highest"]:
            return learn(features, values, **given)
        key = (features, values.tobytes())
        if key not in LEARNED:
            LEARNED[key] = learn(features, values, **given)
        return LEARNED[key]

    monkeypatch.setattr(segmentation, "learn", recalled)
    # A fifth of a second each.
    monkeypatch.setattr(segmentation, "curves", lambda *_: "a picture")


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.set(timezone="Europe/London")
    fill(bench, customers())
    # With 2 and 3 segments tried, learning takes a quarter of the time that it takes with 2 to 8.
    few = bench.session.settings.model_copy(update={"segments": Segments(most=3)})
    bench.session = replace(bench.session, settings=few)
    return bench


def run(bench: Bench, as_of: datetime = AS_OF, tags: dict[str, str] | None = None) -> None:
    """All five tables, as of a clock."""
    bench.set(as_of=as_of)
    bench.build(build_segmentation, MODELS, tags)
    bench.build(build_components, COMPONENTS)
    bench.build(build_members, MEMBERS, tags)
    bench.build(build_profiles, PROFILES)
    bench.run(MIGRATION)


def stored(bench: Bench, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return bench.rows(f"SELECT {columns} FROM {name} ORDER BY ALL")


def segments(bench: Bench, method: str) -> dict[str, str]:
    return dict(bench.rows(f"SELECT customer_id, segment_label FROM {MEMBERS} WHERE method = '{method}'"))


def clusters(bench: Bench) -> set[Any]:
    """Methods and ids of the segments that were learned."""
    return set(bench.rows(f"SELECT method, segment FROM {MEMBERS} WHERE segment LIKE 'segment_%'"))


def test_the_two_groups_are_found_and_named_and_the_stranger_is_noise(shop: Bench) -> None:
    run(shop)
    by_kmeans, by_density = segments(shop, "kmeans"), segments(shop, "dbscan")
    assert len({by_kmeans[f"F{i:02}"] for i in range(30)}) == len({by_kmeans[f"L{i:02}"] for i in range(30)}) == 1
    assert (by_kmeans["F00"].startswith("recent frequent big spenders"), by_density["X"]) == (True, "unlike all others")
    assert by_kmeans["L00"].startswith("lapsed occasional small spenders")
    assert shop.rows(f"SELECT DISTINCT segment FROM {MEMBERS} WHERE customer_id = 'X' AND method = 'dbscan'") == [
        ("noise",)
    ]
    # Of 61, the 13th, 25th, 37th and 49th bound the fifths: 7, 10, 201, 204 days ago and 1, 2, 11, 13 days. F04 was
    # here 9 days ago and on 14 days, L08 208 days ago and on one; with them goes what they paid.
    rfm = f"SELECT r_score, f_score, segment FROM {MEMBERS} WHERE method = 'rfm' AND customer_id IN ('F04', 'L08')"
    assert shop.rows(f"{rfm} ORDER BY customer_id") == [(4, 5, "loyal_customers"), (1, 1, "lost")]


def test_everything_is_the_same_in_a_second_run_of_the_same_clock(shop: Bench) -> None:
    run(shop, AS_OF - 7 * DAY)
    run(shop)
    names = (MODELS, COMPONENTS, MEMBERS, PROFILES, MIGRATION)
    before = {name: stored(shop, name) for name in names}
    run(shop)
    assert {name: stored(shop, name) for name in names} == before
    assert len(before[MIGRATION]) >= 3


def test_a_model_is_kept_until_the_weekly_job_and_scores_new_customers(shop: Bench) -> None:
    """A customer between both groups comes: the model stays the same, and the newcomer is put into it."""
    run(shop, AS_OF - DAY)
    learned = stored(shop, MODELS)
    fill(shop, customers() | {"N": [11, 6, 108.0, 4, 3]})
    run(shop)
    assert stored(shop, MODELS) == learned
    assert segments(shop, "kmeans")["N"] == segments(shop, "kmeans")["F00"]
    assert shop.rows(f"SELECT previous_segment, previous_as_of FROM {MEMBERS} WHERE customer_id = 'N'") == 3 * [
        (None, None)
    ]
    run(shop, tags=WEEKLY)
    assert {learned_at for (learned_at,) in stored(shop, MODELS, "learned_at")} == {AS_OF}


def test_a_full_refresh_learns_again(shop: Bench) -> None:
    run(shop, AS_OF - DAY)
    run(shop, tags=FULL)
    assert stored(shop, MODELS, "DISTINCT learned_at") == [(AS_OF,)]


def test_a_full_refresh_gives_the_tables_of_a_new_warehouse(shop: Bench) -> None:
    """No label goes on, and nobody was anywhere: not even after other customers had been learned of."""
    names = (MODELS, COMPONENTS, MEMBERS, PROFILES, MIGRATION)
    run(shop)
    new = {name: stored(shop, name) for name in names}
    shop.duck.execute(f"DELETE FROM {MODELS}")
    fill(shop, {id_: one for id_, one in customers().items() if id_[0] != "F" or id_ < "F12"})
    run(shop, AS_OF - DAY)
    fill(shop, customers())
    run(shop, tags=FULL)
    assert {name: stored(shop, name) for name in names} == new


def test_a_later_model_is_not_for_an_earlier_clock(shop: Bench) -> None:
    """What was learned as of the 1st has seen what the 22nd may not know; nor does that clock know who was where."""
    run(shop)
    run(shop, AS_OF - 7 * DAY)
    assert stored(shop, MODELS, "DISTINCT learned_at") == [(AS_OF - 7 * DAY,)]
    assert stored(shop, MEMBERS, "DISTINCT previous_segment, previous_as_of") == [(None, None)]
    assert stored(shop, MIGRATION) == []


def test_an_earlier_clock_gives_no_id_a_second_time(shop: Bench) -> None:
    """Its segments may be others than those of the later model, which it doesn't look at."""
    run(shop)
    used = clusters(shop)
    run(shop, AS_OF - 7 * DAY)
    assert clusters(shop)
    assert clusters(shop).isdisjoint(used)


def test_no_id_comes_back_after_a_time_without_clusters(shop: Bench) -> None:
    """A day with 14 customers, fewer than 5 for each of 3 segments, which is also before the model was learned."""
    run(shop)
    used = clusters(shop)
    fill(shop, dict(list(customers().items())[:14]))
    run(shop, AS_OF - DAY)
    assert (clusters(shop), stored(shop, COMPONENTS)) == (set(), [])
    fill(shop, customers())
    run(shop)
    assert clusters(shop)
    assert clusters(shop).isdisjoint(used)


def test_other_features_need_other_models_whose_labels_are_new(shop: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run(shop, AS_OF - DAY)
    used = clusters(shop)
    monkeypatch.setattr(segmentation, "FEATURES", (*segmentation.FEATURES, "weekend_share"))
    run(shop)
    assert stored(shop, MODELS, "DISTINCT learned_at") == [(AS_OF,)]
    assert clusters(shop)
    assert clusters(shop).isdisjoint(used)


def test_labels_survive_learning_again(shop: Bench) -> None:
    """Everybody spends a tenth more: the centres are others, the segments the same, and nobody moves."""
    run(shop, AS_OF - DAY)
    fill(shop, {id_: [days, since, 1.1 * mean, *more] for id_, (days, since, mean, *more) in customers().items()})
    before = stored(shop, MODELS)
    run(shop, tags=WEEKLY)
    assert stored(shop, MODELS) != before
    moved = "method, count(*) FILTER (segment <> previous_segment)"
    assert shop.rows(f"SELECT {moved} FROM {MEMBERS} WHERE method <> 'rfm' GROUP BY 1 ORDER BY 1") == [
        ("dbscan", 0),
        ("kmeans", 0),
    ]


def test_who_moves_is_told_with_where_from(shop: Bench) -> None:
    """F00 has not come for 200 days and bought once: it is with the lapsed now. L29 is gone.
    X belongs to the frequent ones, too, if it has to belong somewhere.
    """
    run(shop, AS_OF - DAY)
    people = customers() | {"F00": [1, 203, 12.0, 1, 1]}
    del people["L29"]
    fill(shop, people)
    run(shop)
    named = f"SELECT DISTINCT segment_label, segment FROM {MEMBERS} WHERE method = 'kmeans'"
    label = dict(shop.rows(named))
    of = segments(shop, "kmeans")
    frequent, lapsed = label[of["F01"]], label[of["L00"]]
    moved = "from_segment, to_segment, n_customers, round(share, 6), previous_as_of"
    where = f"WHERE method = 'kmeans' AND from_segment IN ('{frequent}', '{lapsed}')"
    assert set(shop.rows(f"SELECT {moved} FROM {MIGRATION} {where}")) == {
        (frequent, frequent, 30, round(30 / 31, 6), AS_OF - DAY),
        (frequent, lapsed, 1, round(1 / 31, 6), AS_OF - DAY),
        (lapsed, lapsed, 29, 1.0, AS_OF - DAY),
    }


def test_a_small_shop_has_rfm_alone_and_says_so(bench: Bench) -> None:
    """39 customers are one fewer than 5 for each of 8 segments."""
    bench.set(timezone="UTC")
    fill(bench, dict(list(customers().items())[:39]))
    told = bench.build(build_segmentation, MODELS).metadata["note"]
    assert told == "39 customers bought; clusters are looked for from 40 on, so there is RFM alone"
    assert bench.build(build_components, COMPONENTS).metadata["note"].startswith("models.segmentation has no model")
    assert "segments are of RFM alone" in bench.build(build_members, MEMBERS).metadata["note"]
    assert stored(bench, MEMBERS, "DISTINCT method") == [("rfm",)]
    bench.build(build_profiles, PROFILES)
    assert bench.rows(f"SELECT sum(n_customers) FROM {PROFILES}") == [(39,)]


def test_a_shop_without_buyers_has_empty_tables(bench: Bench) -> None:
    bench.set(timezone="UTC")
    run(bench)
    assert [stored(bench, name) for name in (MODELS, COMPONENTS, MEMBERS, PROFILES, MIGRATION)] == [[], [], [], [], []]
    assert "note" in bench.build(build_profiles, PROFILES).metadata


def profile(bench: Bench, columns: str, customer: str) -> tuple[Any, ...]:
    """The k-means profile of a customer's segment."""
    (found,) = bench.rows(
        f"SELECT {columns} FROM {PROFILES} JOIN {MEMBERS} USING (method, segment)"
        f" WHERE method = 'kmeans' AND customer_id = '{customer}'"
    )
    return found


def test_a_profile_is_of_those_who_are_known(shop: Bench) -> None:
    """Without the stranger: 30 of 60, F00 to F23 are women (80 %); at the end of February 2025, 1990 is 35 years ago.
    Days: 10 to 14 six times each is 12.
    """
    people = customers()
    del people["X"]
    fill(shop, people)
    shop.duck.execute("UPDATE clean.customers SET birth_year = NULL WHERE customer_id > 'L03'")
    shop.duck.execute("UPDATE clean.customers SET gender = 'rather not say' WHERE customer_id > 'L04'")
    run(shop)
    columns = "n_customers, share_of_customers, n_purchases, age_years, share_female, top_channel, share_top_channel"
    assert profile(shop, columns, "F00") == (30, 0.5, 12.0, 35, 0.8, "app", 1.0)
    # Of 30, four ages are known, and five genders: all men, who would each be told of.
    assert profile(shop, columns, "L00") == (30, 0.5, 1.5, None, None, "web", 1.0)
    known = "n_age_known, n_gender_known, n_channel_known, segment_label_zh"
    assert profile(shop, known, "F00") == (30, 30, 30, "活跃高频高额客户")
    assert profile(shop, known, "L00") == (4, 5, 30, "沉睡低频低额客户")
    frequent, lapsed = (profile(shop, "persona_en, persona_zh", customer) for customer in ("F00", "L00"))
    assert "80% are women" in frequent[0]
    assert "Their usual channel is app (100%)." in frequent[0]
    assert "平均 35 岁" in frequent[1]
    assert "gender" not in lapsed[0]
    assert "years" not in lapsed[0]


@pytest.mark.parametrize(
    ("women", "men", "share"), [(3, 3, 0.5), (2, 4, None), (4, 2, None), (3, 4, 0.43), (0, 30, None)]
)
def test_gender_is_told_of_three_of_each(shop: Bench, women: int, men: int, share: float | None) -> None:
    known = [*("f" * women), *("m" * men), *[None] * (30 - women - men)]
    shop.duck.execute("DELETE FROM clean.customers")
    shop.fill("clean.customers", "customer_id gender", *((f"L{i:02}", kind) for i, kind in enumerate(known)))
    run(shop)
    assert profile(shop, "share_female, n_gender_known", "L00") == (share, women + men)


@pytest.mark.parametrize(("n", "share"), [(700, None), (200, 0.02)])
def test_a_gender_of_nearly_all_is_not_told(bench: Bench, n: int, share: float | None) -> None:
    """3 of 700 are less than half a hundredth: each of the others is a man, nearly. 3 of 200 are 0.015."""
    bench.set(timezone="UTC")
    fill(bench, {f"C{i:03}": [1, 10, 10.0, 1, 1] for i in range(n)})
    bench.duck.execute("UPDATE clean.customers SET gender = CASE WHEN customer_id < 'C003' THEN '女' ELSE 'm' END")
    bench.build(build_members, MEMBERS)
    bench.build(build_profiles, PROFILES)
    assert bench.rows(f"SELECT share_female FROM {PROFILES}") == [(share,)]


def test_ages_and_channels_are_of_five_and_ages_are_whole_years(shop: Bench) -> None:
    """L00 to L04 are 75 or 76 years old in February 2025: the mean of 75, 75, 75, 76, 76 is 75.4."""
    shop.duck.execute(
        "UPDATE clean.customers SET birth_year = NULL WHERE customer_id LIKE 'L%' AND customer_id > 'L04'"
    )
    shop.duck.execute("UPDATE clean.customers SET birth_year = 1949 WHERE customer_id IN ('L03', 'L04')")
    shop.duck.execute("UPDATE features.customer_features SET favourite_channel = NULL WHERE customer_id > 'L03'")
    run(shop)
    columns = "n_age_known, age_years, n_channel_known, top_channel, share_top_channel"
    assert profile(shop, columns, "L00") == (5, 75, 4, None, None)
    (text,) = profile(shop, "persona_en", "L00")
    assert "older than others: 75 years on average, all customers 42." in text


def test_an_age_that_is_five_different_ages_is_not_compared(shop: Bench) -> None:
    """20, 20, 75, 130 and 130 years: the mean is 75, its standard error 49 / sqrt(5) = 22; of all 35 it is 41 years."""
    shop.duck.execute(
        "UPDATE clean.customers SET birth_year = NULL WHERE customer_id LIKE 'L%' AND customer_id > 'L04'"
    )
    shop.duck.execute("UPDATE clean.customers SET birth_year = NULL WHERE customer_id = 'X'")
    for at, year in enumerate((2005, 2005, 1950, 1895, 1895)):
        shop.duck.execute(f"UPDATE clean.customers SET birth_year = {year} WHERE customer_id = 'L0{at}'")
    run(shop)
    assert profile(shop, "age_years", "L00") == (75,)
    assert "Those whose age is known are 75 years old on average." in profile(shop, "persona_en", "L00")[0]


def test_shares_of_revenue_are_of_what_customers_paid(shop: Bench) -> None:
    run(shop)
    for method in ("rfm", "kmeans", "dbscan"):
        own = dict(
            shop.rows(
                f"SELECT segment, sum(net_revenue) FROM {MEMBERS} JOIN features.customer_features USING (customer_id)"
                f" WHERE method = '{method}' GROUP BY 1"
            )
        )
        told = dict(shop.rows(f"SELECT segment, share_of_revenue FROM {PROFILES} WHERE method = '{method}'"))
        assert told == pytest.approx({id_: revenue / sum(own.values()) for id_, revenue in own.items()})


def test_interests_are_what_takes_more_of_their_money_than_of_everybodys(shop: Bench) -> None:
    """30 and 30 customers, who spend by category: garden 60 and 40, toys 30 and 60, (none) 60 and 10, pets 30 and 30,
    tea 12 and 0, in all 192 and 140. F: garden 60 / 192 against 100 / 332. L: toys 60 / 140 against 90 / 332, 1.58
    times; pets 30 / 140 against 60 / 332, 1.19 times: too little to be told. Tea is of four buyers: too few.
    """
    people = customers()
    del people["X"]
    fill(shop, people)
    spent = {"F": {"garden": 2, "toys": 1, "(none)": 2, "pets": 1}, "L": {"garden": 4 / 3, "toys": 2, "pets": 1}}
    rows = [(id_, kind, 1, money) for id_ in people for kind, money in spent[id_[0]].items()]
    rows += [(f"F{i:02}", "tea", 1, 3.0) for i in range(4)] + [("L00", "(none)", 1, 10.0)]
    # Looked at and not bought.
    rows += [(id_, "tea", 0, 0.0) for id_ in people if id_ > "F03"]
    shop.fill("features.customer_categories", "customer_id category n_purchases revenue", *rows)
    run(shop)
    (kinds, lifts), of_lapsed = (profile(shop, "top_categories, top_category_lifts", who) for who in ("F00", "L00"))
    assert (kinds, lifts) == (["garden"], pytest.approx([60 / 192 / (100 / 332)], rel=1e-4))
    assert of_lapsed == (["toys", "pets"], pytest.approx([60 / 140 / (90 / 332), 30 / 140 / (60 / 332)], rel=1e-4))
    assert "They spend a larger part of their money on: toys." in profile(shop, "persona_en", "L00")[0]


def test_what_people_see(shop: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice of k with its curve, the map with its colours, and the personas."""
    monkeypatch.setattr(segmentation, "curves", curves)
    models = shop.build(build_segmentation, MODELS).metadata
    assert models["is_learned_now"]
    assert models["plot"].md_str.startswith("![plot](data:image/svg+xml")
    assert "clusters" in models["number_of_segments"] or "segments" in models["number_of_segments"]
    assert "high" in shop.build(build_components, COMPONENTS).metadata["pca_1"]
    shop.build(build_members, MEMBERS)
    told = tell_members(Run(shop.session, AS_OF, None, {}, getLogger(__name__)))
    assert sum(told["customers"].data["kmeans"].values()) == 61
    assert told["plot"].md_str.startswith("![plot](data:image/svg+xml")
    page = shop.build(build_profiles, PROFILES).metadata["personas"].md_str
    assert page.count("## ") == 3
    assert "Champions" in page
    assert "重要价值客户" in page
