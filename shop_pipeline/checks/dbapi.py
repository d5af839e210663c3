"""A DB-API face over the pipeline's own DuckDB connection, so that expectations run inside its open transaction.

Why it exists: SQLAlchemy opens, commits, rolls back and closes connections as it sees fit, and each of that would end
our transaction or drop unread rows. Here begin, commit, rollback and close do nothing, and a cursor reads its rows when
it executes. Not here: what is asked (`audit.py`).
"""

from typing import Any

import duckdb

# Great Expectations looks at 200 broken rows; a table of them all would have to fit into Python's memory.
MOST_ROWS = 10_000

Failed = tuple[str, duckdb.Error]


class Cursor:
    """Rows are read at `execute`, so that no later statement can take them away."""

    arraysize = 1

    def __init__(self, owner: "Connection") -> None:
        self.connection = owner
        self.description: Any = None
        self.rowcount = -1
        self._rows: list[Any] = []

    def execute(self, statement: str, parameters: Any = None) -> "Cursor":
        try:
            relation = self.connection.duck.execute(statement, parameters or [])
        except duckdb.Error as error:
            self.connection.errors.append((statement, error))
            raise
        self.description = relation.description
        self._rows = relation.fetchmany(MOST_ROWS) if relation.description else []
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        head, self._rows = self._rows[:size], self._rows[size:]
        return head

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        self._rows = []


class Connection:
    """What SQLAlchemy gets for a connection; `notices` is what its PostgreSQL dialect looks for.

    `errors` collects what could not be run and why: Great Expectations goes on after an error, and the aborted
    transaction then hides it behind errors of its own.
    """

    def __init__(self, duck: duckdb.DuckDBPyConnection, errors: list[Failed] | None = None) -> None:
        self.duck = duck
        self.errors: list[Failed] = [] if errors is None else errors
        self.notices: list[str] = []

    def cursor(self) -> Cursor:
        return Cursor(self)

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self.duck, name)
