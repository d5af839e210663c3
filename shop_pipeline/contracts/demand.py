"""What will be sold: series of the past, their back-test, and the forecasts of units and revenue.

Not here: the declarations (`demand_series.py`, `demand_judged.py`, `demand_foreseen.py`), nor the mathematics
(`models/forecasting`).
"""

from .demand_foreseen import FORESEEN
from .demand_judged import DEMAND_JUDGED
from .demand_series import CALENDAR, DAILY, WEEKLY
from .table import Table

DEMAND: tuple[Table, ...] = (DAILY, WEEKLY, CALENDAR, *DEMAND_JUDGED, *FORESEEN)
