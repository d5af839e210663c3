"""What will be sold: series of the past, their back-test, and the forecasts of units and revenue.

Not here: the mathematics (`models/forecasting`).
"""

import dagster as dg


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return []
