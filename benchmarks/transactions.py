"""Files of who bought for how much on which day, as shops and papers have them, and their split in time.

Here: reading, counting days, and what happened after the split; and buyers drawn from a known model. Not here: models
(`clv`).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shop_pipeline.models.value.accuracy import Outcome
from shop_pipeline.models.value.purchases import Purchases

SEPARATORS = ("\t", ";", "|", ",")
ISO = r"\d{4}-\d\d-\d\d(?:[T ]+\d\d:?\d\d.*)?$"
OFFSET = r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d:?\d\d)$"
JSON = re.compile(r'\ufeff?\s*(?:\{\s*(?:"|$)|\[\s*(?:[\[{]|$))')
# BG/NBD on CDNOW, in weeks, and Gamma-Gamma: the published parameters.
TRUTH = {"r": 0.24259, "alpha": 4.41353, "a": 0.79289, "b": 2.42575, "p": 6.2488, "q": 3.7446, "v": 15.4478}
SIMULATED_WEEKS, NEWCOMER_WEEKS = 78, 12
SIMULATED_FROM = np.datetime64("2020-01-06", "D")


@dataclass(frozen=True)
class Lines:
    """Who bought when for how much, a line at each place."""

    customer: np.ndarray
    """A number for each customer, from 0."""
    day: np.ndarray
    """datetime64[D]."""
    amount: np.ndarray
    n_left_out: int
    """Lines that lack one of the three."""


@dataclass(frozen=True)
class Split:
    """Histories up to the split, and what the same customers did after it; times are in days."""

    calibration: Purchases
    outcome: Outcome
    horizon: float
    days: pd.DataFrame
    """customer, day, amount: what counts as a purchase in the histories."""


def read_lines(source: str, columns: Sequence[str]) -> Lines:
    """Read a file, a folder of files or a pattern; `columns` are those of customer, date and amount.

    A column is a name of the header, or a number counted from 1. An amount may be the product of two columns:
    `Quantity*UnitPrice`.

    Raises:
        ValueError: no file, a column that is not there, JSON, or an amount or a date that can't be read.
    """
    folder = Path(source)
    paths = sorted(folder.iterdir() if folder.is_dir() else map(Path, glob(source)))
    if not paths:
        raise ValueError(f"no file at {source}")
    customer, date, amount = columns
    wanted = [each.strip() for each in (customer, date, *amount.split("*"))]
    table = pd.concat([_read(path, wanted) for path in paths], keys=range(len(paths)))
    files = [path.name for path in paths]
    amounts = pd.DataFrame({place: _amounts(table[place], wanted[place], files) for place in table.columns[2:]})
    day = _days(table[1], wanted[1], files)
    found = pd.DataFrame({"customer": table[0], "day": day, "amount": amounts.prod(axis=1, skipna=False)})
    kept = found.dropna()
    codes, _ = pd.factorize(kept["customer"], sort=True)
    return Lines(codes, kept["day"].to_numpy("datetime64[D]"), kept["amount"].to_numpy(float), len(found) - len(kept))


def _read(path: Path, wanted: Sequence[str]) -> pd.DataFrame:
    """The wanted columns under the numbers 0, 1, ..."""
    if path.suffix in (".parquet", ".pq"):
        table = pd.read_parquet(path)
        names = [str(name).strip() for name in table]
        return table.iloc[:, _places(wanted, names, path)].set_axis(range(len(wanted)), axis=1)
    with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
        first = file.readline()
    if JSON.match(first):
        raise ValueError(f"{path.name} is JSON, which is not read: Parquet is, and text in columns")
    layout: dict[str, Any] = {
        "sep": next((each for each in SEPARATORS if each in first), r"\s+"),
        "header": None,
        "encoding": "utf-8-sig",
        "encoding_errors": "replace",
        "skipinitialspace": True,
    }
    head = [str(name).strip() for name in pd.read_csv(path, nrows=1, dtype=str, **layout).iloc[0]]
    places = _places(wanted, head, path)
    # Columns given by number say nothing about a header; an amount that is no number does.
    has_header = not (_is_number(head[places[-1]]) and all(name.isdecimal() for name in wanted))
    table = pd.read_csv(path, usecols=places, skiprows=int(has_header), dtype=dict.fromkeys(places[:2], str), **layout)
    return table[places].set_axis(range(len(wanted)), axis=1)


def _places(wanted: Sequence[str], names: Sequence[str], path: Path) -> list[int]:
    """Where the columns are. A number is never a name: it may well stand in the first line of a file without header."""
    places = []
    for name in wanted:
        place = int(name) - 1 if name.isdecimal() else names.index(name) if name in names else -1
        if not 0 <= place < len(names):
            raise ValueError(f"{path.name} has no column {name}, but {', '.join(names)}")
        places.append(place)
    return places


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _amounts(values: pd.Series, column: str, files: Sequence[str]) -> pd.Series:
    """Numbers as programs write them: what a comma or a sign of money means differs from shop to shop."""
    found = pd.to_numeric(values, errors="coerce").replace([np.inf, -np.inf], np.nan)
    _refuse(found.isna() & values.notna(), values, column, "no number: no thousands separators, no currency", files)
    return found


def _days(dates: pd.Series, column: str, files: Sequence[str]) -> pd.Series:
    """Days from 19970131, anything ISO, or what else pandas reads: one form, month before day if the first is open.

    The day is the one that is written, whatever the offset behind it: of 2024-07-01T00:30:00+02:00 that is the first
    of July, the day at the till, though in UTC it was still June.
    """
    text = dates.astype("string").str.strip().str.removesuffix(".0")
    is_iso = text.str.match(ISO, na=False).astype(bool)
    written = text.where(~is_iso, text.str.slice(0, 10))
    found = pd.to_datetime(written.where(is_iso), format="%Y-%m-%d", errors="coerce")
    other = written.where(~is_iso).str.replace(OFFSET, r"\1", regex=True)
    found = found.fillna(pd.to_datetime(other, errors="coerce"))
    _refuse(found.isna() & text.notna(), text, column, "no day", files)
    return found.dt.floor("D")


def _refuse(is_bad: pd.Series, values: pd.Series, column: str, why: str, files: Sequence[str]) -> None:
    """Name the first bad value, its column and its file, the number of which is in the index."""
    if is_bad.any():
        place = int(is_bad.to_numpy().argmax())
        file = files[values.index[place][0]]
        raise ValueError(f"{file}: column {column} has {str(values.iloc[place])!r}, which is {why}")


def split(lines: Lines, end: np.datetime64, last: np.datetime64) -> Split:
    """Histories up to the day `end`, and what followed up to the day `last`.

    The lines of a day are one purchase. A day whose amounts add up to less than 0 (returns) is none; a free day is
    one, as in the published figures of CDNOW, unless all repeat purchases of the customer were free: then there is
    no mean spend, and they don't count.
    """
    table = pd.DataFrame({"customer": lines.customer, "day": lines.day, "amount": lines.amount})
    days = table.groupby(["customer", "day"], as_index=False).sum()
    days = days[(days["amount"] >= 0) & (days["day"] <= last)]
    past, future = days[days["day"] <= end], days[days["day"] > end]
    is_repeat = past["customer"].duplicated()
    repeats = past["amount"].where(is_repeat, 0.0).groupby(past["customer"]).transform("sum")
    past, is_repeat = past[~is_repeat | (repeats > 0)], is_repeat[~is_repeat | (repeats > 0)]
    days_of = past["day"].to_numpy("datetime64[D]")
    ids, purchases = Purchases.from_days(past["customer"].to_numpy(), days_of, np.ones(len(past)), end)
    spend = past["amount"][is_repeat].groupby(past["customer"]).mean().reindex(ids).to_numpy(float)
    known = future[future["customer"].isin(ids)].groupby("customer")["amount"].agg(["size", "sum"])
    known = known.reindex(ids, fill_value=0)
    outcome = Outcome(known["size"].to_numpy(float), known["sum"].to_numpy(float))
    return Split(replace(purchases, spend=spend), outcome, float((last - end) / np.timedelta64(1, "D")), past)


def simulated_days() -> tuple[np.datetime64, np.datetime64]:
    """The last day of the histories of simulated buyers, and the last day at all."""
    return SIMULATED_FROM + SIMULATED_WEEKS * 7 // 2 - 1, SIMULATED_FROM + SIMULATED_WEEKS * 7 - 1


def simulated_lines(n_customers: int, rng: np.random.Generator) -> Lines:
    """Buyers of BG/NBD and Gamma-Gamma with the parameters `TRUTH`, over 78 weeks; all come in the first 12.

    After each repeat purchase a customer drops out with a probability of his or her own.
    """
    rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], n_customers)
    drop_out = rng.beta(TRUTH["a"], TRUTH["b"], n_customers)
    scale = rng.gamma(TRUTH["q"], 1 / TRUTH["v"], n_customers)
    who, week = np.arange(n_customers), rng.uniform(0, NEWCOMER_WEEKS, n_customers)
    bought = [(who, week)]
    while len(who):
        week = week + rng.exponential(1 / rate[who])
        who, week = who[week < SIMULATED_WEEKS], week[week < SIMULATED_WEEKS]
        bought.append((who, week))
        stays = rng.random(len(who)) >= drop_out[who]
        who, week = who[stays], week[stays]
    customer, weeks = (np.concatenate(side) for side in zip(*bought, strict=True))
    amount = rng.gamma(TRUTH["p"], 1 / scale[customer])
    return Lines(customer, SIMULATED_FROM + (weeks * 7).astype(int), amount, 0)
