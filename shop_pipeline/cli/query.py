"""`shop query`: SQL on the published file."""

import sys

from ..settings import Paths
from ..storage import query

SHOWN = 100


def run_query(paths: Paths, sql: str, *, as_csv: bool) -> int:
    """Print the rows: all of them as CSV, the first of them as a table."""
    found = query(paths.published, sql)
    if found is None:  # a statement without rows
        return 0
    if as_csv:
        found.df().to_csv(sys.stdout, index=False)
    else:
        found.show(max_rows=SHOWN, max_width=160)
    return 0
