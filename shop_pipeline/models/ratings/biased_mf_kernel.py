"""One pass of stochastic gradient descent over all ratings, customer by customer.

Belongs here: the compiled step of `biased_mf`. Does not belong here: how many passes, at which rates, from which start.

All quantities are in standard deviations of the ratings. One thread, in an order that the caller draws: the same order
gives the same bits.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, Real
from shop_pipeline.models.compiled import compiled


@compiled
def dot(own: FloatArray, implied: FloatArray, other: FloatArray) -> Real:
    """(own + implied) . other, as four sums that do not wait for one another."""
    a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    whole = len(own) // 4 * 4
    for f in range(0, whole, 4):
        a += (own[f] + implied[f]) * other[f]
        b += (own[f + 1] + implied[f + 1]) * other[f + 1]
        c += (own[f + 2] + implied[f + 2]) * other[f + 2]
        d += (own[f + 3] + implied[f + 3]) * other[f + 3]
    for f in range(whole, len(own)):
        a += (own[f] + implied[f]) * other[f]
    return a + b + (c + d)


@compiled
def descend(
    order: AnyArray,
    bounds: AnyArray,
    products: AnyArray,
    values: FloatArray,
    customer_bias: FloatArray,
    product_bias: FloatArray,
    customer_factors: FloatArray,
    product_factors: FloatArray,
    implicit_factors: FloatArray,
    rate: Real,
    bias_penalty: Real,
    factor_penalty: Real,
) -> None:
    """Visit the customers in `order`, whose ratings lie at bounds[c] to bounds[c + 1]; change the parameters in place.

    With e the error of a rating by u of i, s_u = sum of y_j over the n_u products of u / sqrt(n_u), and z = p_u + s_u:
    b_u += rate (e - bias_penalty b_u), likewise b_i; p_u += rate (e q_i - factor_penalty p_u);
    q_i += rate (e z - factor_penalty q_i); y_j += rate (e q_i / sqrt(n_u) - factor_penalty y_j) for all j of u.
    The last line changes s_u exactly as the second changes p_u, so the y_j are brought up to date once per customer:
    n_u updates multiply each by the same factor and add the same sum. Without rows in `implicit_factors` s_u is 0.
    """
    n_factors = product_factors.shape[1]
    implied, summed = np.zeros(n_factors, np.float32), np.zeros(n_factors, np.float32)
    rate, bias_penalty, keep = np.float32(rate), np.float32(bias_penalty), np.float32(1 - rate * factor_penalty)
    has_implicit = len(implicit_factors) > 0
    for customer in order:
        begin, end = bounds[customer], bounds[customer + 1]
        share = np.float32(1 / np.sqrt(max(1, end - begin)))
        implied[:] = 0
        summed[:] = 0
        if has_implicit:
            for entry in range(begin, end):
                implied += share * implicit_factors[products[entry]]
        own = customer_factors[customer]
        for entry in range(begin, end):
            product = products[entry]
            other = product_factors[product]
            error = values[entry] - customer_bias[customer] - product_bias[product] - dot(own, implied, other)
            customer_bias[customer] += rate * (error - bias_penalty * customer_bias[customer])
            product_bias[product] += rate * (error - bias_penalty * product_bias[product])
            step = rate * error
            for f in range(n_factors):
                toward = step * other[f]
                other[f] = keep * other[f] + step * (own[f] + implied[f])
                own[f] = keep * own[f] + toward
                if has_implicit:
                    implied[f] = keep * implied[f] + toward
                    summed[f] = keep * summed[f] + toward
        if has_implicit:
            kept = keep ** (end - begin)
            for entry in range(begin, end):
                implicit = implicit_factors[products[entry]]
                for f in range(n_factors):
                    implicit[f] = kept * implicit[f] + share * summed[f]
