"""Sales and the market: share, rivals, cohorts, funnel, growth and trends.

Here: which tables there are. Not here: what they promise (the `market_*.py` beside this), and the SQL (`sql/marts`).
"""

from .market_feed import MARKET
from .market_sales import SALES_DAILY, SALES_GROWTH, TRENDING_PRODUCTS
from .market_share import COMPETITOR_PRICES, MARKET_SHARE
from .market_visits import COHORT_RETENTION, CONVERSION_FUNNEL
from .table import Table

MARKET_SEEN: tuple[Table, ...] = (
    MARKET,
    MARKET_SHARE,
    COMPETITOR_PRICES,
    SALES_DAILY,
    SALES_GROWTH,
    CONVERSION_FUNNEL,
    COHORT_RETENTION,
    TRENDING_PRODUCTS,
)
