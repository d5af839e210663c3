"""Churn, purchases of a category and amounts over a shop in which who leaves is known.

240 customers buy every five days from their first day on. Half of them stay; each of the others stops on a day of their
own. Even ones buy of `a`, odd ones of `b`; customers above 120 spend ten times as much. The window is 20 days, so that
there are cuts 60, 40 and 20 days before the clock.
"""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shop_pipeline.assets.customers.propensity import EVALUATION, build_models
from shop_pipeline.assets.customers.propensity_cuts import FEATURES, CutAt, cuts, labelled_customers, labelled_pairs
from shop_pipeline.assets.customers.propensity_scores import (
    AMOUNTS,
    CHURN,
    MODELS,
    PROPENSITY,
    build_amounts,
    build_churn,
    build_propensity,
)
from shop_pipeline.assets.gated import Run
from shop_pipeline.settings import ShopSettings
from shop_pipeline.storage import open_warehouse
from shop_pipeline_tests.assets.conftest import AS_OF, SETTINGS, Bench

N_CUSTOMERS, DAYS, WINDOW = 240, 120, 20
NUMBERS = {"churn_days": WINDOW, "category_days": WINDOW, "categories": 5, "models": ["logistic_regression"]}


def stop_day(number: int) -> int:
    """The day after which a customer buys no more, spread over all days; who stays has none."""
    return DAYS + 1 if number % 4 < 2 else 5 + (number * 37) % (DAYS - 5)


def purchases(until: int) -> list[tuple[Any, ...]]:
    """Customer, day, category and amount; a few more or less, so that no class is all alike."""
    rng = np.random.default_rng(7)
    return [
        (f"C{number:03}", day, "ab"[number % 2], (10.0 if number <= 120 else 100.0) * (0.8 + 0.4 * rng.random()))
        for number in range(1, N_CUSTOMERS + 1)
        for day in range(number % 30, until, 5)
        if day < stop_day(number) and rng.random() < 0.8
    ]


def fill(bench: Bench, rows: list[tuple[Any, ...]], first: int = 0) -> None:
    """The money events behind them, and the lines."""
    start = AS_OF - timedelta(days=DAYS)
    told = [
        (f"E{first + n}", f"O{first + n}", customer, category.upper(), start + timedelta(days=day, hours=12), amount)
        for n, (customer, day, category, amount) in enumerate(rows)
    ]
    bench.fill(
        "clean.events",
        "event_id order_id customer_id product_id event_at event_date event_type quantity unit_price session_id",
        *((e, o, c, p, at, at.date(), "purchase", 1, amount, f"S{e}") for e, o, c, p, at, amount in told),
    )
    bench.fill(
        "clean.order_lines",
        "event_id order_id customer_id product_id line_at line_date quantity unit_price gross_amount net_amount"
        " booked_amount net_quantity line_number product_version",
        *((e, o, c, p, at, at.date(), 1, a, a, a, a, 1, 1, 1) for e, o, c, p, at, a in told),
    )


@pytest.fixture(scope="module")
def shop(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The shop with its features and scores; the last test adds to it."""
    folder = tmp_path_factory.mktemp("propensity")
    duck = open_warehouse(shutil.copyfile(empty_warehouse, folder / "warehouse.duckdb"), memory_gb=1)
    bench = Bench(duck, folder)
    settings = ShopSettings.model_validate(SETTINGS.model_dump() | {"propensity": NUMBERS})
    bench.session = replace(bench.session, settings=settings)
    bench.set(n_categories=5)
    bench.fill("clean.products", "product_id category", ("A", "a > x"), ("B", "b"))
    bench.fill("clean.customers", "customer_id", *((f"C{n:03}",) for n in range(1, N_CUSTOMERS + 1)))
    fill(bench, purchases(DAYS))
    make(bench)
    yield bench
    duck.close()


def make(bench: Bench) -> None:
    for name in ("purchases", "rfm", "customer_features", "customer_categories"):
        bench.run(f"features.{name}")
    bench.build(build_models, MODELS)
    bench.run(EVALUATION)
    for builder, name in ((build_churn, CHURN), (build_propensity, PROPENSITY), (build_amounts, AMOUNTS)):
        bench.build(builder, name)


def test_who_stopped_is_told_from_who_stays(shop: Bench) -> None:
    """At the clock a customer who stopped more than a window ago has left, and nobody else can be known to have."""
    found = dict(shop.rows(f"SELECT customer_id, probability FROM {CHURN}"))
    ages = {f"C{n:03}": DAYS - stop_day(n) for n in range(1, N_CUSTOMERS + 1)}
    left = [found[c] for c, age in ages.items() if age > WINDOW and c in found]
    stays = [found[c] for c, age in ages.items() if age < 0]
    assert len(stays) == N_CUSTOMERS // 2
    assert min(left) > 0.7
    # Who stays skips a fifth of the days, so that a few look as if they had stopped.
    assert np.quantile(stays, 0.95) < 0.5
    ((reason,),) = shop.rows(f"SELECT top_reasons[1] FROM {CHURN} WHERE customer_id = 'C002'")
    assert reason == "no purchases in 30 days (raises)"


def test_a_customer_buys_of_their_own_category(shop: Bench) -> None:
    wrong = shop.rows(
        f"""SELECT own.customer_id FROM {PROPENSITY} AS own JOIN {PROPENSITY} AS other USING (customer_id)
        JOIN features.customer_features AS f USING (customer_id)
        WHERE own.category = f.favourite_category AND other.category <> f.favourite_category
          AND own.probability <= other.probability"""
    )
    assert wrong == []
    assert shop.rows(f"SELECT DISTINCT category FROM {PROPENSITY} ORDER BY 1") == [("a",), ("b",)]


def test_who_spent_ten_times_as_much_will(shop: Bench) -> None:
    """Amounts are spread by a fifth around 10 and 100; a mean of few purchases is drawn to the mean of all."""
    found = shop.rows(f"SELECT customer_id > 'C120', expected_amount, amount_low, amount_high FROM {AMOUNTS}")
    assert max(expected for is_dear, expected, *_ in found if not is_dear) < 25
    assert min(expected for is_dear, expected, *_ in found if is_dear) > 75
    means = [low <= (100 if is_dear else 10) <= high for is_dear, _, low, high in found]
    assert np.mean(means) >= 0.8


def test_how_models_were_judged_is_stored_with_them(shop: Bench) -> None:
    published = shop.rows(f"SELECT DISTINCT target, model, beats_baseline FROM {EVALUATION} WHERE is_published")
    assert {target for target, *_ in published} == {"churn", "category", "amount"}
    assert ("churn", "logistic_regression", True) in published
    cut = AS_OF - timedelta(days=WINDOW)
    assert shop.rows(f"SELECT DISTINCT split_at, horizon_days FROM {EVALUATION}") == [(cut, WINDOW)]
    ((auc,),) = shop.rows(
        f"SELECT value FROM {EVALUATION} WHERE target = 'churn' AND metric = 'roc_auc' AND model LIKE 'logistic%'"
    )
    assert auc > 0.95


def test_a_cut_knows_what_was_known_at_its_clock(shop: Bench) -> None:
    """C002 stopped on day 79 (5 + 74 % 115): 60 days before the clock it is alive, 20 days before it has left."""
    run = Run(shop.session, AS_OF, None, {}, logging.getLogger(__name__))
    seen = {}
    for cut in cuts(run, WINDOW):
        left, amounts = labelled_customers(run, cut)
        ids = [one for (one,) in shop.rows(f"SELECT customer_id FROM {cut.features} ORDER BY 1")]
        assert left is not None
        assert amounts is not None
        days = left.features.values[:, FEATURES.index("days_since_last")]
        seen[(AS_OF - cut.split_at).days] = (bool(left.labels[ids.index("C002")]), days[ids.index("C002")] < 20)
        assert len(amounts) == int((~left.labels).sum())
    assert stop_day(2) == 79
    assert seen == {60: (False, True), 40: (True, True), 20: (True, False)}


def test_labels_know_what_came_back_within_their_window_and_nothing_of_later(shop: Bench) -> None:
    """C001's only purchase of a day came back whole: on the last moment of the window, or on the day after it."""
    run = Run(shop.session, AS_OF, None, {}, logging.getLogger(__name__))
    found = {}
    for days_after in (None, 1.0, -0.01):
        shop.duck.execute("BEGIN")
        for cut in cuts(run, WINDOW):
            if (AS_OF - cut.split_at).days != 40:
                continue
            if days_after is not None:
                give_back_all_of_the_window(shop, "C001", cut, timedelta(days=days_after))
        for cut in cuts(run, WINDOW):
            if (AS_OF - cut.split_at).days == 40:
                left, amounts = labelled_customers(run, cut)
                pairs = labelled_pairs(run, cut, ["a", "b"])
                assert left is not None
                assert amounts is not None
                assert pairs is not None
                found[days_after] = (left.labels.sum(), len(amounts), pairs.labels.sum())
        shop.duck.execute("ROLLBACK")
    n_left, n_bought, n_pairs = found[None]
    assert found[1.0] == found[None]
    # C001 has left then, and bought neither of b nor of anything.
    assert found[-0.01] == (n_left + 1, n_bought - 1, n_pairs - 1)


def give_back_all_of_the_window(shop: Bench, customer: str, cut: CutAt, after: timedelta) -> None:
    """So long after the window of the cut."""
    lines = shop.rows(
        f"""SELECT event_id, gross_amount FROM clean.order_lines WHERE customer_id = '{customer}'
        AND line_at >= TIMESTAMP '{cut.split_at}' AND line_at < TIMESTAMP '{cut.until}'"""
    )
    at = cut.until + after
    shop.fill(
        "clean.returns",
        "return_event_id match_number sale_event_id quantity returned_at return_date amount",
        *((f"R-{event}", 1, event, 1, at, at.date(), amount) for event, amount in lines),
    )


def test_a_pair_knows_its_customer_and_who_never_bought_comes_last(shop: Bench) -> None:
    """Two categories: rows of one customer follow one another. Nobody is known for as long as none was bought."""
    run = Run(shop.session, AS_OF, None, {}, logging.getLogger(__name__))
    for cut in cuts(run, WINDOW):
        pairs = labelled_pairs(run, cut, ["a", "b"])
        assert pairs is not None
        assert pairs.groups is not None
        n = len(pairs) // 2
        assert pairs.groups.tolist() == [one for each in range(n) for one in (each, each)]
        days, bought, age = pairs.features.columns(
            ("category_days_since_purchase", "category_n_purchases", "age_days")
        ).T
        assert (days[bought == 0] == age.max() + 365).all()
        assert days[bought > 0].max() <= age.max()


def open_shop(bench: Bench, n_customers: int, category_of_b: str | None) -> None:
    """Everybody buys of `a`, or of what has no category, at the beginning, and of B in the last week."""
    bench.set(n_categories=1)
    of_a = "a" if category_of_b else None
    bench.fill("clean.products", "product_id category", ("A", of_a), ("B", category_of_b))
    names = [f"C{number:03}" for number in range(n_customers)]
    bench.fill("clean.customers", "customer_id", *((name,) for name in names))
    # One in three buys of A, again and again; only then there is more of B.
    fill(bench, [(name, day, "a", 10.0) for name in names[::3] for day in range(1, DAYS, 10)])
    fill(bench, [(name, DAYS - 3, "b", 10.0) for name in names], first=1_000)
    fill(bench, [(name, 2, "b", 10.0) for name in names[::5]], first=2_000)
    for name in ("purchases", "rfm", "customer_features", "customer_categories"):
        bench.run(f"features.{name}")


def test_categories_are_not_chosen_by_what_sold_in_the_judged_window(bench: Bench) -> None:
    """With room for one: before the last cut 10 of 30 bought of `a` and 6 of `b`; in its window all bought of `b`."""
    open_shop(bench, 30, category_of_b="b")
    bench.build(build_models, MODELS)
    bench.run(EVALUATION)
    bench.build(build_propensity, PROPENSITY)
    assert bench.rows(
        "SELECT category FROM features.customer_categories GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    ) == [("b",)]
    stored = f"SELECT position, feature, value FROM {MODELS} WHERE target = 'category' AND part = 'category'"
    assert bench.rows(stored) == [(0, "a", 10.0)]
    # What is scored follows the model, whatever shop.yaml says by now.
    bench.set(n_categories=5)
    bench.build(build_propensity, PROPENSITY)
    assert bench.rows(f"SELECT category, count(*) FROM {PROPENSITY} GROUP BY 1") == [("a", 30)]


def test_a_shop_without_categories_says_so(bench: Bench) -> None:
    open_shop(bench, 12, category_of_b=None)
    told = bench.build(build_models, MODELS).metadata
    assert told["category"] == "no product that was bought has a category"
    assert "naive" in told["amount"].value
    assert "no model" in bench.build(build_propensity, PROPENSITY).metadata["note"]


def test_too_short_a_history_gives_empty_tables_that_say_so(bench: Bench) -> None:
    built = bench.build(build_models, MODELS)
    assert set(built.metadata) == {"churn", "category", "amount"}
    assert all("fewer than two windows" in note for note in built.metadata.values())
    for builder, name in ((build_churn, CHURN), (build_propensity, PROPENSITY), (build_amounts, AMOUNTS)):
        assert "no model" in bench.build(builder, name).metadata["note"]


def test_who_is_left_out_is_decided_at_the_cut(bench: Bench) -> None:
    """W bought one of a thing before the cut and a hundred of it six times after: a trader at the clock, whom this shop
    leaves out. At the cut that is not known, and W has not left."""
    settings = ShopSettings.model_validate(SETTINGS.model_dump() | {"propensity": NUMBERS})
    bench.session = replace(bench.session, settings=settings)
    bench.fill("clean.products", "product_id category", ("A", "a"), ("B", "b"))
    bench.fill("clean.customers", "customer_id first_event_at", ("W", AS_OF - timedelta(days=DAYS)))
    fill(bench, [("W", DAYS - 50, "a", 10.0), *(("W", DAYS - day, "a", 10.0) for day in range(4, 10))])
    bench.duck.execute(
        "UPDATE clean.order_lines SET quantity = 100, net_quantity = 100 WHERE line_at > ?",
        [AS_OF - timedelta(days=WINDOW)],
    )
    bench.duck.execute("SET VARIABLE leave_out = ['wholesale']")
    bench.run("clean.customer_labels")
    assert bench.rows("SELECT customer_id, label FROM clean.customer_labels") == [("W", "wholesale")]
    newest = next(cuts(Run(bench.session, AS_OF, None, {}, logging.getLogger(__name__)), WINDOW))
    left, _ = labelled_customers(Run(bench.session, AS_OF, None, {}, logging.getLogger(__name__)), newest)
    assert left is not None
    assert left.labels.tolist() == [False]


def test_nothing_after_the_clock_is_used(shop: Bench) -> None:
    """Everybody buys in the month after the clock, and all is made again: the same tables."""
    tables = (MODELS, EVALUATION, CHURN, PROPENSITY, AMOUNTS)
    before = {name: shop.rows(f"FROM {name} ORDER BY ALL") for name in tables}
    fill(shop, [(f"C{n:03}", DAYS + n % 30, "a", 5000.0) for n in range(1, N_CUSTOMERS + 1)], first=1_000_000)
    make(shop)
    assert {name: shop.rows(f"FROM {name} ORDER BY ALL") for name in tables} == before
