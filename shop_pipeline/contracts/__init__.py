"""Every table, declared once. `TABLES` holds all of them by their qualified name."""

from .clean import CLEAN
from .feeds import FEEDS
from .judged import EVALUATION
from .learned import LEARNED
from .published import MARTS, OPS
from .table import Column, ForeignKey, RowRule, Rule, Severity, Table
from .visitors import VISITORS

TABLES: dict[str, Table] = {
    table.qualified: table for table in (*FEEDS.values(), *CLEAN, *VISITORS, *LEARNED, EVALUATION, *MARTS, *OPS)
}

__all__ = ["FEEDS", "TABLES", "Column", "ForeignKey", "RowRule", "Rule", "Severity", "Table"]
