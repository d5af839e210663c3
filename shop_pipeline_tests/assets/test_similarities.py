"""Top-k tables of products and customers: all measures, content of products that nobody bought, what is skipped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from shop_pipeline.assets.recommenders.similarities import CUSTOMERS, PRODUCTS, _of_customers, _of_products
from shop_pipeline.names import Measure
from shop_pipeline.settings import ShopSettings
from shop_pipeline_tests.assets.conftest import AS_OF, SETTINGS, Bench


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """C1 and C2 have P1 and P2, C3 has P3 alone, and nobody P4; P3 and P4 are green tea."""
    titles = {"P1": "black mug", "P2": "white plate", "P3": "green tea", "P4": "green tea tin"}
    bench.fill("clean.products", "product_id title", *titles.items())
    bench.fill("raw.products", "product_id valid_from", *((id_, None) for id_ in titles))
    bench.fill("clean.customers", "customer_id", *((f"C{n}",) for n in (1, 2, 3)))
    pairs = [("C1", "P1"), ("C1", "P2"), ("C2", "P1"), ("C2", "P2"), ("C3", "P3")]
    rows = [(c, p, 1.0, 1, AS_OF - timedelta(days=1)) for c, p in pairs]
    bench.fill("features.interactions", "customer_id product_id weight n_events last_event_at", *rows)
    return bench


def settings(bench: Bench, **changes: Any) -> None:
    told = SETTINGS.model_dump() | {"recommend": SETTINGS.recommend.model_dump() | changes}
    bench.session = replace(bench.session, settings=ShopSettings.model_validate(told))


def test_every_measure_finds_the_pair_that_is_bought_together(shop: Bench) -> None:
    """P1 and P2 have the same customers: by cosine, Pearson, Jaccard, TF-IDF and asymmetric cosine exactly 1, and the
    distance of equal columns is 0: 1 / (1 + 0). BM25 is no share."""
    shop.build(_of_products, PRODUCTS)
    found = shop.rows(f"SELECT measure, score FROM {PRODUCTS} WHERE product_id = 'P1' AND similar_product_id = 'P2'")
    assert {measure for measure, _ in found} == set(get_args(Measure)) - {"content", "bought_with"}
    assert [score for measure, score in found if measure != "bm25"] == pytest.approx([1] * 6)


def test_content_knows_products_that_nobody_has(shop: Bench) -> None:
    shop.build(_of_products, PRODUCTS)
    alike = f"SELECT product_id, similar_product_id, n_common_customers FROM {PRODUCTS} WHERE measure = 'content'"
    assert shop.rows(f"{alike} ORDER BY 1") == [("P3", "P4", None), ("P4", "P3", None)]


def test_content_stays_where_the_customers_are_too_few(shop: Bench) -> None:
    verdict = ("product_similarity", "t", "none", "linking_customers", 2, 16, "no similar products", "because")
    columns = "model table_name verdict quantity observed threshold text reason"
    shop.fill("marts.model_readiness", columns, verdict)
    built = shop.build(_of_products, PRODUCTS)
    assert shop.rows(f"SELECT DISTINCT measure FROM {PRODUCTS}") == [("content",)]
    assert built.metadata["note"].startswith("no similar products: 2 customers")


def test_products_that_are_new_after_the_clock_are_like_nothing(shop: Bench) -> None:
    """P4 enters the catalogue at the clock, and nobody has to do with it before: P3 stands alone."""
    shop.duck.execute("UPDATE raw.products SET valid_from = ? WHERE product_id = 'P4'", [AS_OF])
    shop.build(_of_products, PRODUCTS)
    assert shop.rows(f"SELECT count(*) FROM {PRODUCTS} WHERE measure = 'content'") == [(0,)]
    shop.fill("clean.events", "event_id product_id event_at", ("E1", "P4", AS_OF - timedelta(days=1)))
    shop.build(_of_products, PRODUCTS)
    assert shop.rows(f"SELECT count(*) FROM {PRODUCTS} WHERE measure = 'content'") == [(2,)]


def test_customers_with_the_same_products_are_alike(shop: Bench) -> None:
    shop.build(_of_customers, CUSTOMERS)
    columns = "customer_id, similar_customer_id, measure, n_common_products"
    assert shop.rows(f"SELECT {columns} FROM {CUSTOMERS} ORDER BY 1") == [
        ("C1", "C2", "cosine", 2),
        ("C2", "C1", "cosine", 2),
    ]


@pytest.mark.parametrize(
    ("build", "name", "changes", "note"),
    [
        (_of_customers, CUSTOMERS, {"customer_measures": []}, "recommend.customer_measures of shop.yaml names none"),
        # 2^2 + 2^2 + 1 = 9 multiply-adds are 18 ns.
        (
            _of_customers,
            CUSTOMERS,
            {"tuning_minutes": 1e-10},
            "would take about 0 minutes, recommend.tuning_minutes allows 1e-10",
        ),
    ],
)
def test_what_is_not_computed_says_why(
    shop: Bench, build: Callable[..., Any], name: str, changes: dict[str, Any], note: str
) -> None:
    settings(shop, **changes)
    assert shop.build(build, name).metadata == {"note": note}
    assert shop.rows(f"FROM {name}") == []


def test_only_the_measures_of_the_settings_are_computed(shop: Bench) -> None:
    settings(shop, product_measures=["jaccard", "content"])
    shop.build(_of_products, PRODUCTS)
    assert shop.rows(f"SELECT DISTINCT measure FROM {PRODUCTS} ORDER BY 1") == [("content",), ("jaccard",)]
