"""The contracts hold together: names, keys and references; the outside contract; the dictionary that follows from them.

The lists of columns are written here by hand from the outside contract, not read from the code under test.
"""

import re
from pathlib import Path

import pytest

from shop_pipeline.contracts import FEEDS, TABLES, Column, RowRule, Rule, Table
from shop_pipeline.contracts.dictionary import SCHEMAS, render
from shop_pipeline.contracts.table import Repair

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ORIGIN = {"_file", "_row", "_part", "_loaded_at"}
DICTIONARY = Path(__file__).parents[2] / "docs" / "data-dictionary.md"

# The outside contract: the feeds and their columns.
OUTSIDE_FEEDS = {
    "events": "event_at event_type product_id event_id customer_id session_id order_id quantity unit_price currency"
    " rating review_text country ip_address device_id channel",
    "products": "product_id title description category brand unit_price unit_cost attributes valid_from",
    "customers": "customer_id name email phone birth_year gender country city signed_up_at email_consent sms_consent"
    " phone_consent",
    "stock": "product_id stock_date on_hand on_order lead_time_days",
    "messages": "message_id campaign_id channel customer_id sent_at opened_at clicked_at cost is_control",
    "assignments": "experiment_id variant customer_id assigned_at",
    "tickets": "ticket_id customer_id opened_at closed_at topic satisfaction",
    "order_labels": "order_id is_fraud labelled_at",
    "market": "period_date category market_revenue competitor_price",
    "rates": "rate_date currency rate",
}

# The outside contract: the marts, their keys and their columns.
OUTSIDE_MARTS = {
    "recommendations": (
        "customer_id rank",
        "product_id score model fallback_level reason_code reason_product_ids reason_share",
    ),
    "popular_products": ("scope rank", "product_id score"),
    "similar_products": ("product_id measure rank", "similar_product_id score n_common_customers"),
    "similar_customers": ("customer_id rank", "similar_customer_id score"),
    "sales_daily": (
        "sale_date category",
        "orders units gross_revenue returned_revenue net_revenue customers new_customers conversion",
    ),
    "bought_together": ("antecedents consequents", "support confidence lift leverage conviction n_baskets"),
    "market_share": ("period_date category", "revenue market_revenue share growth"),
    "cohort_retention": ("cohort_month months_since", "customers retained net_revenue"),
    "demand_forecast": ("unique_id ds", "y_hat lo_80 hi_80 lo_95 hi_95 model baseline_y_hat"),
    "price_forecast": ("product_id ds", "y_hat lo_80 hi_80 model"),
    "price_elasticity": ("product_id", "elasticity ci_low ci_high n_price_points"),
    "inventory_plan": (
        "product_id",
        "on_hand lead_time_days reorder_point safety_stock order_quantity stockout_risk abc_class xyz_class",
    ),
    "model_evaluation": ("model metric k", "value ci_low ci_high baseline beats_baseline n_customers split_at"),
    "data_quality": ("run_id table_name rule partition", "passed n_rows n_failed severity sample"),
}

# The outside contract: the run manifest, and the words of event_type.
OUTSIDE_MANIFEST = "run_id as_of git_revision parameters seeds versions inputs outputs"
OUTSIDE_EVENT_TYPES = "view click search favourite add_to_cart remove_from_cart checkout purchase refund cancel review"


def rules_of(table: Table) -> list[Rule | RowRule | Repair]:
    """All that is counted under a name of its own."""
    return [*table.rules, *table.row_rules, *table.repairs]


@pytest.mark.parametrize(("feed", "columns"), OUTSIDE_FEEDS.items())
def test_the_feeds_have_the_columns_of_the_outside_contract(feed: str, columns: str) -> None:
    assert set(columns.split()) | ORIGIN <= set(TABLES[f"raw.{feed}"].column_names)


def test_there_are_these_feeds_and_no_others() -> None:
    assert set(FEEDS) == set(OUTSIDE_FEEDS)


@pytest.mark.parametrize(("mart", "key", "columns"), [(name, *both) for name, both in OUTSIDE_MARTS.items()])
def test_the_marts_have_the_keys_and_columns_of_the_outside_contract(mart: str, key: str, columns: str) -> None:
    table = TABLES[f"marts.{mart}"]
    assert table.key == tuple(key.split())
    assert {*key.split(), *columns.split()} <= set(table.column_names)


def test_the_manifest_and_the_event_types_are_those_of_the_outside_contract() -> None:
    assert set(OUTSIDE_MANIFEST.split()) <= set(TABLES["ops.run_manifest"].column_names)
    event_type = next(column for column in TABLES["clean.events"] if column.name == "event_type")
    assert event_type.values == tuple(OUTSIDE_EVENT_TYPES.split())


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_names_are_snake_case_and_stand_once(table: Table) -> None:
    names = [table.schema, table.name, *(name.removeprefix("_") for name in table.column_names)]
    assert [name for name in names if not SNAKE.fullmatch(name)] == []
    assert len(set(table.column_names)) == len(table.columns)
    rules = [rule.name for rule in rules_of(table)]
    assert [name for name in rules if not SNAKE.fullmatch(name)] == []
    assert len(set(rules)) == len(rules), "two rules of one name would be one check"


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_column_names_say_their_kind(table: Table) -> None:
    """*_at is a timestamp, *_date a day, is_* and has_* booleans; ids are text."""
    kinds = {r".*_at": "TIMESTAMP", r".*_date": "DATE", r"(is|has)_.*": "BOOLEAN", r"(.*_)?id": "VARCHAR"}
    wrong = [
        column.name
        for column in table
        for pattern, type_ in kinds.items()
        if re.fullmatch(pattern, column.name) and column.type != type_
    ]
    assert wrong == []


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_keys_and_references_name_columns_that_are_there(table: Table) -> None:
    columns = {column.name: column for column in table}
    assert table.key
    assert all(columns[name].required for name in table.key), "a null can't identify a row"
    assert table.partition is None or columns[table.partition].type == "DATE"
    for key in table.foreign_keys:
        theirs = {column.name: column.type for column in TABLES[key.to]}
        assert [theirs[name] for name in key.references] == [columns[name].type for name in key.columns]


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_everything_says_what_it_means(table: Table) -> None:
    silent = [thing.name for thing in (*table.columns, *rules_of(table)) if not thing.doc.strip()]
    assert silent == []
    assert table.grain


@pytest.mark.parametrize("name", [name for name in TABLES if name.startswith("marts.")])
def test_every_mart_says_as_of_when_it_holds_and_which_run_made_it(name: str) -> None:
    stamps = {column.name: column for column in TABLES[name] if column.name in ("as_of", "run_id")}
    assert {stamp: (column.type, column.required) for stamp, column in stamps.items()} == {
        "as_of": ("TIMESTAMP", True),
        "run_id": ("VARCHAR", True),
    }


def test_what_is_published_holds_no_personal_column() -> None:
    published = [table for table in TABLES.values() if table.schema in ("marts", "ops")]
    assert [column.name for table in published for column in table if column.personal] == []


def test_the_data_dictionary_is_up_to_date() -> None:
    assert DICTIONARY.read_text("utf-8") == render(), (
        "run: python -m shop_pipeline.contracts.dictionary > docs/data-dictionary.md"
    )


def test_the_data_dictionary_names_every_table_column_and_rule() -> None:
    text = render()
    assert {table.schema for table in TABLES.values()} == set(SCHEMAS)
    for table in TABLES.values():
        begin = text.index(f"### {table.qualified}\n")
        section = text[begin : text.find("\n### ", begin + 1)]
        named = [thing.name for thing in (*table.columns, *rules_of(table))]
        assert [name for name in named if f"`{name}`" not in section] == []
        assert table.grain in section


def test_a_dictionary_row_tells_type_null_meaning_and_range() -> None:
    """One row of each form, written out: two ends, one end, values, personal."""
    text = render()
    for row in (
        "| `birth_year` | INTEGER | yes | year of birth | 1900 to 2100 |",
        "| `line_number` | BIGINT | no | 1 is the first line of the order | at least 1 |",
        "| `severity` | VARCHAR | no | ERROR refuses the table, WARN does not, REPAIR counts mended rows |"
        " ERROR, WARN, REPAIR |",
        "| `email` | VARCHAR | yes | address (personal) |  |",
        "- `product_id` stands in `clean.products` (`product_id`), where `NOT is_service`",
        "- row `unknown_event_type`: not one of the contract's words; to quarantine, at most 5% of a load",
        "- repair `order_assigned`: money without an order: that of its visit",
    ):
        assert row in text


def test_ddl_is_types_and_not_null_only() -> None:
    table = Table(
        "s", "t", "g", (Column("a", "BIGINT", "a", minimum=1), Column("b", "DATE", "b", required=False)), ("a",)
    )
    assert table.create_statement() == 'CREATE TABLE IF NOT EXISTS s.t ("a" BIGINT NOT NULL, "b" DATE)'
