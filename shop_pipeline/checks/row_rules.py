"""Rows judged one by one: what breaks a row rule is set aside, what was repaired is counted.

The builder says which rule a row breaks (`_rule`) and which repairs it made (`_repairs`, a struct of booleans); this
module counts, holds the shares against the rules' limits and selects what the quarantine keeps. Not here: the
transaction around it (`gate.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from ..contracts import RowRule, Table
from .audit import Outcome

SAMPLED_ROWS = 3


@dataclass(frozen=True)
class Judgement:
    """Rows per row rule and per repair, and an outcome for each of them."""

    set_aside: dict[str, int]
    repaired: dict[str, int]
    outcomes: list[Outcome]


def judge_rows(
    duck: duckdb.DuckDBPyConnection, table: Table, arrived: str, total: int, limits: Mapping[str, float]
) -> Judgement:
    """Count the rows of the relation `arrived`; the rules' limits, or those of `limits`, are shares of `total` rows.

    Raises `ValueError` for a rule that the contract does not have.
    """
    counts = dict(duck.execute(f"SELECT _rule, count(*) FROM {arrived} WHERE _rule NOT NULL GROUP BY 1").fetchall())
    if unknown := set(counts) - {rule.name for rule in table.row_rules}:
        raise ValueError(f"{table.qualified}: the builder names rules that the contract does not have: {unknown}")
    samples = _samples(duck, arrived)
    repaired = _repairs(duck, table, arrived)
    rules = [replace(rule, limit=limits.get(rule.name, rule.limit)) for rule in table.row_rules]
    judged = [_judge(rule, counts.get(rule.name, 0), total, samples.get(rule.name)) for rule in rules]
    judged += [Outcome(name, True, total, n_rows, "REPAIR") for name, n_rows in repaired.items()]
    return Judgement(counts, repaired, judged)


def refused_rows(table: Table, arrived: str) -> str:
    """A SELECT of the rows for the quarantine: all that break a rule, but for dropped ones."""
    kept = ", ".join(f"'{rule.name}'" for rule in table.row_rules if not rule.dropped)
    day = f'"{table.partition}"' if table.partition else "NULL"
    return (
        f"SELECT '{table.qualified}' AS table_name, _rule AS rule, _reason AS reason, _file AS file, _row AS line,"
        f" _part AS part, {day} AS partition, _source AS row_json FROM {arrived} WHERE _rule IN ({kept})"
    )


def _samples(duck: duckdb.DuckDBPyConnection, arrived: str) -> dict[str, str]:
    """Where the first broken rows of each rule stand; not what is in them, which may be personal."""
    places = "list({'file': _file, 'line': _row} ORDER BY _file, _row, _part)"
    sql = f"SELECT _rule, to_json({places}[:{SAMPLED_ROWS}]) FROM {arrived} WHERE _rule IS NOT NULL GROUP BY 1"
    return dict(duck.execute(sql).fetchall())


def _repairs(duck: duckdb.DuckDBPyConnection, table: Table, arrived: str) -> dict[str, int]:
    if not table.repairs:
        return {}
    names = [repair.name for repair in table.repairs]
    # Not count_if, which is null where no row is left.
    counted = ", ".join(f"count(*) FILTER (_repairs.{name})" for name in names)
    row = duck.execute(f"SELECT {counted} FROM {arrived} WHERE _rule IS NULL").fetchone() or ()
    return dict(zip(names, row, strict=True))


def _judge(rule: RowRule, n_failed: int, total: int, sample: str | None) -> Outcome:
    share = n_failed / total if total else 0.0
    # What stays under the limit is in quarantine and not a failure of the table, but it is counted.
    return Outcome(rule.name, share <= rule.limit, total, n_failed, "WARN" if rule.dropped else "ERROR", sample)
