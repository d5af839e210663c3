"""Parquet files to text columns with record numbers.

Here: DuckDB knows each record's number (`file_row_number`), so nothing is copied; every value becomes text, so that
one set of reading rules holds for all kinds of files, but for values that have the type that is wanted. Not here: those
rules (`typing_sql`).
"""

from collections.abc import Sequence

from .inspection import Inspected
from .quoting import exact_path, identifier, literal, literals
from .text_rows import TextRows


def read_parquet_text(group: Sequence[Inspected]) -> TextRows:
    """The records of files of one schema, as text."""
    paths = literals(exact_path(str(one.read_from)) for one in group)
    schema = group[0].schema
    names = [name for name, _ in schema]
    cells = ", ".join(
        f"{_as_text(identifier(name), type_)} AS _cell_{position}, {identifier(name)} AS _stored_{position}"
        for position, (name, type_) in enumerate(schema)
    )
    pairs = ", ".join(f"{literal(name)}, _cell_{position}" for position, name in enumerate(names))
    return TextRows(
        relation=f"""(
            SELECT _path, file_row_number + 1 AS _row, {cells}
            FROM read_parquet({paths}, hive_partitioning = false, filename = '_path', file_row_number = true))""",
        columns={name.lower(): f"_cell_{position}" for position, name in enumerate(names)},
        record=f"json_object({pairs})",
        stored={name.lower(): (f"_stored_{position}", type_) for position, (name, type_) in enumerate(schema)},
    )


def _as_text(column: str, type_: str) -> str:
    if type_ == "TIMESTAMP WITH TIME ZONE":
        # A plain cast would write the session's time zone.
        return f"CAST(timezone('UTC', {column}) AS VARCHAR) || 'Z'"
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP")):
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"
