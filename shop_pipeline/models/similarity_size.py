"""How large the similarity step will be, before its matrix is there: degrees of products, and multiply-adds.

Here: the arithmetic of a sample and of growth. The step costs, for each customer, the square of the number of their
products. Not here: the step (`similarity`) and its memory (`similarity.similarity_memory`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray


@dataclass(frozen=True, slots=True)
class MatrixSize:
    """What is known of an interaction matrix without its entries.

    Args:
        degrees: customers of each product, int64, descending.
        n_customers: rows.
        multiply_adds: sum over customers of the squared number of their products.
    """

    degrees: AnyArray
    n_customers: int
    multiply_adds: float

    @property
    def n_entries(self) -> int:
        return int(self.degrees.sum())

    def grown(self, growth: float) -> MatrixSize:
        """The size with `growth` times the events, if all of them are of the same customers: the upper end."""
        return MatrixSize(
            np.ceil(self.degrees * growth).astype(np.int64), self.n_customers, self.multiply_adds * growth**2
        )


def size_of(customers: AnyArray, products: AnyArray) -> MatrixSize:
    """Of a whole matrix, given one customer and product per entry."""
    degrees, per_customer = (np.unique(ids, return_counts=True)[1].astype(np.int64) for ids in (products, customers))
    return MatrixSize(np.sort(degrees)[::-1], len(per_customer), float((per_customer.astype(float) ** 2).sum()))


def size_from_sample(customers: AnyArray, products: AnyArray, days: AnyArray, share: float) -> MatrixSize:
    """Of the matrix behind a sample of events, a `share` of all, given customer, product and day of each event.

    A sample holds visits, not single events, so that it is days that count as seen or not. Customers and pairs that it
    did not meet are added by Chao's estimate (Chao 1984) over days, and never to more than 1 / share times those seen.
    Of the products of one customer, two of one day were met together (they scale by 1 / share), two of different days
    by the chance of both days (1 / share squared): so the multiply-adds are taken apart. A pair
    counts for its first day.
    """
    events = np.array([customers, products, days], dtype=str)
    visits = np.unique(events, axis=1)
    if not visits.size:
        return MatrixSize(np.zeros(0, np.int64), 0, 0.0)
    pairs, first, times = np.unique(visits[:2], axis=1, return_index=True, return_counts=True)
    growth = _all(times, share) / len(times)
    n_customers = _all(np.unique(np.unique(events[[0, 2]], axis=1)[0], return_counts=True)[1], share)
    together = _sum_of_squares(visits[[0, 2]][:, first])
    apart = _sum_of_squares(pairs[:1]) - together
    per_product = np.sort(np.unique(pairs[1], return_counts=True)[1])[::-1]
    degrees = np.minimum(np.ceil(per_product * growth), np.ceil(n_customers)).astype(np.int64)
    return MatrixSize(degrees, round(n_customers), together * growth + apart * growth**2)


def _sum_of_squares(groups: AnyArray) -> float:
    """Over the different columns of `groups`, how often each is there, squared."""
    return float((np.unique(groups, axis=1, return_counts=True)[1].astype(float) ** 2).sum())


def _all(times: AnyArray, share: float) -> float:
    """How many different things there are, each of which was seen on so many days of a `share` of all."""
    once, twice = int((times == 1).sum()), int((times == 2).sum())
    chao = len(times) + once * max(once - 1, 0) / (2 * (twice + 1))
    return float(np.clip(chao, len(times), len(times) / share))
