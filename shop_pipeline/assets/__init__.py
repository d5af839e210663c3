"""The graph, stage by stage. Each stage is a module, a schema of the warehouse and a group in the Dagster UI.

| stage    | module      | holds                                                        |
|----------|-------------|--------------------------------------------------------------|
| raw      | raw.py      | the feeds as they landed, typed                              |
| clean    | clean.py    | what the rest may trust, and the quarantine                  |
| features | features.py | the interaction matrix                                       |
| (marts)  | readiness.py| what the data allow: one mart ahead of the models            |
| (marts)  | tuning.py   | which model with which settings: two marts ahead of them     |
| (marts)  | hybrid.py   | how much each model counts in the blend                      |
| models   | models.py   | similarities, and every recommender's learned state          |
| models   | sessions.py | what comes next in a visit                                   |
| (marts)  | trade_offs.py | what rules, diversity and margin cost                     |
| models, marts | segments.py | who is like whom, and what a segment is like            |
| models, marts | value.py    | lifetime value, and how far it can be trusted           |
| models, marts | propensity.py | who leaves, who buys what next, and for how much      |
| features, marts | baskets.py  | what is bought together                             |
| marts    | market.py   | sales, funnel, cohorts, growth, share of the market: all SQL |
| features, models, marts | demand.py | what will be sold                             |
| marts    | pricing.py  | price history, elasticity, forecast, suggestion              |
| marts    | inventory.py | what to order when                                          |
| marts    | marts.py    | what people query: recommendations, evaluation, customers ...|
| ops      | ops.py      | the manifest of a good run; publishes                        |

`gated.py` turns a contract and a builder into an asset, `sql_files.py` does so for a SQL file, `session.py` holds the
warehouse open for a run.
"""

import dagster as dg

from . import (
    baskets,
    clean,
    demand,
    features,
    hybrid,
    inventory,
    market,
    marts,
    models,
    ops,
    pricing,
    propensity,
    raw,
    readiness,
    segments,
    sessions,
    trade_offs,
    tuning,
    value,
)

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
    published = [".".join(asset.key.path) for asset in staged if asset.key.path[0] == "marts"]
    return [*staged, *ops.assets(published)]
