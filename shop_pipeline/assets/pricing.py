"""Prices: their history, how demand answers to them, where they go, and what they might be.

Not here: the mathematics (`models/pricing`).
"""

import dagster as dg


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return []
