"""Lifetime value through the gate: who is judged on what, which rule fills the table, and what its columns say.

Fits and figures are tested in models/value; here is what the assets hand them, and what becomes of what they find.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shop_pipeline.assets.customers.value import NAME as VALUE
from shop_pipeline.assets.customers.value import build_value
from shop_pipeline.assets.customers.value_histories import Cut, cut_for_value, read_histories, read_outcome, too_few
from shop_pipeline.assets.customers.value_judgement import CALIBRATION, build_evaluation
from shop_pipeline.assets.customers.value_judgement import NAME as EVALUATION
from shop_pipeline.assets.customers.value_models import NAME as PARAMETERS
from shop_pipeline.assets.customers.value_models import build_parameters, rule_of
from shop_pipeline.assets.customers.value_page import calibration_page, reconciliation_page, tiers_page
from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.readiness import NAME as READINESS
from shop_pipeline.checks import Part, Report
from shop_pipeline.contracts import TABLES
from shop_pipeline.contracts.value import VALUE as CONTRACTS
from shop_pipeline.models.value.past_rate import PastRate
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.value_model import fit_value
from shop_pipeline_tests.assets.conftest import AS_OF, Bench
from shop_pipeline_tests.checks.rows import row

DAY = timedelta(days=1)
LINES = """
INSERT INTO clean.order_lines BY NAME
SELECT
    'O' || n AS order_id, 1 AS line_number, 'E' || n AS event_id, 'P1' AS product_id, customer AS customer_id,
    TIMESTAMP '2025-03-01' - to_days(ago::INTEGER) + INTERVAL 10 HOUR AS line_at, line_at::DATE AS line_date,
    false AS is_service, false AS is_return, 1 AS quantity, amount AS unit_price, cost AS unit_cost,
    0 AS matched_quantity, 0 AS returned_quantity, 1 AS net_quantity, amount AS gross_amount, 0 AS returned_amount,
    amount AS net_amount, amount AS booked_amount
FROM (SELECT *, row_number() OVER (ORDER BY customer, ago) AS n FROM sold)
"""
FEATURES = ("features.purchases", "features.rfm")


def shop_of(bench: Bench, sold: pd.DataFrame) -> Bench:
    """One unit of P1 per row: customer, how many days ago (1 is yesterday), amount and cost."""
    bench.set(timezone="UTC")
    bench.duck.register("sold", sold if "cost" in sold else sold.assign(cost=None))
    bench.fill("clean.products", "product_id", ("P1",))
    bench.fill("clean.prices", "product_id version", ("P1", 1))
    bench.fill("clean.customers", "customer_id", *((id_,) for id_ in sorted(set(sold["customer"]))))
    bench.duck.execute(LINES)
    return bench


def sold(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer", "ago", "amount", "cost"][: len(rows[0])])


def leavers(n: int = 160) -> pd.DataFrame:
    """Customers who come in the first third of 300 days, and buy and leave at rates of their own (Pareto/NBD)."""
    rng, rows = np.random.default_rng(1), []
    first = rng.integers(200, 301, n)
    rates, ends = rng.gamma(2, 1 / 20, n), rng.exponential(1 / rng.gamma(2, 1 / 60, n))
    for customer, (ago, rate, end) in enumerate(zip(first, rates, ends, strict=True)):
        days = np.unique(np.floor(np.cumsum(rng.exponential(1 / rate, 200))))
        days = days[(days > 0) & (days < min(end, ago))]
        mean = rng.gamma(6, 4)
        rows += [(f"C{customer:03}", ago - day, rng.gamma(5, mean / 5) + 0.01) for day in (0, *days)]
    return pd.DataFrame(rows, columns=["customer", "ago", "amount"]).round({"amount": 2})


def clocks(n: int = 48) -> pd.DataFrame:
    """Customers who buy every 5 to 28 days to the day, each for an amount of their own: they go on as before."""
    return pd.DataFrame(
        [
            (f"C{customer:03}", ago, 10.0 + customer)
            for customer in range(n)
            for ago in range(1 + customer % 3, 300, 5 + customer // 2)
        ],
        columns=["customer", "ago", "amount"],
    )


def run_of(bench: Bench) -> Run:
    return Run(bench.session, AS_OF, None, {}, logging.getLogger(__name__))


def cut_at(bench: Bench) -> Cut:
    """The cut, which there is."""
    cut = cut_for_value(run_of(bench))
    assert not isinstance(cut, str)
    return cut


def with_value(bench: Bench, **told: Any) -> None:
    """The section `value` of shop.yaml."""
    settings = bench.session.settings
    own = settings.model_copy(update={"value": settings.value.model_copy(update=told)})
    bench.session = replace(bench.session, settings=own)


def build_all(bench: Bench) -> dict[str, Any]:
    """Features, judgement, fits and values; what is told with each table."""
    for name in FEATURES:
        bench.run(name)
    builders = ((EVALUATION, build_evaluation), (PARAMETERS, build_parameters), (VALUE, build_value))
    return {name: bench.build(build, name).metadata for name, build in builders}


def test_the_last_third_is_held_out_and_known_as_it_was_at_the_cut(bench: Bench) -> None:
    """30 days since the first purchase: the last 10 are held out, from 19 February on. A buys on 30 January, 9 and 18
    February, and B on 9 February; that B's purchase came back after the cut was not known there. C comes after it.
    """
    days_of_a = (30, 20, 11, 10, 3)
    shop_of(bench, sold(*(("A", ago, 5.0 * ago) for ago in days_of_a), ("B", 20, 7.0), ("C", 5, 1.0)))
    back = ("R", 1, bench.rows("SELECT event_id FROM clean.order_lines WHERE customer_id = 'B'")[0][0], AS_OF - 2 * DAY)
    bench.fill("clean.returns", "return_event_id match_number sale_event_id returned_at quantity amount", (*back, 1, 7))
    for name in FEATURES:
        bench.run(name)
    run = run_of(bench)
    cut = cut_at(bench)
    assert (cut.split_at, cut.horizon_days) == (datetime(2025, 2, 19), 10)
    ids, before = read_histories(run, "ordinary", cut.source)
    assert ids.to_pylist() == ["A", "B"]
    # The last day before the cut is 18 February: 19 days after 30 January.
    assert (before.frequency.tolist(), before.recency.tolist(), before.age.tolist()) == ([2, 0], [19, 0], [19, 9])
    np.testing.assert_allclose(before.spend, [(100 + 55) / 2, np.nan])
    purchases, revenue = read_outcome(run, "ordinary", cut)
    assert (purchases.tolist(), revenue.tolist()) == ([2, 0], [50 + 15, 0])
    assert run.duck.execute("SELECT getvariable('as_of')").fetchone() == (AS_OF,)
    # At the clock, B has bought nothing.
    assert read_histories(run, "ordinary")[0].to_pylist() == ["A", "C"]


def test_who_buys_to_sell_on_is_told_by_orders_before_the_cut(bench: Bench) -> None:
    """W took one of a thing before 19 February, and 48 of it four times after."""
    shop_of(bench, sold(*(("A", ago, 5.0) for ago in (30, 20)), *(("W", ago, 5.0) for ago in (25, 5, 4, 3, 2))))
    bench.duck.execute("UPDATE clean.order_lines SET quantity = 48 WHERE line_at >= '2025-02-19'")
    for name in ("clean.customer_labels", *FEATURES):
        bench.run(name)
    run, cut = run_of(bench), cut_at(bench)
    assert read_histories(run, "wholesale")[0].to_pylist() == ["W"]
    assert read_histories(run, "wholesale", cut.source)[0].to_pylist() == []
    assert read_histories(run, "ordinary", cut.source)[0].to_pylist() == ["A", "W"]
    purchases, revenue = read_outcome(run, "ordinary", cut)
    assert (purchases.tolist(), revenue.tolist()) == ([0, 4], [0, 20])


def test_who_is_found_out_to_be_a_bot_after_the_cut_has_bought_what_it_bought(bench: Bench) -> None:
    """At the clock, nothing of A is left in features.purchases."""
    shop_of(bench, sold(*((customer, ago, 5.0) for customer in "AB" for ago in (30, 3))))
    bench.fill("clean.customer_labels", "customer_id label", ("A", "bot"))
    for name in FEATURES:
        bench.run(name)
    run, cut = run_of(bench), cut_at(bench)
    assert read_histories(run, "ordinary")[0].to_pylist() == ["B"]
    assert read_histories(run, "ordinary", cut.source)[0].to_pylist() == ["A", "B"]
    assert read_outcome(run, "ordinary", cut)[0].tolist() == [1, 1]


@pytest.mark.parametrize(("n_old", "horizon", "held_out"), [(0, 365, 97), (1, 365, 97), (0, 60, 60)])
def test_one_line_of_1999_does_not_move_the_cut(bench: Bench, n_old: int, horizon: int, held_out: int) -> None:
    """Of 299 days, 291 are left when 2 % of the purchases have happened: a third is held out, or what is foretold."""
    lines = clocks()
    assert np.sort(lines["ago"])[::-1][int(np.ceil(0.02 * len(lines))) - 1] == 291
    with_value(bench, horizon_days=horizon)
    shop_of(bench, pd.concat([lines, sold(*[("old", 9500, 5.0)] * n_old)]) if n_old else lines)
    bench.run("features.purchases")
    assert cut_at(bench).horizon_days == held_out


@pytest.mark.parametrize(("days", "split_at"), [(1, datetime(2025, 2, 28)), (29, datetime(2025, 1, 31)), (30, None)])
def test_a_shop_may_say_how_long_the_period_is(bench: Bench, days: int, split_at: datetime | None) -> None:
    """Of 30 days at least one is left to fit on."""
    shop_of(bench, sold(("A", 30, 5.0), ("A", 1, 5.0)))
    bench.run("features.purchases")
    with_value(bench, holdout_days=days)
    if split_at is None:
        why = "the history has 30 days: none is left to fit on before the 30 to judge by"
        assert cut_for_value(run_of(bench)) == why
    else:
        assert cut_at(bench).split_at == split_at


def test_a_model_that_wins_fills_the_table_as_it_was_fitted(bench: Bench) -> None:
    """Customers leave, and the naive rule does not know. The values are those of the judged models on all purchases,
    though they come from the stored parameters; two traders are too few for a model of their own.
    """
    traders = sold(("W1", 140, 30.0), ("W1", 30, 30.0), ("W2", 9, 5.0))
    shop_of(bench, pd.concat([leavers(), traders]))
    bench.fill("clean.customer_labels", "customer_id label", ("W1", "wholesale"), ("W2", "wholesale"))
    told = build_all(bench)
    (model,) = {name for (name,) in bench.rows(f"SELECT model FROM {EVALUATION} WHERE is_published")}
    assert model != "past_rate"
    _, purchases = read_histories(run_of(bench), "ordinary")
    purchase, spend = model.split("+")
    fitted = fit_value(purchases, only=(purchase, spend))
    used = {name for (name,) in bench.rows(f"SELECT model FROM {PARAMETERS} WHERE is_used")}
    assert used == set(fitted.name.split("+"))
    assert {name for (name,) in bench.rows(f"SELECT model FROM {PARAMETERS}")} == set(fitted.fits)
    restored = rule_of(run_of(bench), "ordinary")
    rate = 1.1 ** (1 / 365.25) - 1
    given = {"discount_rate": rate, "margin": 1.0}
    np.testing.assert_array_equal(restored.value(purchases, 365, **given), fitted.value(purchases, 365, **given))
    columns = "p_alive, expected_purchases_90d, clv, clv_low, clv_high"
    found = bench.rows(f"SELECT {columns} FROM {VALUE} WHERE customer_group = 'ordinary' ORDER BY customer_id")
    low, high = fitted.interval(purchases, 365, confidence=0.8, **given)
    expected = (
        fitted.p_alive(purchases),
        fitted.expected_purchases(purchases, 90),
        fitted.value(purchases, 365, **given),
    )
    np.testing.assert_allclose(np.array(found).T, [*expected, low, high], rtol=1e-12)
    groups = bench.rows(f"SELECT customer_group, model, count(*) FROM {VALUE} GROUP BY ALL ORDER BY 1")
    assert groups == [("ordinary", fitted.name, 160), ("wholesale", "past_rate", 2)]
    assert told[EVALUATION]["note_wholesale"] == (
        "wholesale customers are not judged: 0 customers, 0 of whom bought again; 16 and 40 wanted"
    )
    assert told[VALUE]["wholesale"] == "2 by past_rate"
    page = told[EVALUATION]["report"].md_str
    assert page.startswith(f"ordinary: {model} is published. Over 97 days held out")
    assert "| all | revenue, expected / actual |" in page


def test_a_model_that_loses_is_stored_and_not_used(bench: Bench) -> None:
    """Who buys like clockwork goes on as before: nobody can be nearer than the naive rule."""
    shop_of(bench, clocks())
    told = build_all(bench)
    judged = f"SELECT DISTINCT model, is_published, beats_baseline FROM {EVALUATION} ORDER BY model = 'past_rate'"
    (_, *lost), naive = bench.rows(judged)
    assert (lost, naive) == ([False, False], ("past_rate", True, False))
    assert bench.rows(f"SELECT DISTINCT is_used FROM {PARAMETERS}") == [(False,)]
    assert bench.rows(f"SELECT DISTINCT model, p_alive FROM {VALUE}") == [("past_rate", 1.0)]
    assert told[VALUE]["ordinary"] == "48 by past_rate"
    wanted = bench.rows(f"SELECT customers, value FROM {EVALUATION} WHERE metric = 'revenue_coverage_wanted'")
    assert set(wanted) == {("all", 0.8), ("repeat", 0.8)}
    # The tenths of both rules are stored, and those of the published one are shown.
    assert bench.rows(f"SELECT count(*), sum(n_customers) FROM {CALIBRATION}") == [(20, 96)]
    pages = calibration_page(run_of(bench))
    assert pages["calibration"].md_str.count("\n| ordinary | 10 |") == 1
    assert pages["plot"].md_str.startswith("![plot]")
    assert "| ordinary | platinum | 2 |" in tiers_page(run_of(bench))["tiers"].md_str
    bench.run("marts.revenue_reconciliation")
    books = reconciliation_page(run_of(bench))["reconciliation"].md_str
    total = f"{clocks()['amount'].sum():.4f}"
    assert f"| ordinary | 48 | {total} | 0.0000 | {total} | {total} |" in books
    assert f"| the books |  | {total} | 0.0000 | {total} | {total} |" in books


def test_what_was_judged_is_fitted_again_and_nothing_else(bench: Bench) -> None:
    """On all purchases, Pareto/NBD is the likeliest; but MBG/NBD is what has beaten the naive rule."""
    shop_of(bench, leavers())
    build_all(bench)
    _, purchases = read_histories(run_of(bench), "ordinary")
    assert fit_value(purchases).name == "pareto_nbd+gamma_gamma"
    published_instead(bench, "mbg_nbd+gamma_gamma")
    bench.build(build_parameters, PARAMETERS)
    bench.build(build_value, VALUE)
    used = bench.rows(f"SELECT DISTINCT model FROM {PARAMETERS} WHERE is_used ORDER BY 1")
    assert used == [("gamma_gamma",), ("mbg_nbd",)]
    assert bench.rows(f"SELECT DISTINCT model FROM {VALUE}") == [("mbg_nbd+gamma_gamma",)]


def test_a_winner_that_does_not_hold_at_the_clock_gives_way_to_the_naive_rule(bench: Bench) -> None:
    """Who buys like clockwork never leaves: BG/NBD may have won, but can't be fitted to all purchases."""
    shop_of(bench, clocks())
    build_all(bench)
    published_instead(bench, "bg_nbd+gamma_gamma")
    told = bench.build(build_parameters, PARAMETERS).metadata
    start = "bg_nbd+gamma_gamma has won, but past_rate is used. On all purchases, bg_nbd: "
    assert told["note_ordinary"].startswith(start)
    assert bench.rows(f"SELECT count(*) FROM {PARAMETERS} WHERE is_used") == [(0,)]
    assert bench.build(build_value, VALUE).metadata["ordinary"] == "48 by past_rate"


def published_instead(bench: Bench, model: str) -> None:
    """As if this had been judged, and had won."""
    told = f"UPDATE {EVALUATION} SET model = ?, is_published = true, beats_baseline = true WHERE model <> 'past_rate'"
    bench.duck.execute(told, [model])
    bench.duck.execute(f"UPDATE {EVALUATION} SET is_published = false WHERE model = 'past_rate'")


def test_each_group_has_tiers_of_its_own(bench: Bench) -> None:
    """Of 20 customers who buy every ten days, for amounts that rise: 5, 20 and 50 % are 1, 4 and 10. Two who spend the
    same as the fourth are in the tier of the last of them, and traders who spend a hundred times as much take no place.
    """
    groups = {"": 1.0, "W": 100.0}
    amounts = [200.0 - n for n in range(3)] + [150.0] * 3 + [100.0 - n for n in range(14)]
    buyers = [(f"{group}{n:02}", times * amount) for group, times in groups.items() for n, amount in enumerate(amounts)]
    shop_of(bench, sold(*((customer, ago, amount) for customer, amount in buyers for ago in (31, 21, 11))))
    bench.fill("clean.customer_labels", "customer_id label", *((f"W{n:02}", "wholesale") for n in range(20)))
    fill_readiness(bench, "reduced")
    build_all(bench)
    tiers = bench.rows(
        f"SELECT customer_group, value_tier, count(*) FROM {VALUE} GROUP BY ALL ORDER BY 1, min(clv) DESC"
    )
    sizes = (("platinum", 1), ("gold", 2), ("silver", 7), ("bronze", 10))
    assert tiers == [(group, *size) for group in ("ordinary", "wholesale") for size in sizes]


HAND = (("A", 60, 10.0, 4.0), ("A", 40, 20.0, 8.0), ("A", 20, 40.0, None), ("B", 1, 30.0, 40.0))
"""A has 60 days (age 59) with repeats of 30 in the mean; B came yesterday and cost more than it brought."""


def by_hand(bench: Bench, columns: str) -> list[Any]:
    build_all(shop_of(bench, sold(*HAND)))
    return bench.rows(f"SELECT {columns} FROM {VALUE} ORDER BY customer_id")


def test_values_of_the_naive_rule_by_hand(bench: Bench) -> None:
    """Without discount: A makes 2 purchases of 30 in 59 days, of which a half is earned. Nothing is known of B."""
    with_value(bench, margin=0.5, discount_rate=0.0, horizon_days=59)
    (a, b) = by_hand(bench, "frequency, recency_days, age_days, monetary_value, expected_purchases_90d, clv, margin")
    assert a == (2, 40, 59, 30.0, pytest.approx(2 / 59 * 90), pytest.approx(2 * 30 * 0.5), 0.5)
    assert b == (0, 0, 0, None, 0.0, 0.0, 0.5)


def test_margin_and_score_by_hand(bench: Bench) -> None:
    """A's costs are 12 where they are known, and half of the 40 otherwise: 32 of 70. B costs 40 of 30. Both came
    less than a year ago, which counts as one. The weight of ordinary customers is 2.
    """
    with_value(bench, margin=0.5, weights={"ordinary": 2.0})
    (a, b) = by_hand(bench, "clv_yearly_margin, cvs, net_revenue")
    assert a == (pytest.approx(70 - 32), pytest.approx(70 / 32 * 2), 70)
    assert b == (pytest.approx(30 - 40), pytest.approx(30 / 40 * 2), 30)


@pytest.mark.parametrize(
    ("rows", "margin", "said"),
    [
        # 4 + 8 of 10 + 20: the line without a cost says nothing.
        (HAND[:3], 1 - 12 / 30, "60.0%: of the lines whose cost is known, 42.9% of the revenue"),
        (HAND, 1 - 52 / 60, "13.3%: of the lines whose cost is known, 60.0% of the revenue"),
        (HAND[3:], 0.0, "0.0%: the lines whose cost is known, 100.0% of the revenue, earn nothing: -33.3%"),
        (
            (("A", 2, 10.0, 6.0), ("B", 2, 90.0, None)),
            0.4,
            "40.0%: of the lines whose cost is known, 10.0% of the revenue",
        ),
    ],
)
def test_the_margin_is_that_of_known_costs(bench: Bench, rows: Any, margin: float, said: str) -> None:
    told = build_all(shop_of(bench, sold(*rows)))
    assert bench.rows(f"SELECT DISTINCT margin FROM {VALUE}") == [(pytest.approx(margin),)]
    assert told[VALUE]["margin_ordinary"] == said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (HAND[2:3], "no cost is known, revenue counts in full"),
        # One dear purchase of ten does not speak for the others.
        (
            (("A", 2, 9.9, 9.0), ("B", 2, 90.1, None)),
            "cost is known of 9.9% of the revenue, less than 10%: revenue counts in full",
        ),
        # A gift has a cost and no revenue.
        (
            (("A", 2, 0.0, 9.0), ("A", 2, 90.0, None)),
            "cost is known of 0.0% of the revenue, less than 10%: revenue counts in full",
        ),
    ],
)
def test_where_too_few_costs_are_known_nothing_is_told_of_them(bench: Bench, rows: Any, said: str) -> None:
    """Neither a score nor a yearly margin, which would be plain revenue."""
    told = build_all(shop_of(bench, sold(*rows)))
    assert bench.rows(f"SELECT DISTINCT margin, cvs, clv_yearly_margin FROM {VALUE}") == [(1.0, None, None)]
    assert told[VALUE]["margin_ordinary"] == f"100.0%: {said}"


def test_groups_have_their_own_margin_and_rule(bench: Bench) -> None:
    """B buys to sell on: of 30, 40 is lost; A earns 60 %."""
    shop_of(bench, sold(*HAND))
    bench.fill("clean.customer_labels", "customer_id label", ("B", "wholesale"))
    build_all(bench)
    found = bench.rows(f"SELECT customer_group, margin FROM {VALUE} ORDER BY 1")
    assert found == [("ordinary", pytest.approx(0.6)), ("wholesale", 0.0)]


def fill_readiness(bench: Bench, verdict: str) -> None:
    columns = "model verdict quantity observed threshold text reason"
    bench.fill(READINESS, columns, ("clv", verdict, "buyers", 15, 16, "too few", "why"))


def test_where_the_data_allow_no_value_all_tables_are_empty_and_say_why(bench: Bench) -> None:
    """Also the tenths of an earlier judgement."""
    shop_of(bench, sold(*HAND))
    bench.fill(CALIBRATION, "customer_group model decile n_customers", ("ordinary", "past_rate", 1, 1))
    fill_readiness(bench, "none")
    told = build_all(bench)
    for name in (EVALUATION, PARAMETERS, VALUE):
        assert told[name]["note"].startswith("too few: 15 ")
    for name in (EVALUATION, CALIBRATION, PARAMETERS, VALUE):
        assert bench.rows(f"FROM {name}") == []
    assert (calibration_page(run_of(bench)), tiers_page(run_of(bench))) == ({}, {})


def test_where_they_allow_no_model_the_naive_rule_fills_the_table(bench: Bench) -> None:
    shop_of(bench, sold(*HAND))
    fill_readiness(bench, "reduced")
    told = build_all(bench)
    assert told[EVALUATION]["note"].startswith("too few")
    assert bench.rows(f"SELECT customer_id, model FROM {VALUE} ORDER BY 1") == [("A", "past_rate"), ("B", "past_rate")]


def test_without_a_purchase_nothing_is_there(bench: Bench) -> None:
    bench.set(timezone="UTC")
    told = build_all(bench)
    assert told[EVALUATION] == {"note": "no known customer has bought anything"}
    assert told[VALUE] == {"note": "no known customer has bought anything"}
    assert bench.rows(f"FROM {PARAMETERS}") == []
    bench.run("marts.revenue_reconciliation")
    assert reconciliation_page(run_of(bench)) == {}


def test_a_group_needs_ten_repeat_buyers_per_parameter() -> None:
    def group(n_once: int, n_repeat: int) -> Purchases:
        x = np.repeat([0.0, 1.0], [n_once, n_repeat])
        return Purchases(x, x, np.full(len(x), 9.0), np.where(x > 0, 5.0, np.nan))

    assert too_few(group(0, 40)) is None
    assert too_few(group(5, 39)) == "44 customers, 39 of whom bought again; 16 and 40 wanted"


def test_a_group_without_a_used_model_has_the_naive_rule(bench: Bench) -> None:
    assert rule_of(run_of(bench), "wholesale") == PastRate(youngest=30)


def warned(bench: Bench, name: str, rows: list[dict[str, Any]]) -> set[str]:
    """Write the rows; the rules that only warn and did not hold."""
    contract = replace(
        TABLES[name], foreign_keys=(), rules=tuple(r for r in TABLES[name].rules if r.severity == "WARN")
    )
    types = {column.name: column.type for column in contract}
    bench.duck.execute(f"CREATE OR REPLACE TEMP TABLE told ({', '.join(f'{n} {t}' for n, t in types.items())})")
    for each in rows:
        bench.duck.execute(f"INSERT INTO told VALUES ({', '.join('?' for _ in types)})", [*each.values()])
    report: Report = bench.gate.write(Part(contract, "SELECT * FROM told"))
    return {outcome.rule for outcome in report.outcomes if not outcome.passed}


def valued(gold: float, bronze: float = 1.0, n: int = 20, group: str = "ordinary") -> list[dict[str, Any]]:
    """Four customers are in gold, the others in bronze; what each is worth."""
    return [
        row(
            VALUE,
            customer_id=f"{group}{i:02}",
            customer_group=group,
            clv=gold if i < 4 else bronze,
            value_tier="gold" if i < 4 else "bronze",
        )
        for i in range(n)
    ]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # From 16 of 32 to 24 of 40: from a half to 60 %.
        (valued(6), set()),
        (valued(6.1), {"tier_shares_hold"}),
        (valued(6, bronze=1.5), set()),
        (valued(6.04, bronze=1.51), {"total_value_holds"}),
        (valued(2.6, bronze=0.65), {"total_value_holds"}),
        # Of 19 customers, one may make all the difference.
        (valued(1.0, bronze=0.5, n=19), set()),
        # Another group is another matter.
        (valued(4) + valued(2, n=6, group="wholesale"), set()),
        ([], set()),
    ],
)
def test_values_far_from_those_of_the_last_run_are_warned_of(
    bench: Bench, now: list[dict[str, Any]], expected: set[str]
) -> None:
    """The rule on tiers looks at what they are worth: how many customers they have is given by value.tiers."""
    assert warned(bench, VALUE, valued(4)) == set()
    assert warned(bench, VALUE, now) == expected


@pytest.mark.parametrize(
    ("expected_purchases", "actual", "is_published", "expected"),
    [
        (125.0, 100.0, True, set()),
        (126.0, 100.0, True, {"calibration_within_bounds"}),
        (74.0, 100.0, True, {"calibration_within_bounds"}),
        (74.0, 100.0, False, set()),
        (10.0, 96.0, True, set()),  # so few are much chance
    ],
)
def test_a_published_rule_that_expects_too_much_or_too_little_is_warned_of(
    bench: Bench, expected_purchases: float, actual: float, is_published: bool, expected: set[str]
) -> None:
    told = {"expected_purchases": expected_purchases / 2, "actual_purchases": actual / 2, "is_published": is_published}
    assert warned(bench, CALIBRATION, [row(CALIBRATION, decile=decile, **told) for decile in (1, 2)]) == expected


BOUNDS = {"calibration_within_bounds"}


@pytest.mark.parametrize(
    ("low", "high", "told", "expected"),
    [
        (0.6, 0.75, {}, set()),
        (0.6, 0.74, {}, BOUNDS),
        (1.33, 1.5, {}, set()),
        (1.34, 1.5, {}, BOUNDS),
        # Of many customers the interval is narrow, of few it says nothing.
        (0.2, 5.0, {}, set()),
        (None, None, {}, set()),
        (0.6, 0.7, {"is_published": False}, set()),
        (0.6, 0.7, {"customers": "one_time"}, set()),
        (0.6, 0.7, {"metric": "purchases_ratio"}, set()),
    ],
)
def test_a_published_rule_that_expects_another_revenue_is_warned_of(
    bench: Bench, low: float, high: float, told: dict[str, Any], expected: set[str]
) -> None:
    judged = {"metric": "revenue_ratio", "customers": "all", "is_published": True} | told
    assert warned(bench, EVALUATION, [row(EVALUATION, ci_low=low, ci_high=high, **judged)]) == expected


@pytest.mark.parametrize(
    ("seen", "is_published", "expected"),
    [
        (0.7, True, set()),
        (0.69, True, {"intervals_hold_what_they_say"}),
        # Where nearly all bring nothing, an interval of nothing holds them all.
        (0.99, True, set()),
        (0.5, False, set()),
    ],
)
def test_intervals_that_hold_too_few_are_warned_of(
    bench: Bench, seen: float, is_published: bool, expected: set[str]
) -> None:
    rows = [
        row(EVALUATION, customers=customers, metric=metric, value=value, is_published=is_published)
        for customers, inside in (("all", seen), ("one_time", 0.1))
        for metric, value in (("revenue_coverage", inside), ("revenue_coverage_wanted", 0.8))
    ]
    assert warned(bench, EVALUATION, rows) == expected


def test_every_warning_is_asked_here() -> None:
    warns = {rule.name for table in CONTRACTS for rule in table.rules if rule.severity == "WARN"}
    named = {"tier_shares_hold", "total_value_holds", "calibration_within_bounds", "intervals_hold_what_they_say"}
    assert warns == named
