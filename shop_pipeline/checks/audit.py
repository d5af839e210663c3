"""Run a table's promises on its staged rows, as SQL inside the open transaction, and say what came out.

Great Expectations evaluates; this module keeps one context per connection, numbers the failures and takes samples with
personal data masked. Not here: what follows from an outcome (`gate.py`).
"""

import json
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import great_expectations as gx

from ..contracts import Severity, Table
from .dbapi import Connection, Failed
from .suite import Promise, expectations, promises

SAMPLE_ROWS = 5
MASK = "***"
BATCH = "staged_batch"


@dataclass(frozen=True)
class Outcome:
    """What became of one promise; `share` is of the rows checked."""

    rule: str
    passed: bool
    n_rows: int
    n_failed: int
    severity: Severity = "ERROR"
    sample: str | None = None
    is_rule: bool = False

    @property
    def share(self) -> float:
        return self.n_failed / self.n_rows if self.n_rows else 0.0

    @property
    def refuses(self) -> bool:
        return not self.passed and self.severity == "ERROR"


class Auditor:
    """Audits staged tables of one DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._duck = connection
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        self._errors: list[Failed] = []
        source = context.data_sources.add_sql(
            name="warehouse",
            connection_string="duckdb:///:memory:",
            kwargs={"creator": lambda: Connection(connection, self._errors)},
        )
        # One view stands for every staged table: a new asset costs 15 ms, because GX writes its whole configuration.
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS SELECT 1")
        asset = source.add_table_asset(name=BATCH, table_name=BATCH)
        self._batch = asset.add_batch_definition_whole_table("whole")

    def audit(self, table: Table, staged: str, outside: str | None = None) -> list[Outcome]:
        """Check `staged` (a temporary table without a schema) against all promises of `table`.

        Raises duckdb.Error, the first one, if a promise can't be asked.
        """
        asked = promises(table, outside)
        self._duck.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS FROM {staged}")
        broken = self._broken(asked)
        self._duck.execute(f"DROP VIEW {BATCH}")
        n_rows = count_rows(self._duck, staged)
        return [self._outcome(table, staged, n_rows, promise, broken) for promise in asked]

    def _broken(self, asked: list[Promise]) -> dict[str, str | None]:
        """Names of the promises that Great Expectations finds broken, with what it raised itself, if it did."""
        suite = gx.ExpectationSuite(name=BATCH, expectations=expectations(asked))
        self._errors.clear()
        results = self._batch.get_batch().validate(suite, result_format="SUMMARY").results
        # Other statements that fail are probes of SQLAlchemy's PostgreSQL dialect, which it gets over.
        about_rows = [error for statement, error in self._errors if BATCH in statement]
        if about_rows:
            raise about_rows[0]
        broken: dict[str, str | None] = {}
        for result in results:
            if not result.success:
                seen = result.result.get("observed_value")
                names = seen if isinstance(seen, list) else result.expectation_config.meta["promises"]
                broken |= dict.fromkeys(names, _raised(result.exception_info or {}))
        return broken

    def _outcome(
        self, table: Table, staged: str, n_rows: int, promise: Promise, broken: dict[str, str | None]
    ) -> Outcome:
        is_kept = promise.name not in broken
        outcome = Outcome(promise.name, is_kept, n_rows, 0, promise.severity, None, promise.is_rule)
        if is_kept:
            return outcome
        if raised := broken[promise.name]:
            return replace(outcome, n_failed=n_rows, sample=raised[:500])
        failed, sample = self._failing_rows(table, promise.query.replace("{batch}", staged))
        return replace(outcome, n_failed=failed, sample=sample)

    def _failing_rows(self, table: Table, query: str) -> tuple[int, str]:
        personal = {column.name for column in table if column.personal}
        failed = count_rows(self._duck, f"({query})")
        relation = self._duck.execute(f"SELECT * FROM ({query}) LIMIT {SAMPLE_ROWS}")
        names = [column[0] for column in relation.description or []]
        rows = [
            {n: MASK if n in personal else v for n, v in zip(names, row, strict=True)} for row in relation.fetchall()
        ]
        return failed, json.dumps(rows, default=str, ensure_ascii=False)


def _raised(info: dict[str, Any]) -> str | None:
    """What an expectation raised, if it did: GX puts it straight into `info`, or under the id of each metric."""
    infos = [info] if "raised_exception" in info else list(info.values())
    return next((str(one["exception_message"]) for one in infos if one["raised_exception"]), None)


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0
