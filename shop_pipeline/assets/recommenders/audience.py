"""Which labelled customers the models learn from, told with every table that is made from the interactions.

The choice is `interactions.leave_out` of shop.yaml, and `sql/features/interactions.sql` makes it. Not here: who gets a
label (`sql/clean/customer_labels.sql`).
"""

from typing import Any

from ...contracts import TABLES
from ..gated import Run

COUNTED = """
SELECT count(DISTINCT customer_id) FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
"""


def labels_told(run: Run) -> dict[str, Any]:
    """The labels that are taken and left out, and how many customers that leaves out, as metadata."""
    every = next(column for column in TABLES["clean.customer_labels"] if column.name == "label").values
    left_out: list[str] = list(run.session.settings.interactions.leave_out)
    row = run.duck.execute(COUNTED).fetchone()
    return {
        "labels_taken": ", ".join(label for label in every if label not in left_out) or "none",
        "labels_left_out": ", ".join(left_out) or "none",
        "customers_left_out": row[0] if row else 0,
    }
