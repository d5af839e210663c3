"""Visits and labels of the sample shop after a run of the whole pipeline: who is left out, and what they still get."""

from shop_pipeline_tests.pipeline.finished import FinishedShop

LEFT_OUT = "SELECT customer_id FROM clean.customer_labels WHERE label IN ('bot', 'staff', 'test')"


def ids(shop: FinishedShop, sql: str) -> set[str]:
    return {id_ for (id_,) in shop.rows(sql)}


def test_every_event_of_a_customer_or_device_is_of_one_visit(finished_shop: FinishedShop) -> None:
    counted = finished_shop.value("SELECT sum(n_events) FROM clean.sessions")
    assert counted == finished_shop.value("SELECT count(*) FROM clean.events WHERE session_id IS NOT NULL") > 10_000


def test_bots_staff_and_test_accounts_are_those_of_the_truth(finished_shop: FinishedShop) -> None:
    """One bot and one of the staff among 300 customers, and the three test accounts."""
    truth = finished_shop.truth("customers")
    tests = set(finished_shop.facts("dirt")["test_customer_ids"])
    for label, named in (
        ("bot", set(truth.loc[truth["is_bot"], "customer_id"])),
        ("staff", set(truth.loc[truth["is_staff"], "customer_id"])),
        ("test", tests),
    ):
        assert named
        assert ids(finished_shop, f"SELECT customer_id FROM clean.customer_labels WHERE label = '{label}'") == named


def test_they_teach_the_models_nothing(finished_shop: FinishedShop) -> None:
    """But they are in the shop's books: what they bought is in order_lines."""
    left_out = ids(finished_shop, LEFT_OUT)
    assert left_out & ids(finished_shop, "SELECT customer_id FROM clean.order_lines")
    assert not left_out & ids(finished_shop, "SELECT customer_id FROM features.interactions")
    assert not left_out & ids(finished_shop, "SELECT id FROM models.als_factors WHERE entity = 'customer'")


def test_they_get_the_popular_list_of_their_country(finished_shop: FinishedShop) -> None:
    """20 products each, the same for all of a country, as nothing is known about their taste."""
    found = finished_shop.rows(
        "SELECT any_value(country), list(product_id ORDER BY rank), list(DISTINCT model), list(DISTINCT fallback_level)"
        " FROM marts.recommendations JOIN clean.customers USING (customer_id)"
        f" WHERE customer_id IN ({LEFT_OUT}) GROUP BY customer_id"
    )
    assert len(found) == len(ids(finished_shop, LEFT_OUT)) >= 5
    lists = {country: products for country, products, *_ in found}
    for country, products, models, levels in found:
        assert (products, models, levels) == (lists[country], ["popularity"], [2])
        assert len(products) == 20


def test_wholesale_customers_do_teach_the_models(finished_shop: FinishedShop) -> None:
    wholesale = ids(
        finished_shop,
        f"SELECT customer_id FROM clean.customer_labels WHERE label = 'wholesale' AND customer_id NOT IN ({LEFT_OUT})",
    )
    assert wholesale
    assert wholesale <= ids(finished_shop, "SELECT customer_id FROM features.interactions")
