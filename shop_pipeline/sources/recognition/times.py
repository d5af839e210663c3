"""How a column of text says when, and the expression that reads it.

Here: ISO times, which the reader knows by itself; numbers of seconds, milliseconds, microseconds or nanoseconds since
1970; and the ways to write a day that need a format. Day and month of 05/01/2024 are told apart by the other values; if
they do not decide it, nothing is guessed. Not here: the types themselves (`typing_sql`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..quoting import identifier, literals
from ..typing_sql import DAY, OFFSET, TIME

ENOUGH = 0.8
"""Share of the values that one reading has to fit."""
UNITS = (
    # digits of the whole part, name, microseconds. Nine digits begin in 1973, thirteen end in 2286.
    (range(9, 11), "unix seconds", "TRY(make_timestamp(CAST(1000000 * TRY_CAST({} AS DECIMAL(30, 6)) AS BIGINT)))"),
    (range(12, 14), "unix milliseconds", "TRY(make_timestamp(CAST(1000 * TRY_CAST({} AS DECIMAL(30, 3)) AS BIGINT)))"),
    (range(15, 17), "unix microseconds", "TRY(make_timestamp(TRY_CAST({} AS BIGINT)))"),
    (range(18, 20), "unix nanoseconds", "TRY(make_timestamp(TRY_CAST({} AS BIGINT) // 1000))"),
)
CLOCK = r"(?P<clock>[T ]*\d{1,2}[:时]\d{2}.*)?"
YEAR_FIRST = re.compile(rf"\d{{4}}(?P<separator>[/.年-])\d{{1,2}}[/.月-]\d{{1,2}}日?{CLOCK}")
YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<separator>[/.-])(?P<second>\d{{1,2}})[/.-](?P<year>\d{{4}}|\d{{2}}){CLOCK}"
)
DAY_NAME_YEAR = re.compile(
    rf"\d{{1,2}}(?P<separator>[ -])(?P<month>[A-Za-z]{{3,9}})[ -](?P<year>\d{{4}}|\d{{2}}){CLOCK}"
)
NAME_DAY_YEAR = re.compile(rf"(?P<month>[A-Za-z]{{3,9}}) \d{{1,2}}(?P<comma>,?) (?P<year>\d{{4}}){CLOCK}")
COMPACT = ((re.compile(r"(?:19|20)\d{6}"), "%Y%m%d"), (re.compile(r"(?:19|20)\d{12}"), "%Y%m%d%H%M%S"))


@dataclass(frozen=True)
class TimeReading:
    """What the values look like; without an expression they can't be read as they stand."""

    expression: str | None
    says: str
    is_undecided: bool = False
    """Day and month can't be told apart."""


def read_times(column: str, values: Sequence[str]) -> TimeReading | None:
    """How `column` is read as moments or days. None: most of its values are neither."""
    texts = [value.strip() for value in values if value and value.strip()]
    if not texts:
        return None
    return _iso(column, texts) or _number(column, texts) or _formatted(column, texts)


def _share(pattern: str, texts: Sequence[str]) -> float:
    return sum(bool(re.fullmatch(pattern, text, re.IGNORECASE)) for text in texts) / len(texts)


def _iso(column: str, texts: Sequence[str]) -> TimeReading | None:
    naive, aware = _share(rf"{DAY}(?:{TIME})?", texts), _share(rf"{DAY}{TIME} ?{OFFSET}", texts)
    if naive + aware < ENOUGH:
        return None
    days_only = _share(DAY, texts) >= ENOUGH
    says = "with offset" if aware > naive else "days without a time" if days_only else "without offset"
    return TimeReading(identifier(column), says)


def _number(column: str, texts: Sequence[str]) -> TimeReading | None:
    for pattern, format_ in COMPACT:
        if sum(bool(pattern.fullmatch(text)) for text in texts) >= ENOUGH * len(texts):
            return _parsed(column, [format_], f"written as {format_}, without offset")
    for lengths, name, moment in UNITS:
        if _share(rf"\d{{{lengths[0]},{lengths[-1]}}}(?:\.\d*)?", texts) >= ENOUGH:
            # With its Z: seconds since 1970 are UTC, whatever times without offset mean in the file.
            expression = f"coalesce(CAST({moment.format(identifier(column))} AS VARCHAR) || 'Z', {identifier(column)})"
            return TimeReading(expression, name)
    return None


def _formatted(column: str, texts: Sequence[str]) -> TimeReading | None:
    for pattern, formats in (
        (YEAR_FIRST, _year_first),
        (DAY_NAME_YEAR, _day_name_year),
        (NAME_DAY_YEAR, _name_day_year),
    ):
        found = [match for text in texts if (match := pattern.fullmatch(text))]
        if len(found) >= ENOUGH * len(texts):
            return _parsed(
                column, _with_clocks(formats(found[0]), found), f"written like {found[0][0]}, without offset"
            )
    found = [match for text in texts if (match := YEAR_LAST.fullmatch(text))]
    return _day_or_month_first(column, found) if len(found) >= ENOUGH * len(texts) else None


def _day_or_month_first(column: str, found: Sequence["re.Match[str]"]) -> TimeReading:
    n_day_first = sum(int(match["first"]) > 12 for match in found)
    n_month_first = sum(int(match["second"]) > 12 for match in found)
    if not n_day_first and not n_month_first:
        return TimeReading(None, f"{found[0][0]!r}: day or month first? No value of the sample decides it", True)
    if min(n_day_first, n_month_first) > (1 - ENOUGH) * (n_day_first + n_month_first):
        return TimeReading(None, f"day first in {n_day_first} values, month first in {n_month_first}", True)
    order = "%d{0}%m{0}" if n_day_first > n_month_first else "%m{0}%d{0}"
    day = order.format(found[0]["separator"]) + _year(found[0])
    named = "day first" if n_day_first > n_month_first else "month first"
    return _parsed(column, _with_clocks(day, found), f"written like {found[0][0]} ({named}), without offset")


def _parsed(column: str, formats: Sequence[str], says: str) -> TimeReading:
    # What can't be parsed stays as it is, so that the reader can show it as unreadable.
    moment = f"CAST(try_strptime(trim({identifier(column)}), {literals(formats)}) AS VARCHAR)"
    return TimeReading(f"coalesce({moment}, {identifier(column)})", says)


def _with_clocks(day: str, found: Sequence["re.Match[str]"]) -> list[str]:
    clocks = [match["clock"] for match in found if match["clock"]]
    if not clocks:
        return [day]
    hour = "%I" if any(clock.strip().upper().endswith("M") for clock in clocks) else "%H"
    gap = "T" if clocks[0][0] == "T" else " " if clocks[0][0] == " " else ""
    half = " %p" if hour == "%I" else ""
    colon = [f"{hour}:%M:%S.%f{half}", f"{hour}:%M:%S{half}", f"{hour}:%M{half}"]
    spoken = ["%H时%M分%S秒", "%H时%M分"]
    return [day + gap + clock for clock in (spoken if "时" in clocks[0] else colon)] + [day]


def _year(match: "re.Match[str]") -> str:
    return "%Y" if len(match["year"]) == 4 else "%y"


def _month(match: "re.Match[str]") -> str:
    return "%b" if len(match["month"]) == 3 else "%B"


def _year_first(match: "re.Match[str]") -> str:
    separator = match["separator"]
    return "%Y年%m月%d日" if separator == "年" else f"%Y{separator}%m{separator}%d"


def _day_name_year(match: "re.Match[str]") -> str:
    return f"%d{match['separator']}{_month(match)}{match['separator']}{_year(match)}"


def _name_day_year(match: "re.Match[str]") -> str:
    return f"{_month(match)} %d{match['comma']} %Y"
