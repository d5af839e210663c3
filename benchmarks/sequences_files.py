"""Files of sequences and of clicks, as the published comparisons have them.

Here: reading. Not here: cuts, models and metrics (`next_product`, `sessions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shop_pipeline.models.interactions import Interactions

COLUMNS = {"sessionid": "session", "itemid": "item", "time": "time"}


@dataclass(frozen=True)
class Sequences:
    """Every line's items one after the other; `users` and `items` are codes into the sorted ids, one per event."""

    users: np.ndarray
    items: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Events per user."""
        return np.bincount(self.users, minlength=len(self.user_ids))

    @property
    def left(self) -> np.ndarray:
        """How many events of the same user follow each event."""
        return np.cumsum(self.lengths)[self.users] - 1 - np.arange(len(self.users))

    def interactions(self, chosen: np.ndarray) -> Interactions:
        """The chosen events, with their place in the file as time: of repeated items the newest time is kept."""
        times = np.arange(len(self.users), dtype=np.float64)[chosen]
        users, items = self.users[chosen], self.items[chosen]
        found = Interactions.from_codes(users, items, np.ones(len(users)), self.user_ids, self.item_ids, times)
        found.matrix.data[:] = 1
        return found


def read_sequences(path: Path) -> Sequences:
    """Lines `user item item ...` in order of time; ids are any text without white space, users come once.

    Raises:
        ValueError: for an empty file, or a user with two lines.
    """
    lines = [words for words in map(str.split, path.read_text(encoding="utf-8-sig").splitlines()) if words]
    if not lines:
        raise ValueError(f"{path.name} is empty")
    lines.sort(key=lambda words: words[0])
    user_ids = np.array([words[0] for words in lines], dtype=object)
    if (user_ids[1:] == user_ids[:-1]).any():
        raise ValueError(f"{path.name}: a user has more than one line")
    users = np.repeat(np.arange(len(lines)), [len(words) - 1 for words in lines])
    items, item_ids = pd.factorize(np.array([item for words in lines for item in words[1:]], dtype=object), sort=True)
    return Sequences(users, items, user_ids, np.asarray(item_ids, dtype=object))


def read_clicks(path: Path) -> pd.DataFrame:
    """Columns session and item (text) and time (seconds), ordered by session and time, ties as in the file.

    Raises:
        ValueError: without the columns SessionId, ItemId and Time (in any order and case).
    """
    with path.open(encoding="utf-8-sig") as lines:
        header = lines.readline()
    separator = max("\t,;", key=header.count)
    names = {name: COLUMNS.get(name.strip().strip('"').lower()) for name in header.rstrip("\r\n").split(separator)}
    if sorted(filter(None, names.values())) != ["item", "session", "time"]:
        raise ValueError(f"{path.name}: expected the columns SessionId, ItemId and Time, found {', '.join(names)}")
    found = pd.read_csv(path, sep=separator, dtype=str, encoding="utf-8-sig", keep_default_na=False, index_col=False)
    found.columns = [names.get(name, name) or name for name in header.rstrip("\r\n").split(separator)]
    found = found[["session", "item", "time"]]
    numbers = pd.to_numeric(found["time"], errors="coerce")
    if numbers.notna().any() and numbers.isna().any():
        raise ValueError(f"{path.name}: {int(numbers.isna().sum())} times are no numbers, and others are")
    if numbers.isna().any():
        numbers = pd.to_datetime(found["time"], utc=True, format="ISO8601").astype("int64") / 1e9
    return found.assign(time=numbers).sort_values(["session", "time"], kind="stable", ignore_index=True)
