"""What a daily run builds: of the recommenders those that are published, and no search, ratings or similar customers.

Here: reading the choice. Not here: the search
(`assets/recommenders/tuning.py`), the jobs (`jobs.py`). By hand, or in the job `tune`, any model can be built.
"""

import dagster as dg
import duckdb

from ..assets.recommenders.choices import SELECTION, WEIGHTS, before_any_search
from ..assets.recommenders.ratings import NAME as RATINGS
from ..assets.recommenders.shelf import REPURCHASES, RULES
from ..assets.recommenders.similarities import CUSTOMERS
from ..assets.recommenders.trade_offs import NAME as TRADE_OFFS
from ..assets.recommenders.tuning import TRIALS
from ..contracts import TABLES
from ..contracts.fitted import FITTED
from ..settings import Paths, load_settings
from ..storage import query

SEARCH = (TRIALS, SELECTION)
# Dear, and much the same from day to day.
WEEKLY = (*SEARCH, RATINGS, CUSTOMERS)
# Learned weekly, and by the daily run as long as they are empty.
LEARNED_ONCE = (WEIGHTS, TRADE_OFFS)
# What shop.yaml says of lists; lists made by a search go by what it says then.
LIST_RULES = (RULES, REPURCHASES)
# Written by the gate and by raw.events, beside what they tell of.
NO_ASSETS = ("ops.check_results", "ops.landing_files")


def daily_assets(paths: Paths) -> list[dg.AssetKey]:
    """The keys of all tables that a daily run builds."""
    wanted, learned = chosen_models(paths), [name for name in LEARNED_ONCE if _ask(paths, f"FROM {name} LIMIT 1")]
    rivals = {table.qualified for name, table in FITTED.items() if name not in wanted}
    left_out = rivals.union(WEEKLY, NO_ASSETS, learned)
    return [dg.AssetKey(name.split(".")) for name in TABLES if name not in left_out]


def chosen_models(paths: Paths) -> tuple[str, ...]:
    """The parts of the hybrid; without weights the model that the last search chose; before any, what stands in."""
    for choice in (
        f"SELECT model FROM {WEIGHTS} WHERE weight > 0 ORDER BY 1",
        f"SELECT model FROM {SELECTION} WHERE is_chosen",
    ):
        if found := _ask(paths, choice):
            return tuple(str(name) for name, *_ in found)
    return before_any_search(load_settings(paths.shop_yaml).recommend)


def _ask(paths: Paths, sql: str) -> list[tuple[object, ...]]:
    """The rows of the warehouse, which the run goes by: it may have a choice that was not published.

    While another process holds it, the published file answers; no rows where neither does.
    """
    for file in (paths.warehouse, paths.published):
        try:
            found = query(file, sql)
        except (FileNotFoundError, duckdb.Error):  # not there, held, or of a version without the table
            continue
        return found.fetchall() if found else []
    return []
