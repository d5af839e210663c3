"""What the Dagster UI is told of a table: its checks, their results, its counts and its columns.

`contract` stands for all declared columns, keys, ranges and references together, because every stored event costs time;
the rules that span rows have checks of their own. Not here: the checking (`checks/`).
"""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ..checks import Outcome, Report
from ..contracts import Table

CONTRACT = "contract"
QUARANTINE = "quarantine_share"


def checks_of(table: Table) -> list[tuple[str, str]]:
    """The checks that the UI shows for a table: name and description."""
    found = [(CONTRACT, "declared columns, key, ranges, values and foreign keys")]
    found += [(rule.name, rule.doc) for rule in table.rules]
    if table.row_rules:
        found.append((QUARANTINE, "no row rule refused more rows than its limit"))
    return found


def check_results(table: Table, report: Report) -> Iterator[dg.AssetCheckResult]:
    """One result per check of `checks_of`, from the outcomes of its expectations."""
    row_rules = {rule.name for rule in table.row_rules}
    # A repair fails no row; `counts` tells of it.
    of_rows = row_rules | {repair.name for repair in table.repairs}
    for name, _ in checks_of(table):
        if name == CONTRACT:
            mine = [o for o in report.outcomes if not o.is_rule and o.rule not in of_rows]
        elif name == QUARANTINE:
            mine = [o for o in report.outcomes if o.rule in row_rules]
        else:
            mine = [o for o in report.outcomes if o.rule == name]
        yield _check_result(table, name, mine)


def _check_result(table: Table, name: str, outcomes: list[Outcome]) -> dg.AssetCheckResult:
    failed = [o for o in outcomes if not o.passed]
    severe = any(o.severity == "ERROR" for o in failed) or not failed
    counted = [o for o in outcomes if o.n_failed]
    return dg.AssetCheckResult(
        passed=not failed,
        check_name=name,
        asset_key=dg.AssetKey([table.schema, table.name]),
        severity=dg.AssetCheckSeverity.ERROR if severe else dg.AssetCheckSeverity.WARN,
        metadata={
            "expectations": len(outcomes),
            "failing_rows": sum(o.n_failed for o in counted),
            "failing_share": max((o.share for o in counted), default=0.0),
            "sample": dg.MetadataValue.json({o.rule: {"rows": o.n_failed, "sample": _parsed(o)} for o in counted}),
        },
    )


def _parsed(outcome: Outcome) -> Any:
    try:
        return json.loads(outcome.sample or "null")
    except ValueError:  # an exception's text, not a sample
        return outcome.sample


def counts(report: Report) -> dict[str, Any]:
    """Rows that went in, how many were set aside by which rule, and how many mended by which repair."""
    counted: dict[str, Any] = {"dagster/row_count": report.n_rows}
    if report.table.row_rules:
        total = report.n_rows + sum(report.set_aside.values())
        counted["set_aside"] = dg.MetadataValue.json(report.set_aside)
        counted["set_aside_share"] = sum(report.set_aside.values()) / total if total else 0.0
    if report.table.repairs:
        counted["repaired"] = dg.MetadataValue.json(report.repaired)
    return counted


def column_schema(table: Table) -> dg.TableSchema:
    """The contract's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(c.name, c.type, c.doc, dg.TableColumnConstraints(nullable=not c.required)) for c in table
        ]
    )
