"""The counts behind the verdicts, worked by hand; and what is done with a verdict: empty tables that say why."""

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from shop_pipeline.assets.readiness import build_readiness
from shop_pipeline.assets.recommenders.evaluation import build_evaluation
from shop_pipeline.assets.recommenders.models import _fitted
from shop_pipeline.assets.recommenders.recommendations import build_recommendations
from shop_pipeline.assets.recommenders.similarities import _of_products
from shop_pipeline.models.readiness_words import NOUNS
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "marts.model_readiness"
SPLIT = AS_OF - timedelta(days=28)
LINE = "order_id customer_id product_id line_date line_at unit_price is_return is_service event_id"
EVENT = "event_id event_type event_at event_date customer_id product_id session_id"
VERDICT = "model table_name verdict quantity observed threshold text reason"


def line(
    order: str, customer: str | None, product: str, day: date, price: int = 10, *, back: bool = False, fee: bool = False
) -> tuple[object, ...]:
    at = datetime.combine(day, datetime.min.time()) + timedelta(hours=10)
    return (order, customer, product, day, at, price, back, fee, f"{order}{product}{back}")


def event(
    number: int, kind: str, at: datetime, customer: str | None, product: str, visit: str | None = None
) -> tuple[object, ...]:
    return (f"E{number}", kind, at, at.date(), customer, product, visit)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """Seven orders of three customers, a fee, a return and an order at the clock; the tests work out the rest."""
    jan, feb = (lambda day: date(2025, 1, day)), (lambda day: date(2025, 2, day))
    bench.fill("clean.products", "product_id", ("N",), *((f"P{n}",) for n in range(6)))
    bench.fill(
        "clean.order_lines",
        LINE,
        line("O1", "C1", "P1", jan(1)),
        line("O1", "C1", "P2", jan(1)),
        line("O1", "C1", "POST", jan(1), fee=True),
        line("O2", "C1", "P1", jan(11), 12),
        line("O3", "C1", "P3", feb(10)),
        line("O4", "C2", "P1", jan(5)),
        line("O5", None, "P2", jan(6)),
        line("O6", "C3", "P1", jan(2)),
        line("O6", "C3", "P2", jan(2)),
        line("O6", "C3", "P3", jan(2)),
        line("O7", "C3", "P2", jan(4)),
        line("O7", "C3", "P3", jan(4)),
        line("O3", "C1", "P3", feb(20), 9, back=True),
        line("O8", "C2", "P3", AS_OF.date(), 99),
    )
    before, after = SPLIT - timedelta(days=1), SPLIT + timedelta(days=1)
    bench.fill(
        "clean.events",
        EVENT,
        *(event(number, "view", before, "C1", p, "S1") for number, p in enumerate(("P1", "P2", "P1", "P2"))),
        event(4, "view", before, "C2", "P2", "S2"),
        event(5, "view", before, "C3", "P3", "S3"),
        event(6, "view", before, "C3", "P3", "S3"),
        # New to C1 and known to training is P3: judged. The others are not, for what stands behind them.
        event(10, "purchase", after, "C1", "P3"),
        event(11, "purchase", after, "C2", "P2"),  # had it before
        event(12, "purchase", after, "C3", "N"),  # a product that training does not know
        event(13, "purchase", after, "C9", "P1"),  # a customer whom training does not know
        event(14, "view", after, "C3", "P1"),  # no purchase
        event(15, "purchase", AS_OF, "C2", "P1"),  # at the clock
        event(16, "view", AS_OF - timedelta(hours=1), None, "P1"),
    )
    pairs = [("C1", n) for n in range(3)] + [("C2", 0)] + [("C3", n) for n in range(6)]
    columns = "customer_id product_id weight n_events last_event_at"
    bench.fill("features.interactions", columns, *((c, f"P{n}", 1.0, 1, before) for c, n in pairs))
    return bench


def counts(bench: Bench) -> dict[str, int]:
    bench.run("features.visits")
    bench.run("features.model_counts")
    return dict(bench.rows("SELECT quantity, observed FROM features.model_counts"))


def test_the_counts_worked_by_hand(shop: Bench) -> None:
    """Matrix: 3 customers with 3, 1 and 6 products. Gaps between days of purchase: C1 10 and 30, C3 2; the middle one
    is 10, and the history of Jan 1 to Feb 28 has 59 days, 5 gaps. C3 has been silent for 55 days, over 3 gaps; C1 for
    18: one of each. P1 was sold at 10 and 12. Events with a product: 7 before the test period, 6 in it, one of them of
    a visitor whom nobody knows; the one at the clock is none. Visits had P1, P2, P3 and N.
    """
    found = counts(shop)
    assert set(found) == set(NOUNS)
    assert found == {
        "orders": 7,
        "product_events": 13,
        "interactions": 10,
        "smaller_side": 3,
        "linking_customers": 2,
        "profiled_customers": 1,
        "test_buyers": 1,
        "visited_products": 4,
        "left_products": 0,
        "rule_pairs": 0,
        "rule_products": 0,
        "sold_products": 3,
        "buyers": 3,
        "repeat_buyers": 2,
        "history_days": 59,
        "history_gaps": 5,
        "rarer_fate": 1,
        "repriced_products": 1,
    }


def test_pairs_and_steps_with_lower_thresholds(shop: Bench) -> None:
    """In 2 orders or more: P1 and P2 in O1 and O6, P2 and P3 in O6 and O7; P1 and P3 are in O6 alone. Visits went on
    from P1 twice: S1 to P2, of the same moment, and a day of C3 to N, likewise; from P2 and from N once; from P3 never.
    """
    shop.set(rule_orders=2, steps_of_product=2)
    found = counts(shop)
    assert (found["rule_pairs"], found["rule_products"], found["left_products"]) == (2, 3, 1)
    shop.set(rule_orders=3, steps_of_product=3)
    found = counts(shop)
    assert (found["rule_pairs"], found["rule_products"], found["left_products"]) == (0, 0, 0)


def test_orders_of_very_many_products_are_not_searched_for_pairs(shop: Bench) -> None:
    """O6 has three products: without it no pair is in two orders."""
    shop.set(rule_orders=2, basket_products=3)
    assert counts(shop)["rule_pairs"] == 2
    shop.set(basket_products=2)
    assert counts(shop)["rule_pairs"] == 0


def test_ratings_of_nobody_make_best_sellers_and_an_event_without_weight_does_not(bench: Bench) -> None:
    """97 reviews without a customer are enough, though no pair is in the matrix. Not counted: an event of no product,
    a fee, a search (it has no weight), a product taken out of the cart (its weight is under 0).
    """
    ago = AS_OF - timedelta(days=1)
    bench.fill("clean.events", EVENT, *(event(n, "review", ago, None, f"P{n % 5}") for n in range(97)))
    rest = [event(97, "view", ago, None, ""), event(98, "search", ago, None, "P1")]
    rest += [event(99, "remove_from_cart", ago, None, "P1")]
    bench.fill("clean.events", EVENT, *(one if one[5] else (*one[:5], None, None) for one in rest))
    bench.fill("clean.events", f"{EVENT} is_service", (*event(100, "view", ago, None, "POST"), True))
    found = counts(bench)
    assert (found["product_events"], found["interactions"], found["orders"]) == (97, 0, 0)
    bench.build(build_readiness, NAME)
    (told,) = bench.rows(f"SELECT verdict, text FROM {NAME} WHERE model = 'popularity'")
    assert told == ("reduced", "best sellers by views and ratings, not by sales, from 97 events")


@pytest.mark.parametrize(
    ("leave_out", "judged", "events"),
    [
        (["bot", "staff", "test"], 0, 13 - 5),
        (["staff"], 0, 13 - 5),
        # Staff are not left out here.
        (["wholesale"], 1, 13),
    ],
)
def test_who_is_left_out_is_neither_counted_nor_judged(
    shop: Bench, leave_out: list[str], judged: int, events: int
) -> None:
    """C1, the one test buyer, is of the staff: four views and a purchase go."""
    shop.fill("clean.customer_labels", "customer_id label", ("C1", "staff"))
    shop.set(leave_out=leave_out)
    found = counts(shop)
    assert (found["test_buyers"], found["product_events"]) == (judged, events)


def test_visits_of_bots_teach_nothing(shop: Bench) -> None:
    """C3 looked at P3 in visit S3 alone, so that without it training knows P3 no more, and C1 has nothing to find."""
    shop.fill("clean.sessions", "session_id is_bot", ("S3", True))
    found = counts(shop)
    assert (found["test_buyers"], found["product_events"]) == (0, 13 - 2)


def test_without_any_row_every_count_is_zero_and_no_model_is_allowed(bench: Bench) -> None:
    assert set(counts(bench).values()) == {0}
    built = bench.build(build_readiness, NAME)
    assert bench.rows(f"SELECT DISTINCT verdict, as_of FROM {NAME}") == [("none", AS_OF)]
    assert "| als | none | no factors | 0 customers or products" in built.metadata["readiness"].value


def test_the_verdicts_of_the_hand_made_shop(shop: Bench) -> None:
    counts(shop)
    built = shop.build(build_readiness, NAME)
    found = {model: (level, text) for model, level, text in shop.rows(f"SELECT model, verdict, text FROM {NAME}")}
    assert found["popularity"] == ("reduced", "best sellers, in an order that is much chance")
    assert found["product_similarity"] == ("none", "no similar products")
    assert found["recommendations"] == ("reduced", "best sellers for everybody")
    assert found["price_elasticity"] == ("reduced", "elasticity of 1 products")
    assert found["demand_forecast"] == ("reduced", "forecasts without a yearly season")
    assert built.metadata["readiness"].value.startswith("13 events with a product: best sellers, in an order")


def forbid(bench: Bench, model: str, quantity: str, level: str = "none") -> None:
    bench.fill(NAME, VERDICT, (model, "t", level, quantity, 15, 16, "not this", "because"))


@pytest.mark.parametrize(
    ("model", "builder", "table"),
    [
        ("product_similarity", _of_products, "models.product_similarity"),
        ("als", partial(_fitted, "als"), "models.als_factors"),
        ("model_evaluation", build_evaluation, "models.evaluation"),
        ("recommendations", build_recommendations, "marts.recommendations"),
    ],
)
def test_a_model_that_is_not_allowed_is_empty_and_says_why(
    shop: Bench, model: str, builder: object, table: str
) -> None:
    forbid(shop, model, "linking_customers")
    built = shop.build(builder, table)  # type: ignore[arg-type]
    assert shop.rows(f"FROM {table}") == []
    assert built.metadata == {"note": "not this: 15 customers with two products or more, 16 wanted (because)"}


@pytest.mark.parametrize(
    ("model", "left"),
    [
        ("als", ["item_neighbours", "popularity", "popularity_trending", "sparse_ease", "transitions"]),
        ("item_neighbours", ["als", "popularity", "popularity_trending", "sparse_ease", "transitions"]),
        # Its lists come from the similarities; what follows on what stands under the same condition.
        ("product_similarity", ["als", "popularity", "popularity_trending"]),
    ],
)
def test_a_model_that_is_not_allowed_is_no_rival(bench: Bench, model: str, left: list[str]) -> None:
    before, after = SPLIT - timedelta(days=1), SPLIT + timedelta(days=1)
    known = [event(10 * c + p, "purchase", before, f"C{c}", f"P{p}") for c in range(4) for p in (0, c + 1)]
    bench.fill("clean.events", EVENT, *known, event(99, "purchase", after, "C0", "P2"))
    forbid(bench, model, "smaller_side")
    bench.build(build_evaluation, "models.evaluation")
    assert bench.rows("SELECT DISTINCT model FROM models.evaluation ORDER BY 1") == [(name,) for name in left]


def test_recommendations_from_best_sellers_say_so(shop: Bench) -> None:
    shop.fill("clean.customers", "customer_id first_event_at", *((f"C{n}", SPLIT) for n in range(1, 4)))
    shop.fill("features.product_rules", "product_id is_shown", *((f"P{n}", True) for n in range(6)))
    forbid(shop, "recommendations", "test_buyers", "reduced")
    built = shop.build(build_recommendations, "marts.recommendations")
    assert shop.rows("SELECT DISTINCT model FROM marts.recommendations") == [("popularity",)]
    assert built.metadata["reduced"] == (
        "not this: 15 customers who bought something new in the test period, 16 wanted (because)"
    )
