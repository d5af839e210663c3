"""What the column of an order's state makes of order lines: a purchase where the sale stands, no event where not.

Here: which column has states, by its name and words (`order_states.yaml`), and the expression over it. A line has one
state, the last: of a refunded one the sale is not there as a line of its own, so that it is left out as a whole. Not
here: columns of event words (`mapping`), and when states are asked for (`assumptions`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from ..event_words import OTHER, event_words
from ..quoting import identifier, literals
from .columns import Columns
from .synonyms import columns_named_so, spoken

STANDS, STANDS_NOT, COLUMNS = "stands", "stands_not", "columns"
SHOWN = 8
"""Words of one side."""


@dataclass(frozen=True)
class States:
    """A column of states and how often the sample has each word, as `plain` has it."""

    column: str
    counts: Mapping[str, int]

    def words(self, side: str) -> dict[str, int]:
        """Those of the sample that are on this list."""
        return {word: count for word, count in self.counts.items() if word in load_states()[side]}

    @property
    def unknown(self) -> dict[str, int]:
        """Those of the sample that are on neither list."""
        return {word: count for word, count in self.counts.items() if not is_state(word)}

    @property
    def is_known(self) -> bool:
        return len(self.unknown) < len(self.counts)

    @property
    def says(self) -> str:
        """What the guess rests on, with the words of each side."""
        stands, not_ = told(self.words(STANDS)) or "none", told(self.words(STANDS_NOT)) or "none"
        unknown = (
            f"; on neither list, so refused until this says what they mean: {told(self.unknown)}"
            if self.unknown
            else ""
        )
        return (
            f"if its sale stands by the state in {self.column}; stands: {stands}; was never paid or was undone: {not_};"
            f" these are left out, refunded ones as well, because sale and refund cancel each other out{unknown}"
        )

    def expression(self, event_type: str) -> str:
        """`event_type` (an expression) where the sale stands, `other` where not, else the word as it is."""
        name = identifier(self.column)
        word = f"regexp_replace(lower(trim({name})), '[_-]', ' ', 'g')"
        stands, not_ = (literals(self._written_alike(load_states()[side])) for side in (STANDS, STANDS_NOT))
        return (
            f"CASE WHEN list_contains({stands}, {word}) THEN {event_type}"
            f" WHEN list_contains({not_}, {word}) THEN {OTHER!r} ELSE {name} END"
        )

    def _written_alike(self, words: Iterable[str]) -> list[str]:
        """Without the English words for a Chinese column, and the other way round: people read the expression."""
        scripts = {word.isascii() for word in self.counts if is_state(word)}
        return [word for word in words if word.isascii() in scripts]


@cache
def load_states() -> dict[str, tuple[str, ...]]:
    """`stands`, `stands_not` and the names of `columns`. Raises `ValueError` for a word that is listed twice."""
    read = yaml.safe_load((files(__package__) / "order_states.yaml").read_text("utf-8"))
    words = Counter([*read[STANDS], *read[STANDS_NOT]])
    if repeated := [word for word, count in words.items() if count > 1 or word != plain(word)]:
        raise ValueError(f"states that are listed twice or not as they are compared: {', '.join(repeated)}")
    columns = tuple(map(spoken, read[COLUMNS]))
    return {STANDS: tuple(read[STANDS]), STANDS_NOT: tuple(read[STANDS_NOT]), COLUMNS: columns}


def plain(word: str) -> str:
    """As the expression compares it."""
    return word.strip().lower().replace("_", " ").replace("-", " ")


def is_state(word: str) -> bool:
    return word in load_states()[STANDS] or word in load_states()[STANDS_NOT]


def told(words: Mapping[str, int]) -> str:
    """`completed (5), paid (2)`."""
    shown = [f"{word[:40]} ({count:,})" for word, count in list(words.items())[:SHOWN]]
    return ", ".join(shown) + (f" and {len(words) - SHOWN} more" if len(words) > SHOWN else "")


def state_columns(columns: Columns) -> list[States]:
    """The columns that may have states by their names, those with known words first. Words: the most frequent first."""
    named = columns_named_so(columns.names, load_states()[COLUMNS])
    found = [States(name, dict(Counter(map(plain, columns.values(name))).most_common())) for name in named]
    return sorted((one for one in found if one.counts), key=lambda one: not one.is_known)


def holds_states(name: str, values: Iterable[str]) -> bool:
    """A column called so whose event words are all states, too: no `view`, no `purchase`."""
    words = {value.strip().lower() for value in values}
    happened = [word for word in words if event_words().get(word, OTHER) != OTHER]
    return spoken(name) in load_states()[COLUMNS] and all(is_state(plain(word)) for word in happened)
