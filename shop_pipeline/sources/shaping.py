"""The SQL text of a preset, between the source text and the mapping.

Here: what the text reads (`{records}` and its lookups) and what it has to give; docs/formats.md tells people the same.
Not here: the mapping of what it gives (`canonical_sql`), the reading of lookup files (`lookups`).
"""

from .presets import FeedPreset, Layout
from .quoting import identifier
from .text_rows import TextRows

LOOKUP = "_landing_lookup_{}"
"""Temporary table of a lookup's records."""
RECORDS = "_landing_source"


def shaped(preset: FeedPreset, rows: TextRows) -> TextRows:
    """The rows that the preset's SQL gives for the records in `rows`; the same rows where it has none."""
    if preset.sql is None:
        return rows
    text = preset.sql.strip().removesuffix(";").replace("{records}", RECORDS)
    for name in preset.lookups:
        text = text.replace(f"{{{name}}}", LOOKUP.format(name))
    return TextRows(
        relation=f"(WITH {RECORDS} AS ({records(preset, rows)}) SELECT * FROM ({text}\n))",
        columns={},
        record="_record",
        is_readable="_is_readable",
        unreadable=rows.unreadable,
        part="_part",
        broken=rows.broken,
    )


def records(layout: Layout, rows: TextRows) -> str:
    """A SELECT of _path, _row, _record, _is_readable and the source columns, as text, of each record."""
    cells = "".join(f", {rows.cell(name)} AS {identifier(name)}" for name in layout.source_columns)
    return (
        f"SELECT _path, _row, CAST({rows.record} AS VARCHAR) AS _record, {rows.is_readable} AS _is_readable{cells}"
        f" FROM {rows.relation}"
    )
