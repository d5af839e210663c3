"""Numbers to CSV text: ids, times, money, quoting, and the writing of files.

Here: formats, without any meaning of a column. Not here: which columns a feed has (`feeds`) and what is wrong on
purpose (`dirt`).

Lines are made as Arrow strings rather than by a CSV writer: so a day can be given late, repeated and broken lines
without parsing it again, and 1,000,000 lines cost less than a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shop_pipeline.simulate.timeline import DAY_SECONDS, Ints

Columns = Mapping[str, pa.Array]

_TIMES = pa.array([f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}Z" for s in range(DAY_SECONDS)])
_CENTS = pa.array([f".{c:02d}" for c in range(100)])


def lookup(table: pa.Array, positions: Ints) -> pa.Array:
    """The entries of a table at positions; -1 gives an empty field."""
    return pc.take(table, pa.array(positions, mask=positions < 0))


def numbered(prefix: str, width: int, numbers: Ints) -> pa.Array:
    """Ids such as C000123, counted from 1 for number 0; -1 gives an empty field."""
    text = pc.utf8_lpad(pc.cast(pa.array(numbers + 1), pa.string()), width, "0")
    named = pc.binary_join_element_wise(prefix, text, "")
    return pc.if_else(pa.array(numbers >= 0), named, pa.scalar(None, pa.string()))


def customer_ids(positions: Ints) -> pa.Array:
    """C000001 for position 0."""
    return numbered("C", 6, positions)


def order_ids(positions: Ints) -> pa.Array:
    """O0000001 for position 0."""
    return numbered("O", 7, positions)


def whole(numbers: Ints) -> pa.Array:
    """Whole numbers; -1 gives an empty field."""
    return pc.cast(pa.array(numbers, mask=numbers == -1), pa.string())


def money(hundredths: Ints) -> pa.Array:
    """Amounts with two decimals; -1 gives an empty field."""
    known = np.maximum(hundredths, 0)
    text = pc.binary_join_element_wise(pc.cast(pa.array(known // 100), pa.string()), lookup(_CENTS, known % 100), "")
    return pc.if_else(pa.array(hundredths >= 0), text, pa.scalar(None, pa.string()))


def utc(at: Ints) -> pa.Array:
    """ISO 8601 with a Z; -1 gives an empty field."""
    known = np.maximum(at, 0)
    days, where = np.unique(known // DAY_SECONDS, return_inverse=True)
    dates = pa.array(np.datetime_as_string(days.astype("datetime64[D]")))
    text = pc.binary_join_element_wise(lookup(dates, where.astype(np.int64)), lookup(_TIMES, known % DAY_SECONDS), "")
    return pc.if_else(pa.array(at >= 0), text, pa.scalar(None, pa.string()))


def strings(values: Iterable[object]) -> pa.Array:
    """Any values as text; None stays empty."""
    return pa.array([None if v is None else str(v) for v in values], type=pa.string())


def booleans(values: Sequence[bool] | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    """true and false."""
    return pc.if_else(pa.array(values, type=pa.bool_()), "true", "false")


def quoted(column: pa.Array) -> pa.Array:
    """A column with quotes around the fields that contain a comma or a quote (RFC 4180)."""
    escaped = pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(column, '[,"]'), escaped, column)


def csv_lines(columns: Columns) -> pa.Array:
    """One line of text per row; the columns must be quoted where they need it."""
    return pc.binary_join_element_wise(*columns.values(), ",", null_handling="replace", null_replacement="")


def write_lines(path: Path, names: Sequence[str], lines: pa.Array) -> int:
    """Write a header and lines; returns the number of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write((",".join(names) + "\n").encode())
        if len(lines):
            whole_text = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")[0]
            file.write(whole_text.as_buffer())
            file.write(b"\n")
    return len(lines)


def write_table(path: Path, columns: Columns) -> int:
    """Write a CSV file with a header; returns the number of rows."""
    return write_lines(path, list(columns), csv_lines({n: quoted(c) for n, c in columns.items()}))
