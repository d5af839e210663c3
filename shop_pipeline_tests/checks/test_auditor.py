"""Great Expectations really runs, as SQL inside the open transaction, and counts what is counted here by hand."""

from collections.abc import Iterator

import duckdb
import pytest

from shop_pipeline.checks import Auditor
from shop_pipeline.checks.dbapi import Connection
from shop_pipeline.checks.suite import NoBrokenColumns, expectations, promises
from shop_pipeline.contracts import Column, ForeignKey, Rule, Table

THING = Table(
    "marts",
    "thing",
    "one thing",
    (
        Column("id", "VARCHAR", "id"),
        Column("n", "BIGINT", "number", minimum=0, maximum=9),
        Column("kind", "VARCHAR", "kind", required=False, values=("a", "b")),
    ),
    ("id",),
    foreign_keys=(ForeignKey(("kind",), "kinds", ("kind",), where="n < 100"),),
    rules=(Rule("even", "SELECT id FROM {batch} WHERE n % 2 = 1", "n is even"),),
)

# id: 2 nulls and x twice. n: -2 and 11 are out of 0..9, 1 null; odd: 3, 11, 5. kind: z is no kind, twice; nulls are
# allowed; of the others b is not in the table `kinds`, nor is z: b once, z twice.
ROWS = """VALUES ('x', -2, 'a'), ('x', 3, 'z'), (NULL, 4, 'b'), (NULL, 11, NULL), ('y', NULL, 'z'), ('v', 5, 'z')"""


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE kinds AS SELECT 'a' AS kind")
        opened.execute(f"CREATE TEMP TABLE staged AS SELECT id, n::BIGINT AS n, kind FROM ({ROWS}) AS t(id, n, kind)")
        yield opened


def test_counts_agree_with_those_made_by_hand(duck: duckdb.DuckDBPyConnection) -> None:
    found = {o.rule: (o.passed, o.n_failed, o.n_rows) for o in Auditor(duck).audit(THING, "staged")}
    assert found == {
        "columns": (True, 0, 6),
        "not_null(id)": (False, 2, 6),
        "not_null(n)": (False, 1, 6),
        "in_range(n)": (False, 2, 6),
        "known_value(kind)": (False, 3, 6),
        # Groups of the key with more than one row: x, and the nulls, which are one group.
        "key(id)": (False, 2, 6),
        # b, and z where n < 100 is known: z with n null is left out, so b, z, z.
        "foreign_key(kind) -> kinds": (False, 3, 6),
        "even": (False, 3, 6),
    }


FREE = Table("marts", "free", "one kind", (Column("kind", "VARCHAR", "kind", required=False),), ("kind",))


@pytest.mark.parametrize(("where", "n_repeated"), [("true", 1), ("false", 0)])
def test_a_table_of_which_no_column_promises_anything(
    duck: duckdb.DuckDBPyConnection, where: str, n_repeated: int
) -> None:
    """All counts are queries of their own. z is there three times: one group of the key.
    A wrong order of columns is seen in a batch without rows, too.
    """
    duck.execute(f"CREATE TEMP TABLE kinds_told AS SELECT kind FROM staged WHERE {where}")
    found = {o.rule: o.n_failed for o in Auditor(duck).audit(FREE, "kinds_told")}
    assert found == {"columns": 0, "key(kind)": n_repeated}
    duck.execute(f"CREATE TEMP TABLE wrong AS SELECT kind, 1 AS n FROM staged WHERE {where}")
    assert {o.rule: o.n_failed for o in Auditor(duck).audit(FREE, "wrong")} == {"columns": 1, "key(kind)": n_repeated}


def test_what_is_asked_in_one_query_is_answered_in_one_row_per_promise(duck: duckdb.DuckDBPyConnection) -> None:
    """Six rows in the batch, and each promise is named once at most: Great Expectations reads 200 rows."""
    (asked,) = [found for found in expectations(promises(FREE)) if isinstance(found, NoBrokenColumns)]
    assert duck.execute(asked.unexpected_rows_query.format(batch="staged")).fetchall() == [("columns",), ("key(kind)",)]


def test_another_order_of_columns_is_seen(duck: duckdb.DuckDBPyConnection) -> None:
    duck.execute("CREATE TEMP TABLE turned AS SELECT n, id, kind FROM staged")
    found = {o.rule: o for o in Auditor(duck).audit(THING, "turned")}
    assert not found["columns"].passed
    assert found["columns"].n_failed == 1  # the one list of columns
    assert found["columns"].sample == '[{"columns": ["n", "id", "kind"]}]'


def test_an_empty_table_keeps_every_promise(duck: duckdb.DuckDBPyConnection) -> None:
    duck.execute("DELETE FROM staged")
    assert all(outcome.passed and outcome.n_rows == 0 for outcome in Auditor(duck).audit(THING, "staged"))


@pytest.mark.parametrize("sql", ["SELECT nope FROM {batch}", "SELECT id FROM {batch} WHERE kind::INTEGER = 3"])
def test_a_rule_that_can_not_be_asked_says_so(duck: duckdb.DuckDBPyConnection, sql: str) -> None:
    """With the database's first words; those that follow are only of the aborted transaction."""
    broken = Table("marts", "thing", "g", THING.columns, ("id",), rules=(Rule("bad", sql, "d"),))
    duck.execute("BEGIN")
    auditor = Auditor(duck)
    with pytest.raises(duckdb.Error, match=r"nope|Could not convert"):
        auditor.audit(broken, "staged")
    duck.execute("ROLLBACK")
    assert len(auditor.audit(THING, "staged")) == 8


@pytest.mark.parametrize("sql", ["SELECT id FROM {batch} WHERE id = ':x'", "SELECT id FROM {batch} WHERE id = '{x}'"])
def test_what_great_expectations_can_not_ask_is_broken_and_says_why(duck: duckdb.DuckDBPyConnection, sql: str) -> None:
    """It takes a colon for a parameter, and braces for a name to fill in; the database never hears of it."""
    table = Table("marts", "thing", "g", THING.columns, ("id",), rules=(Rule("bad", sql, "d"),))
    found = {o.rule: o for o in Auditor(duck).audit(table, "staged")}
    assert found["bad"].refuses
    assert found["bad"].n_failed == found["bad"].n_rows == 6
    assert "x" in (found["bad"].sample or "")
    assert found["not_null(id)"].n_failed == 2


def test_an_audit_neither_commits_nor_rolls_back(duck: duckdb.DuckDBPyConnection) -> None:
    """SQLAlchemy ends transactions as it sees fit; ours has to be open behind the audit, or the gate is none."""
    duck.execute("BEGIN")
    duck.execute("INSERT INTO kinds VALUES ('b')")
    found = {o.rule: o.n_failed for o in Auditor(duck).audit(THING, "staged")}
    assert found["foreign_key(kind) -> kinds"] == 2  # it sees the row of the open transaction: b is known now
    duck.execute("ROLLBACK")
    assert duck.execute("FROM kinds").fetchall() == [("a",)]


def test_a_batch_is_asked_again_and_not_remembered(duck: duckdb.DuckDBPyConnection) -> None:
    auditor = Auditor(duck)
    auditor.audit(THING, "staged")
    duck.execute("DELETE FROM staged WHERE id IS NULL OR id = 'x'")
    found = {o.rule: (o.n_failed, o.n_rows) for o in auditor.audit(THING, "staged")}
    assert found["not_null(id)"] == (0, 2)
    assert found["key(id)"] == (0, 2)


def test_the_shim_reads_rows_when_it_executes(duck: duckdb.DuckDBPyConnection) -> None:
    """A second statement on the connection must not take the first one's rows away."""
    connection = Connection(duck)
    first = connection.cursor().execute("SELECT * FROM range(5)")
    connection.cursor().execute("SELECT 'other'")
    assert first.fetchone() == (0,)
    assert first.fetchmany(2) == [(1,), (2,)]
    assert first.fetchall() == [(3,), (4,)]
    assert first.fetchone() is None
    assert first.description[0][0] == "range"


def test_the_shim_ends_no_transaction(duck: duckdb.DuckDBPyConnection) -> None:
    connection = Connection(duck)
    duck.execute("BEGIN")
    duck.execute("INSERT INTO kinds VALUES ('b')")
    connection.commit()
    connection.close()
    connection.rollback()
    connection.begin()
    assert duck.execute("SELECT count(*) FROM kinds").fetchone() == (2,)
    duck.execute("ROLLBACK")
    assert duck.execute("SELECT count(*) FROM kinds").fetchone() == (1,)
