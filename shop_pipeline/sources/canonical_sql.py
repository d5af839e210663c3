"""One INSERT from a record's text columns into the staging table: read, typed, judged.

Here: the SQL of the three steps. Not here: the text (`text_rows`), the types (`typing_sql`), the order of things
(`reader`), the words of event types (`event_words`), a preset's own SQL (`shaping`).
"""

from shop_pipeline.contracts.table import Column, Table

from .event_words import TABLE as WORDS
from .presets import FeedPreset
from .quoting import identifier, literal
from .shaping import shaped
from .text_rows import TextRows
from .typing_sql import as_stored, cleaned, local_day, typed

JUDGEMENT = (("_rule", "VARCHAR"), ("_reason", "VARCHAR"), ("_source", "VARCHAR"))
EVENT_TYPE = "event_type"
FILES = "_landing_files"
"""Temporary table (_path, _name, _modified_at) of the files of the call."""


def create_staging(table: Table, target: str) -> str:
    """The staging table: the contract's columns, all of them nullable, and the judgement."""
    columns = [(column.name, column.type) for column in table] + list(JUDGEMENT)
    body = ", ".join(f"{identifier(name)} {type_}" for name, type_ in columns)
    return f"CREATE OR REPLACE TEMP TABLE {identifier(target)} ({body})"


def insert_records(table: Table, preset: FeedPreset, rows: TextRows, zone: str, target: str) -> str:
    """Every record of `rows`, the unreadable ones with their rule, reason and record. Event types by `event_words`."""
    rows = shaped(preset, rows)
    columns = [column for column in table if column.name in preset.columns]
    naive_zone = zone if preset.naive_timestamps == "shop" else "UTC"
    names = () if preset.sql else preset.source_columns
    source = "".join(f", {rows.cell(name)} AS {identifier(name)}" for name in names)
    stored = {column: _stored_value(column, preset, rows, naive_zone) for column in columns}
    texts = ", ".join(
        f"{'NULL' if stored[column] else cleaned(preset.columns[column.name], column.type)} AS {_text(column)}"
        for column in columns
    )
    types = ", ".join(
        f"{stored[column] or typed(_text(column), column.type, naive_zone)} AS {_value(column)}" for column in columns
    )
    values = "".join(f", {_stored(column)} AS {identifier(column.name)}" for column in columns)
    is_event = any(column.name == EVENT_TYPE for column in columns)
    words = f"LEFT JOIN {WORDS} ON _landing_word = lower({_value_of(EVENT_TYPE)})" if is_event else ""
    day = f", {local_day(_value_of('event_at'), zone)} AS event_date" if "event_date" in table.column_names else ""
    return f"""
        INSERT INTO {identifier(target)} BY NAME
        WITH source AS (SELECT *{source} FROM {rows.relation}),
        texts AS (SELECT *, {texts} FROM source),
        types AS (SELECT *, {types} FROM texts),
        judged AS (SELECT *, {_rule(columns, rows)} AS _rule FROM types)
        SELECT _name AS _file, _row, {rows.part} AS _part, _modified_at AS _loaded_at{values}{day}, _rule,
            CASE WHEN _rule IS NOT NULL THEN {_reason(columns, rows)} END AS _reason,
            CASE WHEN _rule IS NOT NULL THEN CAST({rows.record} AS VARCHAR) END AS _source
        FROM judged JOIN {FILES} USING (_path) {words}
    """


def insert_broken_lines(broken: str, target: str) -> str:
    """The lines that are no records; their raw text stands in `_source`."""
    return f"""
        INSERT INTO {identifier(target)} BY NAME
        SELECT _name AS _file, line AS _row, 1 AS _part, _modified_at AS _loaded_at,
            'broken_line' AS _rule, reason AS _reason, text AS _source
        FROM {broken} JOIN {FILES} USING (_path)
    """


def _stored_value(column: Column, preset: FeedPreset, rows: TextRows, zone: str) -> str | None:
    """A value that the file holds in the column's own type: nothing to read, nothing to judge."""
    value = rows.stored.get(preset.columns[column.name].lower())
    return value and as_stored(*value, column.type, zone)


def _text(column: Column) -> str:
    return identifier(f"_text_{column.name}")


def _value(column: Column) -> str:
    return _value_of(column.name)


def _value_of(name: str) -> str:
    # Not the column's own name: the source may have one of that name, and `SELECT *` carries it along.
    return identifier(f"_value_{name}")


def _stored(column: Column) -> str:
    return f"coalesce(_landing_type, {_value(column)})" if column.name == EVENT_TYPE else _value(column)


def _is_unreadable(column: Column) -> str:
    return f"{_text(column)} IS NOT NULL AND {_value(column)} IS NULL"


def _rule(columns: list[Column], rows: TextRows) -> str:
    typed_columns = [column for column in columns if column.type != "VARCHAR"]
    unreadable = " OR ".join(f"({_is_unreadable(column)})" for column in typed_columns) or "false"
    missing = " OR ".join(f"{_value(column)} IS NULL" for column in columns if column.required) or "false"
    return f"""CASE
            WHEN NOT ({rows.is_readable}) THEN 'broken_line'
            WHEN {unreadable} THEN 'wrong_type'
            WHEN {missing} THEN 'missing_value' END"""


def _reason(columns: list[Column], rows: TextRows) -> str:
    """Names the first bad column."""
    wrong = " ".join(f"WHEN {_is_unreadable(column)} THEN {_wrong_type(column)}" for column in columns)
    missing = (column for column in columns if column.required)
    empty = " ".join(f"WHEN {_value(column)} IS NULL THEN {literal(column.name + ' is empty')}" for column in missing)
    return f"""CASE
            WHEN NOT ({rows.is_readable}) THEN {literal(rows.unreadable)}
            {wrong}
            {empty} END"""


def _wrong_type(column: Column) -> str:
    before, behind = literal(f"{column.name}: '"), literal(f"' is not {column.type}")
    return f"{before} || left({_text(column)}, 200) || {behind}"
