"""What customers did (their purchases, rfm, features), service cases, and the row per customer that people read."""

from .table import Table

CUSTOMERS_SEEN: tuple[Table, ...] = ()
