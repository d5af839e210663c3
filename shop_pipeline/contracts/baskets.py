"""What is bought together: the baskets, and the association rules over them.

Not here: the mining (`models/baskets`).
"""

from .table import Table

BASKETS: tuple[Table, ...] = ()
