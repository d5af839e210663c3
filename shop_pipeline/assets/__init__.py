"""The graph, stage by stage. Each stage is a module, a schema of the warehouse and a group in the Dagster UI.

| stage             | module                     | holds                                                        |
|-------------------|----------------------------|--------------------------------------------------------------|
| raw               | raw.py                     | the feeds as they landed, typed                              |
| clean             | clean.py                   | what the rest may trust, and the quarantine                  |
| features          | features.py                | interactions, purchases, customers: what models learn from   |
| (marts)           | readiness.py               | what the data allow: one mart ahead of the models            |
| (marts)           | recommenders/tuning.py     | which model with which settings: two marts ahead of them     |
| (marts)           | recommenders/hybrid.py     | how much each model counts in the blend                      |
| models            | recommenders/models.py     | similarities, and every recommender's learned state          |
| models            | recommenders/sessions.py   | what comes next in a visit                                   |
| (marts)           | recommenders/trade_offs.py | what rules, diversity and margin cost                        |
| models, marts     | customers/segments.py      | who is like whom, and what a segment is like                 |
| models, marts     | customers/value.py         | lifetime value, and how far it can be trusted                |
| models, marts     | customers/propensity.py    | who leaves, who buys what next, and for how much             |
| features, marts   | baskets.py                 | what is bought together                                      |
| marts             | market.py                  | sales, funnel, cohorts, growth, share of the market: all SQL |
| features to marts | demand.py                  | what will be sold                                            |
| marts             | pricing.py                 | price history, elasticity, forecast, suggestion              |
| marts             | inventory.py               | what to order when                                           |
| marts             | marts.py                   | what people query: recommendations, evaluation, customers    |
| ops               | ops.py                     | the manifest of a good run; publishes                        |

`gated.py` turns a contract and a builder into an asset, `sql_files.py` does so for a SQL file, `session.py` holds the
warehouse open for a run.
"""

import dagster as dg

from . import baskets, clean, demand, features, inventory, market, marts, ops, pricing, raw, readiness
from .customers import propensity, segments, value
from .recommenders import hybrid, models, sessions, trade_offs, tuning

STAGES = (
    raw,
    clean,
    features,
    readiness,
    tuning,
    hybrid,
    models,
    sessions,
    trade_offs,
    segments,
    value,
    propensity,
    baskets,
    market,
    demand,
    pricing,
    inventory,
    marts,
)


def all_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Every asset, in the order of the stages."""
    staged = [asset for stage in STAGES for asset in stage.assets(partitions)]
    # Behind each of them, and not just behind the marts: in a selection without marts it would come first.
    return [*staged, *ops.assets(".".join(asset.key.path) for asset in staged)]
