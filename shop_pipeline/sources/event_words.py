"""The words by which shops and trackers name events, and the canonical type that each stands for.

Here: the list (`event_words.yaml`) and the join that maps a whole column at once; a long CASE would compare every row
with every word. A word that is not in the list stays as it is, for `clean` to refuse. Not here: which column has the
word (`presets`).
"""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from shop_pipeline.contracts.feeds import EVENT_TYPES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OTHER = "other"
"""The type of known events that mean nothing to a shop."""
TABLE = "_landing_event_words"
"""Temporary table (_landing_word, _landing_type)."""


@cache
def event_words() -> dict[str, str]:
    """Word in lower case -> canonical type, or `other`. Raises `ValueError` for a word that is listed twice."""
    listed = yaml.safe_load((files(__package__) / "event_words.yaml").read_text("utf-8"))
    return words_of(listed)


def words_of(listed: dict[str, list[str]]) -> dict[str, str]:
    """The list turned round: type -> words becomes word -> type."""
    if unknown := set(listed) - {*EVENT_TYPES, OTHER}:
        raise ValueError(f"no event types: {', '.join(sorted(unknown))}")
    pairs = [(word, type_) for type_, words in listed.items() for word in words]
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = sorted({word for word, _ in pairs if sum(word == other for other, _ in pairs) > 1})
        raise ValueError(f"words that are listed twice: {', '.join(repeated)}")
    if wrong := [word for word in found if word != word.strip().lower()]:
        raise ValueError(f"words that are not in lower case: {', '.join(wrong)}")
    return found


def stage_event_words(connection: "DuckDBPyConnection") -> None:
    """Create the temporary table."""
    words = event_words()
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {TABLE} AS
            SELECT unnest($1::VARCHAR[]) AS _landing_word, unnest($2::VARCHAR[]) AS _landing_type""",
        [list(words), list(words.values())],
    )
