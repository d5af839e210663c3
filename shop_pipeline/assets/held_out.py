"""The cuts in time: what the models may know before one, and what customers bought after it.

Here: both, from the stored events. Not here: where the cuts are (`tuning.py`, `evaluation.py`), metrics.
"""

from datetime import datetime
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


def interactions_before(run: Run, split_at: datetime) -> Interactions | None:
    """The very SQL that fills features.interactions, with an earlier clock; None where it gives no rows.

    The labels of customers stay those of the run's clock: whom the models leave out is the same on both sides.
    """
    set_variables(run.duck, {"as_of": split_at})
    try:
        return read_interactions(run.duck, sql_text("features.interactions"))
    finally:
        set_variables(run.duck, {"as_of": run.as_of})


def held_out_between(run: Run, trained: Interactions, since: datetime, until: datetime) -> Any:
    """CSR of ones, customers x products of `trained`, which was the last that `interactions_before` read."""
    found = run.duck.execute(HELD_OUT, [since, until]).fetchnumpy()
    ones = np.ones(len(found["customer"]), np.float32)
    return sp.csr_matrix((ones, (found["customer"], found["product"])), shape=trained.matrix.shape)
