"""Prices: their history, how demand answers to them, where they go, and what they might be.

Not here: the mathematics (`models/pricing`).
"""

from .table import Table

PRICING: tuple[Table, ...] = ()
