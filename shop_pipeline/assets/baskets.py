"""What is bought together: the baskets, and the association rules over them.

Not here: the mining (`models/baskets`).
"""

import dagster as dg


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return []
