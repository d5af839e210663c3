"""Stage, audit, publish: the only way into a stored table.

A `Part` is one table and the query that fills it. All parts of a write are staged in temporary tables, conformed to
their contracts by name and type, audited, and swapped in together; if one promise that counts is broken, the
transaction is rolled back and `GateRefused` names it. Rows that break a row rule go to the quarantine, which is itself
a part. Outcomes are stored whatever happens. Not here: what is promised (`contracts/`), how it is asked (`audit.py`),
and how rows are judged (`row_rules.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import duckdb

from ..contracts import Table
from .audit import Auditor, Outcome, count_rows
from .row_rules import Judgement, judge_rows, refused_rows

WHOLE = "true"


@dataclass(frozen=True)
class Part:
    """Fill `table` from `source` (a SELECT); rows of the table where `replaces` holds make room for it.

    `label` names the replaced slice for people; `refused` is the predicate, over the quarantine, of this part's earlier
    refusals. `checked` is a SELECT of the number of rows that shares are taken of, where it is not that of `source`.
    With `is_stored` the source only picks from temporary rows that stay, and is read again rather than copied.
    """

    table: Table
    source: str
    replaces: str = WHOLE
    label: str = ""
    refused: str = WHOLE
    checked: str = ""
    is_stored: bool = False


@dataclass(frozen=True)
class Report:
    """What a write did: rows that went in, that were set aside per row rule and repaired per repair; every outcome."""

    table: Table
    label: str
    n_rows: int
    set_aside: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()

    @property
    def refusing(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.refuses]


class GateRefused(Exception):
    """The staged rows broke a promise; the table is as it was. `report` has the details."""

    def __init__(self, report: Report) -> None:
        self.report = report
        broken = "; ".join(
            f"{o.rule}: {o.n_failed} of {o.n_rows} rows{f', such as {o.sample}' if o.sample else ''}"
            for o in report.refusing
        )
        super().__init__(f"{report.table.qualified} was refused and is as it was. {broken}")


class Gate:
    """Writes tables of one connection; `quarantine` and `results` are the contracts of its own two tables.

    `limits` has the row rules whose limit is another than the contract's.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        run_id: str,
        quarantine: Table,
        results: Table,
        limits: Mapping[str, float] | None = None,
    ) -> None:
        self._duck = connection
        self._run_id = run_id
        self._quarantine = quarantine
        self._results = results
        self._limits = limits or {}
        self._auditor = Auditor(connection)

    def write(self, part: Part, *companions: Part) -> Report:
        """Write `part` and its companions together. Raises `GateRefused`, or what the source's SQL raises."""
        # Before the transaction: what it has made itself DuckDB reads with one thread.
        good, refused, judged = self._judge(part)
        self._duck.execute("BEGIN")
        try:
            report = self._stage_and_audit(good, [*companions, *refused], judged)
            if not report.refusing:
                self._store_outcomes(report)
                self._duck.execute("COMMIT")
                return report
        except BaseException:  # also an interrupt: nothing may be left half written
            self._roll_back()
            raise
        self._roll_back()
        # In one transaction: all outcomes of one check have one `checked_at`, by which the newest are found.
        self._duck.execute("BEGIN")
        self._store_outcomes(report)
        self._duck.execute("COMMIT")
        raise GateRefused(report)

    def _stage_and_audit(self, part: Part, companions: Sequence[Part], judged: Judgement) -> Report:
        n_rows, outcomes = 0, list(judged.outcomes)
        for each in (*companions, part):  # the table itself comes last, so that n_rows is its own
            staged, found = self._audit_part(each)
            outcomes += found if each is part else [o for o in found if o.refuses]
            n_rows = count_rows(self._duck, staged)
            if not any(outcome.refuses for outcome in found):
                self._swap(each, staged)
        return Report(part.table, part.label, n_rows, judged.set_aside, judged.repaired, tuple(outcomes))

    def _judge(self, part: Part) -> tuple[Part, list[Part], Judgement]:
        """The good rows as a part of their own, those for the quarantine as another, and what was counted."""
        table = part.table
        if not table.row_rules:
            return part, [], Judgement({}, {}, [])
        arrived = self._stage("arrived", part, part.source)
        total = self._duck.execute(part.checked or f"SELECT count(*) FROM {arrived}").fetchone() or (0,)
        judged = judge_rows(self._duck, table, arrived, int(total[0]), self._limits)
        good = replace(part, source=f"SELECT * FROM {arrived} WHERE _rule IS NULL", is_stored=True)
        earlier = f"table_name = '{table.qualified}' AND ({part.refused})"
        return good, [Part(self._quarantine, refused_rows(table, arrived), earlier)], judged

    def _audit_part(self, part: Part) -> tuple[str, list[Outcome]]:
        table = part.table
        columns = ", ".join(f'CAST("{c.name}" AS {c.type}) AS "{c.name}"' for c in table)
        staged = self._stage("staged", part, f"SELECT {columns} FROM ({self._stamped(part)})")
        outside = None if part.replaces == WHOLE else f"NOT ({part.replaces})"
        return staged, self._auditor.audit(table, staged, outside)

    def _stage(self, state: str, part: Part, source: str) -> str:
        """The name of a temporary relation of `source`: a copy, or a view where the rows are stored already."""
        name = f"{state}_{part.table.schema}_{part.table.name}{'_view' if part.is_stored else ''}"
        self._duck.execute(f"CREATE OR REPLACE TEMP {'VIEW' if part.is_stored else 'TABLE'} {name} AS {source}")
        return name

    def _stamped(self, part: Part) -> str:
        """The source, with the columns that every run knows (as_of, run_id) added where the contract wants them."""
        relation = self._duck.execute(f"SELECT * FROM ({part.source}) LIMIT 0").description or []
        have = {column[0] for column in relation}
        missing = [c for c in part.table.column_names if c not in have]
        stamps = [c for c in ("as_of", "run_id") if c in missing]
        if len(missing) > len(stamps):
            lacking = [c for c in missing if c not in stamps]
            raise ValueError(f"{part.table.qualified}: the builder gives no columns {lacking}; it gives {sorted(have)}")
        extra = "".join(f", getvariable('{column}') AS {column}" for column in stamps)
        return f"SELECT *{extra} FROM ({part.source})"

    def _swap(self, part: Part, staged: str) -> None:
        name = part.table.qualified
        if part.replaces == WHOLE:
            self._duck.execute(f"DROP TABLE IF EXISTS {name}")
            self._duck.execute(part.table.create_statement())
        else:
            self._duck.execute(f"DELETE FROM {name} WHERE {part.replaces}")
        # In order, each thread closes a row group with every batch, and the next checkpoint writes the table again to
        # merge them (2 to 5 s for 5,000,000 rows). Rows of the small tables are worth their order.
        self._duck.execute(f"SET preserve_insertion_order = {not part.is_stored}")
        self._duck.execute(f"INSERT INTO {name} BY NAME SELECT * FROM {staged}")
        self._duck.execute("SET preserve_insertion_order = true")
        self._duck.execute(f"DROP {'VIEW' if part.is_stored else 'TABLE'} {staged}")

    def _roll_back(self) -> None:
        self._duck.execute("ROLLBACK")
        # An INSERT that failed has left it off, and an aborted transaction takes no setting. Line numbers need it.
        self._duck.execute("SET preserve_insertion_order = true")

    def _store_outcomes(self, report: Report) -> None:
        # The one write without an audit: an audit of the outcomes would have outcomes to store.
        columns = "run_id, table_name, rule, partition, passed, n_rows, n_failed, severity, sample, checked_at"
        name = self._results.qualified
        self._duck.execute(
            f"DELETE FROM {name} WHERE run_id = ? AND table_name = ?", [self._run_id, report.table.qualified]
        )
        head = (self._run_id, report.table.qualified)
        rows = [
            (*head, o.rule, report.label, o.passed, o.n_rows, o.n_failed, o.severity, o.sample) for o in report.outcomes
        ]
        if rows:
            # One statement for all: one per row takes as long as the audit of a small table.
            marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, current_timestamp AT TIME ZONE 'UTC')"] * len(rows))
            self._duck.execute(f"INSERT INTO {name} ({columns}) VALUES {marks}", list(chain.from_iterable(rows)))
