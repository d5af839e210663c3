"""Lifetime value."""

import dagster as dg


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return []
