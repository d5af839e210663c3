"""What a daily run builds: of the recommenders the chosen one, and no search, ratings or similar customers.

Here: reading the choice. Not here: the search
(`assets/tuning.py`), the jobs (`jobs.py`). By hand, or in the job `tune`, any model can be built.
"""

import dagster as dg
import duckdb

from ..assets.choices import BEFORE_ANY_SEARCH, SELECTION
from ..assets.ratings import NAME as RATINGS
from ..assets.similarities import CUSTOMERS
from ..assets.tuning import TRIALS
from ..contracts import TABLES
from ..contracts.fitted import FITTED
from ..settings import Paths
from ..storage import query

SEARCH = (TRIALS, SELECTION)
# Read by nobody every day.
WEEKLY = (*SEARCH, RATINGS, CUSTOMERS)
# Written by the gate and by raw.events, beside what they tell of.
NO_ASSETS = ("ops.check_results", "ops.landing_files")


def daily_assets(paths: Paths) -> list[dg.AssetKey]:
    """The keys of all tables that a daily run builds."""
    wanted = chosen_models(paths)
    rivals = {table.qualified for name, table in FITTED.items() if name not in wanted}
    left_out = rivals.union(WEEKLY, NO_ASSETS)
    return [dg.AssetKey(name.split(".")) for name in TABLES if name not in left_out]


def chosen_models(paths: Paths) -> tuple[str, ...]:
    """The model that the last search chose; those that stand in for it before the first one.

    The run goes by the warehouse, which has a choice that was not published where a search broke off behind it. While
    another process holds it, the published file answers.
    """
    for file in (paths.warehouse, paths.published):
        try:
            found = query(file, f"SELECT model FROM {SELECTION} WHERE is_chosen")
        except (FileNotFoundError, duckdb.Error):  # not there, held, or of a version without a search
            continue
        return tuple(str(name) for (name,) in (found.fetchall() if found else [])) or BEFORE_ANY_SEARCH
    return BEFORE_ANY_SEARCH
