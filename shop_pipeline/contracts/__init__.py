"""Every table, declared once. `TABLES` holds all of them by their qualified name."""

from .clean import CLEAN
from .feeds import FEEDS
from .judged import EVALUATION
from .learned import LEARNED
from .published import MARTS, OPS
from .shop_pages import SHOP_PAGES
from .shown import SHOWN
from .table import Column, ForeignKey, RowRule, Rule, Severity, Table
from .trade_offs import LIST_TRADE_OFFS
from .visitors import VISITORS
from .visits import VISITED

_LEARNED = (*VISITORS, *SHOWN, *VISITED, *LEARNED, EVALUATION)
_PUBLISHED = (*MARTS, *SHOP_PAGES, LIST_TRADE_OFFS, *OPS)

TABLES: dict[str, Table] = {table.qualified: table for table in (*FEEDS.values(), *CLEAN, *_LEARNED, *_PUBLISHED)}

__all__ = ["FEEDS", "TABLES", "Column", "ForeignKey", "RowRule", "Rule", "Severity", "Table"]
