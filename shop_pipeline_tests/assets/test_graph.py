"""The asset graph as text, so that a rewiring is a diff of one line; and what every asset must say of itself.

`graph.txt` is the golden file: one line per asset, `key <- upstream keys`. Written again with
`python -m shop_pipeline_tests.assets.test_graph > shop_pipeline_tests/assets/graph.txt`.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy

from shop_pipeline.assets import STAGES
from shop_pipeline.assets.lineage import checked_against, column_lineage, tables_in
from shop_pipeline.assets.reporting import checks_of
from shop_pipeline.assets.sql_files import STORED_STATE, sql_text
from shop_pipeline.contracts import TABLES
from shop_pipeline.definitions import build_defs
from shop_pipeline.settings import ShopSettings

GOLDEN = Path(__file__).with_name("graph.txt")
SQL = Path(__file__).parents[2] / "shop_pipeline" / "sql"
SQL_TABLES = sorted(f"{path.parent.name}.{path.stem}" for path in SQL.glob("*/*.sql"))
# Written by the gate and by raw.events, in the same transaction as what they tell of.
NO_ASSETS = {"ops.check_results", "ops.landing_files"}


@cache
def specs() -> dict[str, dg.AssetSpec]:
    found = build_defs(ShopSettings()).resolve_all_asset_specs()
    return {".".join(spec.key.path): spec for spec in found}


def upstream(name: str) -> set[str]:
    return {".".join(dep.asset_key.path) for dep in specs()[name].deps}


def render() -> str:
    return "".join(f"{name} <- {', '.join(sorted(upstream(name))) or '(landing files)'}\n" for name in sorted(specs()))


def test_the_graph_is_the_one_in_the_golden_file() -> None:
    assert render() == GOLDEN.read_text("utf-8"), (
        "run: python -m shop_pipeline_tests.assets.test_graph > shop_pipeline_tests/assets/graph.txt"
    )


def test_every_contract_is_an_asset_and_every_asset_has_a_contract() -> None:
    assert set(specs()) == set(TABLES) - NO_ASSETS


def test_a_table_without_a_contract_can_not_be_an_asset() -> None:
    from shop_pipeline.assets.sql_files import sql_asset

    with pytest.raises(KeyError, match=r"marts\.invented"):
        sql_asset("marts.invented")


@pytest.mark.parametrize("name", SQL_TABLES)
def test_every_sql_file_is_named_after_the_table_that_it_fills(name: str) -> None:
    assert name in TABLES
    assert "sql" in specs()[name].kinds


def test_the_quarantine_comes_after_every_table_that_refuses_rows() -> None:
    assert upstream("clean.quarantine") == {name for name, table in TABLES.items() if table.row_rules}


@pytest.mark.parametrize("name", SQL_TABLES)
def test_dependencies_come_from_the_sql_and_from_the_contract(name: str) -> None:
    """What the text reads and what the contract compares with."""
    read = tables_in(sql_text(name)) - STORED_STATE.get(name, set()) | checked_against(TABLES[name])
    wanted = {table for table in read if table not in NO_ASSETS and table != name}
    if name == "marts.data_quality":  # reads check results only; its order is the next test's matter
        wanted = upstream(name)
    assert upstream(name) == wanted


def ancestors(name: str) -> set[str]:
    direct = upstream(name)
    return direct.union(*(ancestors(one) for one in direct))


def test_the_quality_table_and_the_publication_come_after_all_others() -> None:
    """Every gate writes check results, so the table of them has to be the last mart; a refusal anywhere stops both."""
    everything = set(TABLES) - NO_ASSETS
    assert ancestors("marts.data_quality") == everything - {"marts.data_quality", "ops.run_manifest"}
    assert ancestors("ops.run_manifest") == everything - {"ops.run_manifest"}


def test_lists_are_overdue_after_two_days() -> None:
    policy = specs()["marts.recommendations"].freshness_policy
    assert isinstance(policy, TimeWindowFreshnessPolicy)
    assert policy.fail_window.to_timedelta() == timedelta(days=2)


def test_tables_are_read_from_the_text() -> None:
    """Worked by hand: a CTE and `{batch}` are no tables, a join and a subquery are."""
    sql = """WITH c AS (SELECT * FROM raw.a) SELECT * FROM c JOIN clean.b USING (x)
             WHERE y IN (SELECT y FROM marts.d) AND NOT EXISTS (SELECT 1 FROM {batch})"""
    assert tables_in(sql) == {"raw.a", "clean.b", "marts.d"}


# Table, column -> the stored columns that it is computed from, read from the SQL by hand.
LINEAGE = {
    ("clean.order_lines", "order_id"): {"clean.events.order_id"},
    ("clean.order_lines", "booked_amount"): {
        "clean.events.event_type",
        "clean.events.quantity",
        "clean.events.unit_price",
    },
    ("clean.order_lines", "matched_quantity"): {"clean.returns.quantity", "clean.returns.sale_event_id"},
    ("clean.orders", "channel"): {
        "clean.events.channel",
        *(f"clean.order_lines.{column}" for column in ("is_return", "line_at", "line_number")),
    },
    ("features.interactions", "n_purchases"): {"clean.events.event_type"},
    ("marts.similar_products", "score"): {"models.product_similarity.score"},
}


@pytest.mark.parametrize(("table", "column"), LINEAGE)
def test_the_lineage_of_a_column(table: str, column: str) -> None:
    found = column_lineage(TABLES[table], sql_text(table)).deps_by_column[column]
    told = {f"{'.'.join(dep.asset_key.path)}.{dep.column_name}" for dep in found}
    assert told == LINEAGE[table, column]


@pytest.mark.parametrize("name", SQL_TABLES)
def test_every_column_of_a_sql_file_has_a_lineage(name: str) -> None:
    stamps = {"as_of", "run_id"} - {"run_id" if name == "marts.data_quality" else ""}
    found = column_lineage(TABLES[name], sql_text(name)).deps_by_column
    assert set(TABLES[name].column_names) - set(found) <= stamps
    assert {dep.asset_key for deps in found.values() for dep in deps} <= {
        dg.AssetKey(table.split(".")) for table in tables_in(sql_text(name))
    }


@pytest.mark.parametrize("name", [name for name in TABLES if name not in NO_ASSETS])
def test_every_asset_says_what_it_is(name: str) -> None:
    spec, table = specs()[name], TABLES[name]
    assert spec.group_name == table.schema
    assert spec.owners == ["team:shop-data"]
    assert "duckdb" in spec.kinds
    assert len(spec.kinds) > 1, "and how it is built"
    assert spec.description.lower() == f"{table.grain}.".lower()
    schema = spec.metadata["dagster/column_schema"]
    columns = schema.value.columns if isinstance(schema, dg.TableSchemaMetadataValue) else schema.columns
    assert [column.name for column in columns] == list(table.column_names)
    assert all(column.description for column in columns)


def test_the_checks_that_the_ui_shows_are_those_of_the_contracts() -> None:
    keys = build_defs(ShopSettings()).resolve_asset_graph().asset_check_keys
    found = {(".".join(key.asset_key.path), key.name) for key in keys}
    assert found == {(name, check) for name in specs() for check, _ in checks_of(TABLES[name])}
    # By hand, for one table: the contract, its rules across rows, and no row rules.
    assert {check for name, check in found if name == "clean.order_lines"} == {
        "contract",
        "products_have_a_version",
        "net_is_gross_less_returned",
        "quantities_add_up",
        "booked_is_the_signed_line",
        "totals_reconcile_with_events",
    }
    assert ("clean.events", "quarantine_share") in found


def test_only_events_are_partitioned_and_a_range_is_one_run() -> None:
    graph = build_defs(ShopSettings()).resolve_asset_graph()
    partitioned = {".".join(key.path) for key in graph.get_all_asset_keys() if graph.get(key).partitions_def}
    assert partitioned == {"raw.events", "clean.events"}
    for name in partitioned:
        policy = graph.get(dg.AssetKey(name.split("."))).backfill_policy
        assert policy == dg.BackfillPolicy.single_run()


def test_stages_stand_in_the_order_in_which_they_feed_one_another() -> None:
    """No asset is upstream of one of an earlier stage."""
    order = [stage.__name__.rsplit(".", 1)[-1] for stage in STAGES] + ["ops"]
    # Marts, because they are published, but the models ask them.
    place = {name: order.index(name.split(".")[0]) for name in specs()}
    place["marts.model_readiness"] = order.index("readiness")
    place["marts.hybrid_weights"] = order.index("hybrid")
    place |= dict.fromkeys(("marts.clv_evaluation", "models.clv_parameters"), order.index("value"))
    place |= dict.fromkeys(("marts.model_trials", "marts.model_selection"), order.index("tuning"))
    backwards = [(name, above) for name in specs() for above in upstream(name) if place[above] > place[name]]
    assert backwards == []


if __name__ == "__main__":
    print(render(), end="")
