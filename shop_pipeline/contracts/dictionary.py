"""The data dictionary: every table as the contracts declare it, in Markdown.

`python -m shop_pipeline.contracts.dictionary > docs/data-dictionary.md` writes it; a test holds the file to it. Not
here: the declarations (the modules named after their schema), and the prose about them (the guides in `docs/`).
"""

from collections.abc import Iterator

from . import TABLES
from .table import Column, Table

SCHEMAS = {
    "raw": "The feeds as they landed, typed. Nothing is lost here; what can't be read goes to `clean.quarantine`.",
    "clean": "What the rest may trust, and the quarantine of what it may not.",
    "features": "What models learn from.",
    "models": "Every learned thing as a table.",
    "marts": "What people query. Published in `shop.duckdb`.",
    "ops": "Check results, files and manifests. Published in `shop.duckdb`.",
}


def render() -> str:
    """The whole dictionary, ending in a line break."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Generated from `shop_pipeline/contracts`; do not edit. Write it again with"
    yield "`python -m shop_pipeline.contracts.dictionary > docs/data-dictionary.md`."
    for schema, about in SCHEMAS.items():
        tables = [table for table in TABLES.values() if table.schema == schema]
        yield from ("", f"## {schema}", "", about)
        for table in tables:
            yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield from ("", f"### {table.qualified}", "")
    yield f"One row: {table.grain}. Key: {_names(table.key)}."
    if table.partition:
        yield f"Loaded by days of `{table.partition}`."
    yield from ("", "| column | type | null | meaning | range |", "|---|---|---|---|---|")
    yield from (_column(column) for column in table)
    rules = list(_rules(table))
    if rules:
        yield from ("", "Rules:", "", *rules)


def _column(column: Column) -> str:
    null = "no" if column.required else "yes"
    doc = f"{column.doc} (personal)" if column.personal else column.doc
    cells = (f"`{column.name}`", column.type, null, doc, _range(column))
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _range(column: Column) -> str:
    if column.values:
        return ", ".join(column.values)
    low, high = (None if bound is None else f"{bound:g}" for bound in (column.minimum, column.maximum))
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def _rules(table: Table) -> Iterator[str]:
    for key in table.foreign_keys:
        where = "" if key.where == "true" else f", where `{key.where}`"
        yield f"- {_names(key.columns)} stands in `{key.to}` ({_names(key.references)}){where}"
    for rule in table.rules:
        warns = " (warns only)" if rule.severity == "WARN" else ""
        yield f"- `{rule.name}`: {rule.doc}{warns}"
    for refusal in table.row_rules:
        fate = "dropped" if refusal.dropped else f"to quarantine, at most {refusal.limit:.0%} of a load"
        yield f"- row `{refusal.name}`: {refusal.doc}; {fate}"
    for repair in table.repairs:
        yield f"- repair `{repair.name}`: {repair.doc}"


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


if __name__ == "__main__":
    print(render(), end="")
