"""What there is to say about a recognised group: how values are read, and what is worth knowing.

Here: findings as sentences and rows of plain values. Not here: the findings themselves (`recognise`), what is missing
(`missing`), which currency is chosen (`currencies`), and the page (`cli/inspect_page`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.contracts.table import Column
from shop_pipeline.settings import Shop

from ..event_words import OTHER
from ..presets import BLANKS, DEFAULTS
from .currencies import is_named_among, most_used, told_currencies
from .findings import Filled, Section
from .sample import lines_of
from .times import TimeReading, read_times

KINDS = {"csv": "text", "json": "JSON lines", "parquet": "Parquet"}
SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blanks"}
SHOWN = 40
"""Characters of a value."""
NO_SERVICE = ("is_service", DEFAULTS["events"]["is_service"])
"""Said by the machinery, not by a file."""


@dataclass(frozen=True)
class ColumnRow:
    """One line of the mapping."""

    column: str
    expression: str
    before: str
    after: str
    note: str


def column_rows(filled: Filled) -> list[ColumnRow]:
    """The mapping with the first value that came through, before and after."""
    return [
        ColumnRow(
            column,
            expression,
            _before(filled, column, expression),
            _short(filled.reading.examples[column][2]) if column in filled.reading.examples else "",
            filled.notes.get(column, ""),
        )
        for column, expression in filled.preset.columns.items()
        if (column in filled.reading.filled or column in filled.notes) and (column, expression) != NO_SERVICE
    ]


def findings(section: Section, filled: Filled, shop: Shop) -> Iterator[str]:
    """Rows, reasons, times, words and money of the sample."""
    reading = filled.reading
    of = "the file" if len(section.group.files) == 1 and section.group.samples[0].is_whole else "the sample"
    if reading.n_rows:
        yield f"{reading.readable:.1%} of the {reading.n_rows:,} rows of {of} are readable"
        yield from (f"not readable: {count:,} x {said}" for said, count in reading.reasons)
    else:
        yield f"{of} has no rows: only the names of its columns could be judged"
    yield from _times(filled, shop)
    if reading.days:
        first, last = _span(reading.days)
        yield f"events of {first} to {last} in {of}"
    if reading.event_types:
        yield "event types: " + ", ".join(f"{type_} {count:,}" for type_, count in reading.event_types.items())
        if other := reading.event_types.get(OTHER):
            yield f"{other:,} rows are events of no interest to a shop: clean leaves them out and counts them"
    yield from told_currencies(reading, shop)


def shop_changes(sections: tuple[Section, ...], shop: Shop) -> dict[str, Any]:
    """What `shop:` of shop.yaml needs, or the sampled events are refused: an earlier first day, the currency.

    Of several currencies the one with the most events that have a price, the first by name of those with as many; the
    others need rates. A currency of theirs that shop.yaml names stays.
    """
    events = [one.reading for section in sections for one in section.feeds if one.feed == "events"]
    days = [_span(reading.days)[0] for reading in events if reading.days]
    changes: dict[str, Any] = {}
    if days and min(days) < shop.first_day:
        changes["first_day"] = date(min(days).year, 1, 1)
    currency = most_used(events)
    if currency and currency != shop.currency and not is_named_among(events, shop):
        changes["currency"] = currency
    return changes


def _times(filled: Filled, shop: Shop) -> Iterator[str]:
    zone = f"times of the shop ({shop.timezone})" if filled.preset.naive_timestamps == "shop" else "UTC"
    has_no_zone = False
    for column, name, times in _time_columns(filled):
        naive = column.type == "TIMESTAMP" and ("without offset" in times.says or "without a time" in times.says)
        has_no_zone |= column.name == "event_at" and "with offset" not in times.says
        yield f"{column.name}: from {name}, {times.says}" + (f": taken for {zone}" if naive else "")
    if has_no_zone and "timezone" not in shop.model_fields_set:
        yield "no shop.timezone: days are cut in UTC"


def _time_columns(filled: Filled) -> Iterator[tuple[Column, str, TimeReading]]:
    """Each column of a time, the file's column that it comes from, and how that says when."""
    for column in FEEDS[filled.feed]:
        expression = filled.preset.columns.get(column.name)
        if column.type not in ("TIMESTAMP", "DATE") or expression is None or column.name not in filled.reading.filled:
            continue
        for name in _source_names(filled, expression):
            times = read_times(name, [row[name] for row in _rows(filled) if row.get(name)])
            if times is not None:
                yield column, name, times


def _before(filled: Filled, column: str, expression: str) -> str:
    if column not in filled.reading.examples:
        return ""
    file, line, _ = filled.reading.examples[column]
    rows = _rows(filled)
    place = line - filled.group.columns.first_line
    if file != filled.group.samples[0].cut.name or not 0 <= place < len(rows):
        return ""
    names = _source_names(filled, expression)
    values = [rows[place].get(name, "") for name in names]
    return _short(values[0]) if len(values) == 1 else _short(", ".join(map("=".join, zip(names, values, strict=True))))


def _source_names(filled: Filled, expression: str) -> list[str]:
    """Columns of the file in an expression, as the file writes them."""
    names = filled.preset.header if _has_no_header(filled) else filled.group.columns.names
    spelled = {name.lower(): name for name in names}
    try:
        found = [column.name.lower() for column in parse_one(expression, dialect="duckdb").find_all(exp.Column)]
    except SqlglotError:
        return []
    return list(dict.fromkeys(spelled[name] for name in found if name in spelled))


def _has_no_header(filled: Filled) -> bool:
    return bool(filled.preset.header) and not filled.group.columns.has_header


def _rows(filled: Filled) -> tuple[Mapping[str, str], ...]:
    if not _has_no_header(filled):
        return filled.group.columns.rows
    lines = lines_of(filled.group.samples[0].text)
    return tuple(_split(line, filled) for line in lines)


def _split(line: str, filled: Filled) -> dict[str, str]:
    sign = filled.preset.delimiter or filled.group.columns.delimiter
    values = line.split() if sign == BLANKS else line.rstrip("\r\n").split(sign)
    return dict(zip(filled.preset.header, values, strict=False))


def _span(days: Mapping[str, tuple[date, date]]) -> tuple[date, date]:
    return min(first for first, _ in days.values()), max(last for _, last in days.values())


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def describe(section: Section) -> str:
    """`305 x text, comma between values, header line, UTF-8`."""
    sample, columns = section.group.samples[0], section.group.columns
    sign = next((one.preset.delimiter for one in section.feeds if one.preset.delimiter), columns.delimiter)
    kind = "Excel sheet" if sample.file.sheet is not None else KINDS.get(sample.kind, sample.kind)
    packed = f" ({sample.compression})" if sample.compression != "none" else ""
    parts = [f"{len(section.group.files):,} x {kind}{packed}"]
    if sample.kind == "csv" and sign:
        parts += [f"{SIGNS.get(sign, sign)} between values", "header line" if columns.has_header else "no header line"]
    return ", ".join([*parts, *([section.group.encoding.upper()] if sample.text else [])])
