"""What customers will still buy, and what that is worth, from arrays to arrays.

Outline, from what is known to what is told:

- `purchases` (one row per customer); `alike` (customers who are the same to a model are worked out once).
- How often, and whether at all: `purchase_model` (the port), behind which stand `bg_nbd` and `mbg_nbd` (in common:
  `beta_geometric`, with `beta_quadrature`), `pareto_nbd` (with `drop_out_integral`) and, for data in which nobody drops
  out, `nbd`. All are fitted by `maximum_likelihood`.
- How much: `gamma_gamma`; `spend_by_frequency` where spend depends on frequency, `spend_of_known_mean` where its mean
  would be infinite or near it. All are fitted by `spend_likelihood`; the search is the same for both sides, `search`.
- Both together: `lifetime_value`, and how sure it is, `value_interval`. `value_model` fits all and chooses.
- Held against what came: `past_rate` (the naive rule), `report` (who beats it), from `accuracy`, `ranking` and
  `resampling`.
- What follows: `tiers`, with the two plain formulas beside the model.

The unit of time is the caller's, the same in the data, the parameters and the horizon: days inside the shop.
"""
