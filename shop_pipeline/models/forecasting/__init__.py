"""What will be sold, from arrays to arrays.

Outline, from what is known to what is told:

- `panel`: many series over the same periods, cut back to any earlier clock. `metrics`: how far forecasts were off.
- Models: `smoothing` (means, exponential smoothing, theta, Croston's family; all series in one pass), `trend`
  (mu + beta t + e), `statistical` (statsforecast, one series at a time), all but the trend on series whose season
  `seasonal` took off and whose holidays `holiday_effect`; `boosting` (one model for all series, over `lags` and
  `bins`). `closed`: weekdays on which nobody sells.
- `candidates` names them and says who is tried on what; `backtest` lets them forecast earlier windows and asks `choice`
  which is taken; `forecast` uses that from today.
- `intervals` makes bounds of the errors that the back-test made (`error_shape`; `freedom`: how many of them speak for
  themselves); `lead_time` adds them up over the time that an order takes; `reconcile` makes products, categories and
  shop add up.
"""
