"""Sales and the market: share, rivals, cohorts, funnel, growth and trends.

Not here: the SQL (`sql/marts`).
"""

from .table import Table

MARKET_SEEN: tuple[Table, ...] = ()
