"""What to order when: classes of products, reorder points and safety stock.

Not here: the mathematics (`models/inventory`).
"""

from .table import Table

INVENTORY: tuple[Table, ...] = ()
