"""Stage, audit, publish: the only way into a stored table.

A `Part` is one table and the query that fills it. All parts of a write are staged in temporary tables, conformed to
their contracts by name and type, audited, and swapped in together; if one promise that counts is broken, the
transaction is rolled back and `GateRefused` names it. Rows that break a row rule go to the quarantine, which is itself
a part. Outcomes are stored whatever happens. Not here: what is promised (`contracts/`), how it is asked (`audit.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb

from ..contracts import RowRule, Table
from .audit import Auditor, Outcome, count_rows

WHOLE = "true"
SAMPLED_ROWS = 3


@dataclass(frozen=True)
class Part:
    """Fill `table` from `source` (a SELECT); rows of the table where `replaces` holds make room for it.

    `label` names the replaced slice for people; `refused` is the predicate, over the quarantine, of this part's earlier
    refusals. `checked` is a SELECT of the number of rows that shares are taken of, where it is not that of `source`.
    """

    table: Table
    source: str
    replaces: str = WHOLE
    label: str = ""
    refused: str = WHOLE
    checked: str = ""


@dataclass(frozen=True)
class Report:
    """What a write did: rows that went in and were set aside per row rule, and every outcome."""

    table: Table
    label: str
    n_rows: int
    set_aside: dict[str, int] = field(default_factory=dict)
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
    """Writes tables of one connection; `quarantine` and `results` are the contracts of its own two tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, run_id: str, quarantine: Table, results: Table) -> None:
        self._duck = connection
        self._run_id = run_id
        self._quarantine = quarantine
        self._results = results
        self._auditor = Auditor(connection)

    def write(self, part: Part, *companions: Part) -> Report:
        """Write `part` and its companions together. Raises `GateRefused`, or what the source's SQL raises."""
        self._duck.execute("BEGIN")
        try:
            report = self._stage_and_audit(part, companions)
            if not report.refusing:
                self._store_outcomes(report)
                self._duck.execute("COMMIT")
                return report
        except BaseException:  # also an interrupt: nothing may be left half written
            self._duck.execute("ROLLBACK")
            raise
        self._duck.execute("ROLLBACK")
        # In one transaction: all outcomes of one check have one `checked_at`, by which the newest are found.
        self._duck.execute("BEGIN")
        self._store_outcomes(report)
        self._duck.execute("COMMIT")
        raise GateRefused(report)

    def _stage_and_audit(self, part: Part, companions: Sequence[Part]) -> Report:
        good, refused, set_aside, outcomes = self._judge_rows(part) if part.table.row_rules else (part, [], {}, [])
        parts, n_rows = [good, *companions, *refused], 0
        for each in reversed(parts):  # the table itself comes last, so that n_rows is its own
            staged, found = self._audit_part(each)
            outcomes += found if each is good else [o for o in found if o.refuses]
            n_rows = count_rows(self._duck, staged)
            if not any(outcome.refuses for outcome in found):
                self._swap(each, staged)
        return Report(part.table, part.label, n_rows, set_aside, tuple(outcomes))

    def _audit_part(self, part: Part) -> tuple[str, list[Outcome]]:
        table = part.table
        staged = f"staged_{table.schema}_{table.name}"
        columns = ", ".join(f'CAST("{c.name}" AS {c.type}) AS "{c.name}"' for c in table)
        self._stage(staged, f"SELECT {columns} FROM ({self._stamped(part)})")
        outside = None if part.replaces == WHOLE else f"NOT ({part.replaces})"
        return staged, self._auditor.audit(table, staged, outside)

    def _stage(self, name: str, source: str) -> None:
        self._duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {source}")

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

    def _judge_rows(self, part: Part) -> tuple[Part, list[Part], dict[str, int], list[Outcome]]:
        """Part the good rows from those that break a row rule; counts and outcomes per rule."""
        table, arrived = part.table, f"arrived_{part.table.schema}_{part.table.name}"
        self._stage(arrived, part.source)
        total = self._total(part, arrived)
        counted = self._duck.execute(f"SELECT _rule, count(*) FROM {arrived} WHERE _rule NOT NULL GROUP BY 1")
        counts: dict[str, int] = dict(counted.fetchall())
        unknown = set(counts) - {rule.name for rule in table.row_rules}
        if unknown:
            raise ValueError(f"{table.qualified}: the builder names rules that the contract does not have: {unknown}")
        samples = self._samples(arrived)
        judged = [_judge(rule, counts.get(rule.name, 0), total, samples.get(rule.name)) for rule in table.row_rules]
        good = replace(part, source=f"SELECT * FROM {arrived} WHERE _rule IS NULL")
        return good, [self._refused_rows(part, arrived)], counts, judged

    def _total(self, part: Part, arrived: str) -> int:
        row = self._duck.execute(part.checked or f"SELECT count(*) FROM {arrived}").fetchone()
        return int(row[0]) if row else 0

    def _samples(self, arrived: str) -> dict[str, str]:
        """Where the first broken rows of each rule stand; not what is in them, which may be personal."""
        places = "list({'file': _file, 'line': _row} ORDER BY _file, _row)"
        sql = f"SELECT _rule, to_json({places}[:{SAMPLED_ROWS}]) FROM {arrived} WHERE _rule IS NOT NULL GROUP BY 1"
        return dict(self._duck.execute(sql).fetchall())

    def _refused_rows(self, part: Part, arrived: str) -> Part:
        kept = [f"'{rule.name}'" for rule in part.table.row_rules if not rule.dropped]
        name = part.table.qualified
        day = f'"{part.table.partition}"' if part.table.partition else "NULL"
        source = (
            f"SELECT '{name}' AS table_name, _rule AS rule, _reason AS reason, _file AS file, _row AS line,"
            f" {day} AS partition, _source AS row_json FROM {arrived} WHERE _rule IN ({', '.join(kept)})"
        )
        return Part(self._quarantine, source, f"table_name = '{name}' AND ({part.refused})")

    def _swap(self, part: Part, staged: str) -> None:
        name = part.table.qualified
        if part.replaces == WHOLE:
            self._duck.execute(f"DROP TABLE IF EXISTS {name}")
            self._duck.execute(part.table.create_statement())
        else:
            self._duck.execute(f"DELETE FROM {name} WHERE {part.replaces}")
        self._duck.execute(f"INSERT INTO {name} BY NAME SELECT * FROM {staged}")
        self._duck.execute(f"DROP TABLE {staged}")

    def _store_outcomes(self, report: Report) -> None:
        # The one write without an audit: an audit of the outcomes would have outcomes to store.
        columns = "run_id, table_name, rule, partition, passed, n_rows, n_failed, severity, sample, checked_at"
        name = self._results.qualified
        self._duck.execute(
            f"DELETE FROM {name} WHERE run_id = ? AND table_name = ?", [self._run_id, report.table.qualified]
        )
        head = (self._run_id, report.table.qualified)
        self._duck.executemany(
            f"INSERT INTO {name} ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, current_timestamp AT TIME ZONE 'UTC')",
            [
                (*head, o.rule, report.label, o.passed, o.n_rows, o.n_failed, o.severity, o.sample)
                for o in report.outcomes
            ],
        )


def _judge(rule: RowRule, n_failed: int, total: int, sample: str | None) -> Outcome:
    share = n_failed / total if total else 0.0
    # What stays under the limit is in quarantine and not a failure of the table, but it is counted.
    return Outcome(rule.name, share <= rule.limit, total, n_failed, "WARN" if rule.dropped else "ERROR", sample)
