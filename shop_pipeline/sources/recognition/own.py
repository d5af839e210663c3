"""What a guessed mapping is worth, by the real reader.

The confidence is 0.75 * sqrt(readable) * (1 - 2**-n) * certain, with n the columns that a name led to and `certain` the
share of the feed's needed columns that rest on a column of the file; one that is assumed (purchases, because there are
order numbers, or those of them whose state says that the sale stands) counts half, and the column of states is no
column that a name led to. A state that nobody knows makes its lines unreadable. A guess is never worth as much as a
format that is known. Not here: the guess (`mapping`).
"""

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shop_pipeline.settings import Feed, Shop

from ..quoting import identifier
from .group import Group
from .guess import Guess
from .mapping import guess_mappings
from .reading import Reading, read_sample

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST = 0.75


PLAIN = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class OwnMapping:
    """A guess that was tried."""

    guess: Guess
    confidence: float
    reading: Reading


def try_guesses(
    connection: "DuckDBPyConnection", group: Group, shop: Shop, only: str | None = None
) -> OwnMapping | None:
    """The best guess (`only`: of this feed), read; with a needed column lacking unread, with confidence 0."""
    guesses = guess_mappings(group.columns, only)
    if not guesses:
        return None
    guess = guesses[0]
    unquote(connection, guess)
    if guess.lacking:
        return OwnMapping(guess, 0.0, Reading())
    reading = read_sample(connection, guess.feed, Feed(files="*", columns=guess.mapping), group.cuts, shop)
    certain = sum(1 if column in guess.taken else 0.5 for column in guess.needed) / len(guess.needed)
    # Of a file without rows only the names can be judged.
    share = 1.0 if not group.columns.rows and not reading.problem else math.sqrt(reading.readable)
    return OwnMapping(guess, MOST * share * (1 - 2.0**-guess.n_named) * certain, reading)


def unquote(connection: "DuckDBPyConnection", guess: Guess) -> None:
    """Take the quotes off column names that need none: people read shop.yaml."""
    keywords = {row[0] for row in connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
    plain = (name for name in guess.columns.names if PLAIN.fullmatch(name) and name.lower() not in keywords)
    unquoted = {identifier(name): name for name in plain}
    guess.mapping = {column: unquoted.get(expression, expression) for column, expression in guess.mapping.items()}
