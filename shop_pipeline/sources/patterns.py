"""What a `files:` pattern of shop.yaml finds: a glob, in which `{date}` stands for a day and `.xlsx#` for sheets.

`landing/{date}/*.csv` finds landing/2024-05-01/a.csv and landing/20240501/a.csv, and says of both that they are of the
first of May; `landing/retail.xlsx#Year*` finds the workbook, and takes the sheets whose names begin with Year. Not
here: the files themselves (`landing`).
"""

import glob
import re
from datetime import date
from pathlib import Path

DATE = "{date}"
DIGIT_GLOBS = ("-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)), "[0-9]" * 8)
DAY = r"\d{4}-\d{2}-\d{2}|\d{8}"
WILD = re.compile(r"(\{date\}|\*\*/?|\*|\?|\[[^\]]+\])")
WORKBOOK = re.compile(r"(.*\.xlsx)#(.*)", re.IGNORECASE | re.DOTALL)


def split_sheets(pattern: str) -> tuple[str, str]:
    """The pattern of the files, and that of their sheets."""
    found = WORKBOOK.fullmatch(pattern)
    return (found[1], found[2]) if found else (pattern, "*")


def find(data: Path, pattern: str) -> dict[str, date | None]:
    """Paths, relative to `data` where the pattern is, each with the day in its name."""
    if DATE not in pattern:
        return dict.fromkeys(glob.iglob(pattern, root_dir=data, recursive=True))
    days = _with_day(pattern)
    names = {
        name
        for digits in DIGIT_GLOBS
        for name in glob.iglob(pattern.replace(DATE, digits), root_dir=data, recursive=True)
    }
    return {name: _day(days.fullmatch(Path(name).as_posix())) for name in names}


def _with_day(pattern: str) -> "re.Pattern[str]":
    """The pattern as a regular expression whose first group is the day."""
    meaning = {DATE: f"({DAY})", "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = [meaning.get(part, part) if WILD.fullmatch(part) else re.escape(part) for part in WILD.split(pattern)]
    return re.compile("".join(parts).replace("[!", "[^"), re.DOTALL)


def _day(found: "re.Match[str] | None") -> date | None:
    # Digits that are no day, such as 20241345, say nothing; the file is listed all the same.
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
