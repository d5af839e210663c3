"""A mapping of one feed that is being put together from the names of a file's columns.

Every column of it is a guess, and `notes` says on what it rests. Here: its state. Not here: how names and values are
judged (`mapping`), and what is assumed where no column says it (`assumptions`).
"""

from dataclasses import dataclass, field

from ..presets import load_preset
from .columns import Columns
from .synonyms import AMOUNT, columns_named_so, load_synonyms


@dataclass
class Guess:
    """A mapping of one feed that is being put together."""

    feed: str
    columns: Columns
    mapping: dict[str, str] = field(default_factory=dict)
    """Canonical column to expression."""
    notes: dict[str, str] = field(default_factory=dict)
    """Canonical column to what the guess rests on."""
    messages: list[str] = field(default_factory=list)
    """What stands in the way, and what was left out."""
    undecided: list[str] = field(default_factory=list)
    """Times that were left out because day and month can't be told apart."""
    taken: dict[str, str] = field(default_factory=dict)
    """Canonical column (or `amount`) to the column of the file."""

    @property
    def needed(self) -> list[str]:
        return load_preset("canonical").feeds[self.feed].needed

    @property
    def lacking(self) -> list[str]:
        """Needed columns without an expression."""
        return [column for column in self.needed if column not in self.mapping]

    @property
    def n_named(self) -> int:
        """Columns that a name of the file led to."""
        return len(set(self.taken) & {*self.mapping, AMOUNT})

    def free(self, canonical: str) -> list[str]:
        """The columns of the file that are called so and not taken, the best name first."""
        named = columns_named_so(self.columns.names, load_synonyms()[self.feed][canonical])
        return [name for name in named if name not in self.taken.values()]
