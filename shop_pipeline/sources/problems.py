"""What is wrong with a whole landing file, as one line of text per finding.

Here: the wording. Not here: the finding (`inspection`, the `*_text` modules) and rows that can't be read, which are
no reason to refuse a file (`reader` marks them with a rule).
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

INSPECT = "`shop inspect` says what a file looks like"


@dataclass(frozen=True)
class Problem:
    """One finding: the rule that `file` breaks, and what was found there instead of what was expected."""

    file: str
    rule: str
    found: str
    expected: str
    line: int | None = None
    column: str | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f", line {self.line}" if self.line is not None else ""
        column = f", column {self.column}" if self.column is not None else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.file}{place}{column}: {self.rule}: found {self.found}, expected {self.expected}{hint}"


class LandingError(Exception):
    """Files can't be read as their feed; `problems` has every one of the call, the message one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(wanted: str, choices: Iterable[str], cutoff: float = 0.5) -> str:
    """The hint with the closest of `choices`, or nothing; 0.5 still joins Quantity with Qty."""
    spelled = {choice.strip().lower(): choice for choice in choices}
    close = difflib.get_close_matches(wanted.strip().lower(), spelled, n=1, cutoff=cutoff)
    return f"did you mean {spelled[close[0]]!r}?" if close else ""


def first_line(error: Exception) -> str:
    """What an error says; DuckDB adds pages of advice."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().splitlines()[0]
