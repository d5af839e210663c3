"""What a daily run builds: of the recommenders the chosen one, and no search, ratings or similar customers.

Here: the choice as the published file tells it, so that looking does not touch the warehouse. Not here: the search
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
    """The model that the last search chose; those that stand in for it before the first one."""
    if not paths.published.exists():
        return BEFORE_ANY_SEARCH
    try:
        found = query(paths.published, f"SELECT model FROM {SELECTION} WHERE is_chosen")
    except duckdb.CatalogException:  # published by a version without a search
        return BEFORE_ANY_SEARCH
    return tuple(str(name) for (name,) in (found.fetchall() if found else [])) or BEFORE_ANY_SEARCH
