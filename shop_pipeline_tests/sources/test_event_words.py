"""The list of event words, and that a column of them is mapped at once."""

import time

import duckdb
import pytest

from shop_pipeline.contracts.feeds import EVENT_TYPES
from shop_pipeline.sources.event_words import OTHER, TABLE, event_words, stage_event_words, words_of

from .conftest import Landing


def test_every_type_has_its_own_word_and_every_word_a_type() -> None:
    words = event_words()
    assert {type_: words[type_] for type_ in EVENT_TYPES} == {type_: type_ for type_ in EVENT_TYPES}
    assert set(words.values()) <= {*EVENT_TYPES, OTHER}


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ({"view": ["pv"], "click": ["pv"]}, "listed twice: pv"),
        ({"look": ["pv"]}, "no event types: look"),
        ({"view": ["PV"]}, "not in lower case: PV"),
    ],
)
def test_a_list_that_can_t_be_meant_is_refused(listed: dict[str, list[str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        words_of(listed)


def test_words_are_mapped_in_any_case_and_unknown_ones_stay(landing: Landing) -> None:
    lines = ["AddToCart", " PV ", "购买", "Teleport", '""']
    landing.write("a.csv", "event_at,event_type,product_id\n" + "".join(f"2024-05-01,{word},1\n" for word in lines))
    rows = landing.stage()
    assert [row["event_type"] for row in rows] == ["add_to_cart", "view", "purchase", "Teleport", None]
    assert [row["_rule"] for row in rows] == [None, None, None, None, "missing_value"]


def test_an_own_mapping_uses_the_words_too(landing: Landing) -> None:
    landing.write("a.csv", "Day,What,Sku\n2024-05-01,buy,1\n")
    columns = {"event_at": "Day", "event_type": "What", "product_id": "Sku"}
    assert [row["event_type"] for row in landing.stage(columns=columns)] == ["purchase"]


def test_five_million_words_take_well_under_a_second(connection: duckdb.DuckDBPyConnection) -> None:
    """Or little beside reading the words alone, because the machine may be busy. Seen: 0.21 s beside 0.12 s."""
    stage_event_words(connection)
    words = "['pv', 'Cart', 'buy', 'view', 'what'][i % 5 + 1]"
    connection.execute(f"CREATE TABLE landed AS SELECT {words} AS word FROM range(5_000_000) t(i)")

    def seconds(sql: str) -> float:
        began = time.perf_counter()
        connection.execute(sql).fetchall()
        return time.perf_counter() - began

    mapped = f"SELECT max(coalesce(_landing_type, word)) FROM landed LEFT JOIN {TABLE} ON _landing_word = lower(word)"
    read = min(seconds("SELECT max(lower(word)) FROM landed") for _ in range(3))
    assert min(seconds(mapped) for _ in range(3)) < max(1, 5 * read)
