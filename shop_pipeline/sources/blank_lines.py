"""Which records of a CSV file are empty lines.

DuckDB skips them, counts them in the line numbers of the lines that it rejects, and not in the rows that it returns;
so the accepted rows' numbers have to be corrected by them. Here: only that count, for the rare file that has such
lines. Not here: the correction (`line_numbers`).
"""

import re
from collections.abc import Iterable


def blank_records(lines: Iterable[str], delimiter: str) -> tuple[int, ...]:
    """The numbers, from 1, of the records that are empty; a quoted value that spans lines is part of one record."""
    opening = re.compile(rf'(?:^|{re.escape(delimiter)}) *"')
    blank, record, is_open = [], 0, False
    for line in lines:
        if not is_open:
            record += 1
            if not line:
                blank.append(record)
        is_open = _ends_inside_quotes(line, is_open, opening)
    return tuple(blank)


def _ends_inside_quotes(line: str, is_open: bool, opening: "re.Pattern[str]") -> bool:
    position = 0
    while True:
        if not is_open:
            start = opening.search(line, position)
            if start is None:
                return False
            position, is_open = start.end(), True
        close = line.find('"', position)
        if close < 0:
            return True
        if line[close + 1 : close + 2] == '"':
            position = close + 2
            continue
        position, is_open = close + 1, False
