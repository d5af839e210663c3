"""What the lists give up for rules, diversity and margin: which lists are judged, on which cut, by which rules.

The judging itself is tested in models/lists/test_trade_off.py; here is what the asset hands it.
"""

from datetime import timedelta

from shop_pipeline.assets.recommenders.trade_offs import build_trade_offs
from shop_pipeline_tests.assets.conftest import AS_OF, Bench
from shop_pipeline_tests.assets.test_evaluation import fill, trained

NAME = "marts.list_trade_offs"
SPLIT = AS_OF - timedelta(days=28)


def test_the_champion_is_judged_on_the_test_period_with_the_rules_of_its_start(bench: Bench) -> None:
    """C0 buys Q1 and C1 buys Q2 after the cut. Q1 ran out before it and Q2 after it, so that only the first is hidden:
    with the rules C0 finds nothing, and C1 what it found without them.
    """
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"), ("E2", "purchase", SPLIT, "C1", "Q2"))
    days = ((f"Q{n}", (SPLIT + timedelta(days=late)).date(), 0) for n, late in ((1, -1), (2, 0)))
    bench.fill("clean.stock", "product_id stock_date on_hand", *days)
    bench.build(build_trade_offs, NAME)
    rules = f"SELECT setting, recall, n_customers, split_at FROM {NAME} WHERE curve = 'rules' ORDER BY setting"
    # Popularity lists all three products that a customer does not have.
    assert bench.rows(rules) == [(0.0, 1.0, 2, SPLIT), (1.0, 0.5, 2, SPLIT)]
    curves = f"SELECT curve, count(*), count(*) FILTER (is_used) FROM {NAME} GROUP BY 1 ORDER BY 1"
    assert bench.rows(curves) == [("diversity", 8, 1), ("margin", 8, 1), ("rules", 2, 1)]


def test_where_nobody_can_be_judged_the_table_is_empty_and_says_why(bench: Bench) -> None:
    fill(bench, *trained())
    built = bench.build(build_trade_offs, NAME)
    assert bench.rows(f"FROM {NAME}") == []
    assert built.metadata == {"note": f"nobody known before {SPLIT} bought anything new between it and {AS_OF}"}
