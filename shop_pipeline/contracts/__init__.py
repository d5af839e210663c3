"""Every table, declared once. `TABLES` holds all of them by their qualified name."""

from .feeds import FEEDS
from .table import Column, ForeignKey, RowRule, Rule, Severity, Table

TABLES: dict[str, Table] = {table.qualified: table for table in (*FEEDS.values(),)}

__all__ = ["FEEDS", "TABLES", "Column", "ForeignKey", "RowRule", "Rule", "Severity", "Table"]
