"""Stock: what to order when, from a forecast and its own errors.

Outline: `abc` and `xyz` sort products; `demand` sums forecasts up, `reorder` makes a reorder point and a risk of them,
`order_quantity` a lot; `history` tells what sales say of demand, `supported` bounds errors by it, and stands in for
those that nobody has seen; `stopped` says what is not ordered again.
`plan` puts these together, `reasons` tells it in words. The distribution of summed errors is in
`models/forecasting/lead_time.py`.
"""
