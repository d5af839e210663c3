"""A shop's own limit of a row rule takes the place of the contract's; a rule that nobody knows is told by name."""

import duckdb
import pytest

from shop_pipeline.assets.session import known_limits
from shop_pipeline.checks import Gate, GateRefused, Part
from shop_pipeline.contracts import TABLES, Column, RowRule, Table
from shop_pipeline.settings import SettingsError, ShopSettings

THINGS = Table(
    *("clean", "things", "one thing", (Column("id", "INTEGER", "its number"),), ("id",)),
    row_rules=(RowRule("odd", "an odd number", 0.25),),
)
# Of the numbers 0 to 9 five are odd: half.
SOURCE = (
    "SELECT n::INTEGER AS id, CASE WHEN n % 2 = 1 THEN 'odd' END AS _rule, NULL AS _reason, 'f' AS _file, n + 1 AS"
    " _row, 1 AS _part, '{}' AS _source FROM range(10) t(n)"
)


def gate(warehouse: duckdb.DuckDBPyConnection, **limits: float) -> Gate:
    warehouse.execute(THINGS.create_statement())
    return Gate(warehouse, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"], limits)


@pytest.mark.parametrize("limits", [{"odd": 0.5}, {"odd": 1.0}])
def test_a_load_within_its_own_limit_is_taken(warehouse: duckdb.DuckDBPyConnection, limits: dict[str, float]) -> None:
    report = gate(warehouse, **limits).write(Part(THINGS, SOURCE))
    assert (report.n_rows, report.set_aside) == (5, {"odd": 5})


@pytest.mark.parametrize("limits", [{}, {"even": 1.0}, {"odd": 0.49}])
def test_a_load_over_its_limit_is_not(warehouse: duckdb.DuckDBPyConnection, limits: dict[str, float]) -> None:
    with pytest.raises(GateRefused, match="odd: 5 of 10 rows"):
        gate(warehouse, **limits).write(Part(THINGS, SOURCE))


def test_a_limit_of_no_rule_is_told_by_name() -> None:
    assert known_limits(ShopSettings.model_validate({"limits": {"unknown_product": 0.2}})) == {"unknown_product": 0.2}
    with pytest.raises(SettingsError, match=r"limits: \['unknown_produkt'\]: no such row rule"):
        known_limits(ShopSettings.model_validate({"limits": {"unknown_produkt": 0.2}}))
