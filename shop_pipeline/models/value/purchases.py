"""What the models of lifetime value know about customers: four numbers each.

Here: `Purchases`, its checks, and how it is counted from dated amounts. Not here: any model, and no SQL (the mart
`features.rfm` holds the same numbers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.value.alike import alike


@dataclass(frozen=True, slots=True)
class Purchases:
    """The history of n customers, each from the first purchase on; all arrays are float64 (n,).

    Args:
        frequency: days with a purchase after the first day, a whole number.
        recency: time from the first purchase to the last; 0 where frequency is 0.
        age: time from the first purchase to the end of what was observed (T in the papers).
        spend: mean amount of a repeat purchase, 0 only if all of them were free; NaN where frequency is 0.
    """

    frequency: DoubleArray
    recency: DoubleArray
    age: DoubleArray
    spend: DoubleArray

    def __post_init__(self) -> None:
        """Refuse histories that can't be."""
        arrays = (self.frequency, self.recency, self.age, self.spend)
        if any(a.dtype != np.float64 or a.shape != (len(self.frequency),) for a in arrays):
            raise ValueError("frequency, recency, age and spend are float64 arrays of one length")
        once = self.frequency == 0
        _refuse(~np.isfinite(self.frequency) | (self.frequency < 0) | (self.frequency % 1 != 0),
                "a frequency that is no whole number from 0 on")  # fmt: skip
        _refuse(~((self.recency >= 0) & (self.recency <= self.age) & np.isfinite(self.age)),
                "not 0 <= recency <= age")  # fmt: skip
        _refuse(once & (self.recency != 0), "a recency above 0 without a repeat purchase")
        _refuse(~once & ~((self.spend >= 0) & np.isfinite(self.spend)), "a repeat purchase without a spend from 0 on")
        _refuse(once & ~np.isnan(self.spend), "a spend without a repeat purchase")

    def __len__(self) -> int:
        """The number of customers."""
        return len(self.frequency)

    @classmethod
    def from_days(
        cls, customer: AnyArray, day: AnyArray, amount: AnyArray, end: Any, *, count_free: bool = False
    ) -> tuple[AnyArray, Self]:
        """Count the purchases of each customer, in days, from any number of lines per customer and day.

        The lines of one customer and day are one purchase. A day whose amounts add up to less than nothing is none, and
        one that adds up to nothing only with `count_free`, as in the published figures on CDNOW.

        Args:
            customer: (n_lines,), of any type that sorts.
            day: (n_lines,), whole numbers or datetime64[D].
            amount: (n_lines,), returns below 0.
            end: the last day that was observed, a day like those; later lines are left out.
            count_free: whether a day that adds up to exactly 0 is a purchase.

        Returns:
            The customers with a purchase, sorted, and their purchases.
        """
        ids, who = np.unique(customer, return_inverse=True)
        since = (end - day).astype("timedelta64[D]").astype(np.int64) if day.dtype.kind == "M" else end - day
        seen = since >= 0
        who, since, amounts = _sum_by_day(who[seen], since[seen], np.asarray(amount, np.float64)[seen])
        bought = (amounts >= 0) if count_free else (amounts > 0)
        who, since, amounts = who[bought], since[bought], amounts[bought]
        first = np.flatnonzero(np.diff(who, prepend=-1))
        last = np.append(first, len(who))[1:] - 1
        frequency = (last - first).astype(np.float64)
        # The amount of the first day is made 0, so that the sum is that of the repeat purchases.
        amounts[first] = 0
        total = np.add.reduceat(amounts, first) if len(first) else np.zeros(0)
        spend = np.divide(total, frequency, out=np.full(len(first), np.nan), where=frequency > 0)
        age = since[first].astype(np.float64)
        return ids[who[first]], cls(frequency, age - since[last], age, spend)

    def part(self, rows: BoolArray | AnyArray | slice) -> Self:
        """Some of the customers, by a mask, by positions or a slice."""
        return type(self)(self.frequency[rows], self.recency[rows], self.age[rows], self.spend[rows])

    def per(self, unit: float) -> Self:
        """The same histories with time in a unit that is `unit` times as long: 7 turns days into weeks."""
        return type(self)(self.frequency, self.recency / unit, self.age / unit, self.spend)

    def distinct(self) -> tuple[AnyArray, DoubleArray]:
        """Positions (m,) of one customer per distinct frequency, recency and age, and how many share them (m,)."""
        positions, which = alike(self.frequency, self.recency, self.age)
        return positions, np.bincount(which).astype(np.float64)


def _sum_by_day(who: AnyArray, since: AnyArray, amount: DoubleArray) -> tuple[AnyArray, AnyArray, DoubleArray]:
    """One row per customer and day by customer, the earliest day first."""
    # Amounts are sorted too, so that the order of the lines does not change the last bits of their sum.
    order = np.lexsort((amount, -since, who))
    who, since, amount = who[order], since[order], amount[order]
    begins = np.flatnonzero((np.diff(who, prepend=-1) != 0) | (np.diff(since, prepend=-1) != 0))
    return who[begins], since[begins], np.add.reduceat(amount, begins) if len(begins) else np.zeros(0)


def _refuse(wrong: BoolArray, what: str) -> None:
    """Raise with the position of the first customer that is wrong."""
    if wrong.any():
        raise ValueError(f"{int(wrong.sum())} customers have {what}; the first is at position {int(wrong.argmax())}")
