"""What will be sold: series of the past, their back-test, and the forecasts of units and revenue.

Not here: the mathematics (`models/forecasting`).
"""

from .table import Table

DEMAND: tuple[Table, ...] = ()
