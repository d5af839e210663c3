"""Under which names the canonical columns stand in files of other origin.

Here: the list (`synonyms.yaml`) and what makes two names equal. Not here: event words (`event_words`), and whether the
values of a column fit its name (`mapping`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

AMOUNT = "amount"
"""Stands among the names of `events`; no canonical column, but the total of a line."""
BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")


@cache
def load_synonyms() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Feed to canonical column to its names as `spoken` has them, best first."""
    read = yaml.safe_load((files(__package__) / "synonyms.yaml").read_text("utf-8"))
    return {
        feed: {column: tuple(dict.fromkeys(map(spoken, names))) for column, names in columns.items()}
        for feed, columns in read.items()
    }


def spoken(name: str) -> str:
    """The name without what is only a habit of writing: `Order Date (UTC)`, `order_date` and `orderDate` are one."""
    plain = unicodedata.normalize("NFKC", str(name)).casefold()
    kept = "".join(letter for letter in BRACKETS.sub("", plain) if letter.isalnum())
    return kept or "".join(letter for letter in plain if letter.isalnum())


def columns_named_so(names: Sequence[str], synonyms: Sequence[str]) -> list[str]:
    """Those of `names` that are among the synonyms, the best name first."""
    places = {synonym: place for place, synonym in enumerate(synonyms)}
    found = [name for name in names if spoken(name) in places]
    return sorted(found, key=lambda name: places[spoken(name)])
