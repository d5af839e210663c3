"""What customers will still buy, and what that is worth, from arrays to arrays.

Outline: `purchases` (one row per customer) -> `purchase_model` (the port: how often, and whether at all), behind which
stand `bg_nbd`, `mbg_nbd`, `pareto_nbd` and, for data in which nobody drops out, `nbd`; all are fitted by
`maximum_likelihood`.

The unit of time is the caller's, the same in the data, the parameters and the horizon: days inside the shop.
"""
