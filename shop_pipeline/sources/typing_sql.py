"""Text to a column's type, as SQL: what counts as a number, a boolean, a day or a moment in a landing file.

Here: expressions that give NULL for text that can't be read; DuckDB's own casts alone are too kind: '6.5' becomes the
BIGINT 7, '1_000' a number, 'nan' a price, '0x1F' 31, and a TIMESTAMP ignores its offset. Not here: what a NULL then
means (`reader`).
"""

from .quoting import literal

DAY = r"\d{4}-\d{1,2}-\d{1,2}"
TIME = r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
USUAL_UTC = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
OFFSET = r"(?:Z|UTC|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)"
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
WHOLE_NUMBER = r"[+-]?\d+(?:\.0*)?"
MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?"
WIDER = {("BIGINT", "INTEGER"), ("BIGINT", "SMALLINT"), ("BIGINT", "TINYINT"), ("INTEGER", "SMALLINT")}
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def cleaned(expression: str, type_: str) -> str:
    """Text without white space around it; nothing is NULL."""
    text = f"CAST({expression} AS VARCHAR)"
    spaces = (" ",) if type_ == "VARCHAR" else (" ", "\t", "\r", "\n", "\u00a0")
    # Nothing and blanks sort before '!'. Looking costs a fifth of trimming, and few values have blanks around them.
    ends = " OR ".join(f"ends_with({text}, {literal(space)})" for space in spaces)
    begins = f"{text} < '!'" if len(spaces) == 1 else f"{text} < '!' OR starts_with({text}, '\u00a0')"
    return f"CASE WHEN {begins} OR {ends} THEN nullif(trim({text}, {literal(''.join(spaces))}), '') ELSE {text} END"


def typed(text: str, type_: str, naive_zone: str) -> str:
    """The expression `text` (cleaned) as `type_`; timestamps without offset are local to `naive_zone`."""
    if type_ == "VARCHAR":
        return text
    if type_ == "TIMESTAMP":
        return _timestamp(text, naive_zone)
    if type_ == "BOOLEAN":
        # Word by word: DuckDB makes a join of a longer IN, also where the text is a constant.
        words = [(word, "true") for word in TRUE] + [(word, "false") for word in FALSE]
        return f"CASE lower({text}) {' '.join(f'WHEN {literal(word)} THEN {value}' for word, value in words)} END"
    return f"CASE WHEN {_matches(text, _pattern(type_))} THEN TRY_CAST({text} AS {type_}) END"


def as_stored(value: str, stored: str, type_: str, naive_zone: str) -> str | None:
    """The expression `value` of the DuckDB type `stored` as `type_`; None where only its text shows what it is."""
    if type_ == "TIMESTAMP" and stored == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {value})"
    if type_ == "TIMESTAMP" and stored.startswith("TIMESTAMP"):
        return to_utc(f"CAST({value} AS TIMESTAMP)", naive_zone)
    # Not DOUBLE, which may be no number; not VARCHAR, which may have white space around it.
    same = stored == type_ and type_ not in ("DOUBLE", "VARCHAR")
    return f"CAST({value} AS {type_})" if same or (type_, stored) in WIDER else None


def local_day(moment: str, zone: str) -> str:
    """The calendar day in `zone` of a UTC timestamp. `timezone` both ways: a cast would use the session's zone."""
    if zone == "UTC":
        return f"CAST({moment} AS DATE)"
    return f"CAST(timezone({literal(zone)}, timezone('UTC', {moment})) AS DATE)"


def to_utc(local: str, zone: str) -> str:
    """The UTC timestamp of a local one.

    An hour that the autumn change repeats is taken for the later one (standard time). One that the spring change leaves
    out is read with the offset before the change: 01:30 of 2011-03-27 in London is 01:30 UTC, 02:30 on its clocks.
    """
    return local if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {local}))"


def _timestamp(text: str, naive_zone: str) -> str:
    naive = to_utc(f"TRY_CAST(upper({text}) AS TIMESTAMP)", naive_zone)
    # Through TIMESTAMP and back, because with an offset DuckDB wants seconds, and no space in front of the offset.
    local = f"CAST(TRY_CAST(upper(regexp_extract({text}, '^{DAY}{TIME}', 0, 'i')) AS TIMESTAMP) AS VARCHAR)"
    offset = f"regexp_replace(regexp_extract({text}, '{OFFSET}$', 0, 'i'), '^(?:Z|UTC)$', '+00', 'i')"
    aware = f"timezone('UTC', TRY_CAST({local} || {offset} AS TIMESTAMPTZ))"
    # The usual form first: it needs one look and one cast.
    return f"""CASE
            WHEN {_matches(text, USUAL_UTC)} THEN TRY_CAST(left({text}, 19) AS TIMESTAMP)
            WHEN {_matches(text, f"{DAY}(?:{TIME})?")} THEN {naive}
            WHEN {_matches(text, f"{DAY}{TIME} ?{OFFSET}")} THEN {aware} END"""


def _pattern(type_: str) -> str:
    if type_ == "DATE":
        return f"{DAY}(?:{MIDNIGHT})?"
    return WHOLE_NUMBER if type_ in ("BIGINT", "INTEGER") else NUMBER


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)}, 'i')"
