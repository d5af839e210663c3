"""The cuts in time: what the models may know before one, and what customers bought after it.

The test period is the last `recommend.holdout_days` before the clock, the validation period as long and just before it.

Here: both cuts, from the stored events. Not here: what is judged (`recommenders`), metrics.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..models.interactions import Interactions
from ..storage import set_variables
from .gated import Run
from .matrices import read_interactions
from .sql_files import sql_text

# What was bought in the period and not before, by customers and of products that training knows. Customers who are new
# after the cut get the same popular list from every model and would only thin the difference.
HELD_OUT = """
SELECT DISTINCT c.position AS customer, p.position AS product
FROM clean.events
JOIN customer_id_positions AS c ON c.id = customer_id
JOIN product_id_positions AS p ON p.id = product_id
ANTI JOIN entries USING (customer_id, product_id)
WHERE event_type = 'purchase' AND event_at >= ? AND event_at < ?
"""


@dataclass(frozen=True)
class Cut:
    """What was known at `split_at`, and what known customers bought in the period behind it: CSR of ones."""

    trained: Interactions
    held_out: Any
    split_at: datetime


def cut_for_validation(run: Run) -> Cut | str:
    """The cut on which settings and weights are chosen, or why there is none."""
    period = timedelta(days=run.session.settings.recommend.holdout_days)
    return _cut(run, run.as_of - 2 * period, run.as_of - period)


def cut_for_test(run: Run) -> Cut | str:
    """The cut on which the chosen one is judged, or why there is none."""
    period = timedelta(days=run.session.settings.recommend.holdout_days)
    return _cut(run, run.as_of - period, run.as_of)


def _cut(run: Run, since: datetime, until: datetime) -> Cut | str:
    trained = interactions_before(run, since)
    if trained is None:
        return f"no interactions before {since}: nothing to train on"
    held_out = held_out_between(run, trained, since, until)
    if not held_out.nnz:
        return f"nobody known before {since} bought anything new between it and {until}"
    return Cut(trained, held_out, since)


def interactions_before(run: Run, split_at: datetime) -> Interactions | None:
    """The very SQL that fills features.interactions, with an earlier clock; None where it gives no rows.

    The labels of customers stay those of the run's clock: whom the models leave out is the same on both sides.
    """
    with _clock_at(run, split_at):
        return read_interactions(run.duck, sql_text("features.interactions"))


def make_at(run: Run, name: str, split_at: datetime, over: tuple[str, ...] = ()) -> str:
    """Fill a temporary table by the SQL of the table `name` with an earlier clock, and return its name.

    The text reads the stored tables as they are, but those named in `over`, which were made so before it.
    """
    text = sql_text(name)
    for table in over:
        text = re.sub(rf"\b{re.escape(table)}\b", _at_cut(table), text)
    with _clock_at(run, split_at):
        run.duck.execute(f"CREATE OR REPLACE TEMP TABLE {_at_cut(name)} AS {text}")
    return _at_cut(name)


def _at_cut(name: str) -> str:
    return f"{name.replace('.', '_')}_at_cut"


def days_before(run: Run, days: int) -> datetime:
    """The clock so many calendar days of the shop earlier: the end of a day, also across a change to summer time."""
    zone = run.session.settings.shop.zone
    last = (run.as_of - timedelta(microseconds=1)).replace(tzinfo=UTC).astimezone(zone).date()
    return run.session.end_of_day(last - timedelta(days=days))


@contextmanager
def _clock_at(run: Run, split_at: datetime) -> Iterator[None]:
    set_variables(run.duck, {"as_of": split_at})
    try:
        yield
    finally:
        set_variables(run.duck, {"as_of": run.as_of})


def held_out_between(run: Run, trained: Interactions, since: datetime, until: datetime) -> Any:
    """CSR of ones, customers x products of `trained`, which was the last that `interactions_before` read."""
    found = run.duck.execute(HELD_OUT, [since, until]).fetchnumpy()
    ones = np.ones(len(found["customer"]), np.float32)
    return sp.csr_matrix((ones, (found["customer"], found["product"])), shape=trained.matrix.shape)
