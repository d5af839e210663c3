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
from .suite import Promise, promises

SAMPLE_ROWS = 5
MASK = "***"


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
        self._source = context.data_sources.add_sql(
            name="warehouse",
            connection_string="duckdb:///:memory:",
            kwargs={"creator": lambda: Connection(connection, self._errors)},
        )
        self._batches: dict[str, Any] = {}

    def audit(self, table: Table, staged: str, outside: str | None = None) -> list[Outcome]:
        """Check `staged` (a temporary table without a schema) against all promises of `table`.

        Raises duckdb.Error, the first one, if a promise can't be asked.
        """
        asked = promises(table, outside)
        results = self._validate(staged, [promise.expectation for promise in asked])
        n_rows = count_rows(self._duck, staged)
        return [self._outcome(table, staged, n_rows, promise, results[promise.name]) for promise in asked]

    def _validate(self, staged: str, expectations: list[Any]) -> dict[str, Any]:
        if staged not in self._batches:
            asset = self._source.add_table_asset(name=staged, table_name=staged)
            self._batches[staged] = asset.add_batch_definition_whole_table("whole")
        suite = gx.ExpectationSuite(name=staged, expectations=expectations)
        self._errors.clear()
        results = self._batches[staged].get_batch().validate(suite, result_format="SUMMARY").results
        # Other statements that fail are probes of SQLAlchemy's PostgreSQL dialect, which it gets over.
        about_rows = [error for statement, error in self._errors if f"FROM {staged}" in statement]
        if about_rows:
            raise about_rows[0]
        return {result.expectation_config.meta["promise"]: result for result in results}

    def _outcome(self, table: Table, staged: str, n_rows: int, promise: Promise, result: Any) -> Outcome:
        outcome = Outcome(promise.name, bool(result.success), n_rows, 0, promise.severity, None, promise.is_rule)
        if result.success:
            return outcome
        raised = _raised(result.exception_info or {})
        if raised:
            return replace(outcome, n_failed=n_rows, sample=raised[:500])
        if promise.query is not None:
            failed, sample = self._failing_rows(table, promise.query.replace("{batch}", staged))
        else:  # the columns themselves
            failed, sample = n_rows, json.dumps(str(result.result.get("observed_value")))
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
