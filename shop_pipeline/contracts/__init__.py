"""Every table, declared once. `TABLES` holds all of them by their qualified name."""

from .baskets import BASKETS
from .clean import CLEAN
from .customers import CUSTOMERS_SEEN
from .demand import DEMAND
from .feeds import FEEDS
from .inventory import INVENTORY
from .judged import EVALUATION
from .learned import LEARNED
from .market import MARKET_SEEN
from .pricing import PRICING
from .propensity import PROPENSITY
from .published import MARTS, OPS
from .segments import SEGMENTED
from .shop_pages import SHOP_PAGES
from .shown import SHOWN
from .table import Column, ForeignKey, RowRule, Rule, Severity, Table
from .trade_offs import LIST_TRADE_OFFS
from .value import VALUE
from .visitors import VISITORS
from .visits import VISITED

_LEARNED = (*VISITORS, *SHOWN, *VISITED, *LEARNED, EVALUATION)
_ABOUT_CUSTOMERS = (*CUSTOMERS_SEEN, *VALUE, *SEGMENTED, *PROPENSITY)
_ABOUT_SALES = (*BASKETS, *DEMAND, *PRICING, *INVENTORY, *MARKET_SEEN)
_PUBLISHED = (*MARTS, *SHOP_PAGES, LIST_TRADE_OFFS, *OPS)

TABLES: dict[str, Table] = {
    table.qualified: table
    for table in (*FEEDS.values(), *CLEAN, *_LEARNED, *_ABOUT_CUSTOMERS, *_ABOUT_SALES, *_PUBLISHED)
}

__all__ = ["FEEDS", "TABLES", "Column", "ForeignKey", "RowRule", "Rule", "Severity", "Table"]
