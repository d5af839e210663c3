"""An own mapping for a file that no preset knows, from the names of its columns and a look at their values.

A column is taken only if its values can be what the contract wants. A time that can be read in two ways is left out,
with a message. Not here: the names (`synonyms.yaml`), the expressions for times and numbers (`times`,
`numbers`), what the mapping is worth (`own`).
"""

from collections.abc import Sequence

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.contracts.table import Column

from ..event_words import OTHER, event_words
from ..presets import DERIVED
from ..quoting import identifier
from ..typing_sql import FALSE, TRUE
from .assumptions import take_amount, take_event_type, take_product
from .columns import Columns
from .guess import Guess
from .numbers import read_numbers
from .order_states import holds_states
from .synonyms import load_synonyms
from .times import ENOUGH, read_times

TRUTHS = (*TRUE, *FALSE)


def guess_mappings(columns: Columns, only: str | None = None) -> list[Guess]:
    """What the file may be: with every needed column found, the likeliest first; else the one nearest to it."""
    guesses = [guess_feed(name, columns) for name in load_synonyms() if name == (only or name)]
    for guess in guesses:
        # It is this, but for one answer that people have; nothing else is to be made of it.
        if guess.lacking and set(guess.lacking) <= set(guess.undecided):
            return [guess]
    complete = [guess for guess in guesses if not guess.lacking and guess.n_named > 1]
    if complete:
        # Who has bought what and when is no catalogue, however many columns of one it has.
        return sorted(complete, key=lambda guess: (guess.feed != "events", -guess.n_named))
    near = max(
        guesses or [Guess("events", columns)], key=lambda guess: (len(guess.needed) - len(guess.lacking), guess.n_named)
    )
    return [near] if near.taken else []


def guess_feed(feed: str, columns: Columns) -> Guess:
    """The mapping of one feed, as far as names and values carry it."""
    guess = Guess(feed, columns)
    for column in FEEDS[feed]:
        if column.name not in DERIVED and column.name in load_synonyms()[feed]:
            _take(guess, column)
    if feed == "events":
        take_product(guess)
        take_amount(guess)
        take_event_type(guess)
    return guess


def _take(guess: Guess, column: Column) -> None:
    """The best named column whose values can be what the contract wants."""
    for name in guess.free(column.name):
        expression, says = _expression(guess, column, name)
        if expression is not None:
            guess.mapping[column.name], guess.taken[column.name] = expression, name
            guess.notes[column.name] = f"by its name{says}"
            return
        if says:
            guess.messages.append(f"{column.name}: left out: column {name}{says}")


def _expression(guess: Guess, column: Column, name: str) -> tuple[str | None, str]:
    """How `name` is read as `column`, and what there is to say about it."""
    values = guess.columns.values(name)
    if not values:
        return (identifier(name), " alone: no value in the sample") if not guess.columns.rows else (None, "")
    if column.type in ("TIMESTAMP", "DATE"):
        times = read_times(name, values)
        if times and times.is_undecided:
            guess.undecided.append(column.name)
        return (times.expression, f", {times.says}") if times else (None, f" holds no times: {values[0][:40]!r}")
    if column.type == "BOOLEAN":
        is_truth = sum(value.lower() in TRUTHS for value in values) >= ENOUGH * len(values)
        return (identifier(name) if is_truth else None), ""
    if column.name == "event_type":
        return _event_word(name, values)
    if column.type != "VARCHAR":
        expression = read_numbers(name, values)
        return expression, "" if expression else f" holds no numbers that read one way only: {values[0][:40]!r}"
    return identifier(name), ""


def _event_word(name: str, values: Sequence[str]) -> tuple[str | None, str]:
    if holds_states(name, values):
        return None, ""
    words = [value.strip().lower() for value in values]
    n_known = sum(event_words().get(word, OTHER) != OTHER for word in words)
    return (identifier(name), " and its words") if n_known > len(words) / 2 else (None, "")
