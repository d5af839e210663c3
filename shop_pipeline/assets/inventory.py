"""What to order when: classes of products, reorder points and safety stock.

Not here: the mathematics (`models/inventory`).
"""

import dagster as dg


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return []
