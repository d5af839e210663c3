"""Lifetime value: parameters, the value of each customer, and how far the figures can be trusted."""

from .table import Table

VALUE: tuple[Table, ...] = ()
