"""The compiled inner part of `significance`: tails of the hypergeometric distribution.

Here: one sum per rule. Not here: what is tested (`significance`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.compiled import compiled

NEGLIGIBLE = 1e-17
"""What a term has to add to a sum of which it is such a share: nothing, in double precision."""


@compiled
def sum_tails(
    together: AnyArray, antecedent: AnyArray, consequent: AnyArray, among: AnyArray, log_factorial: DoubleArray
) -> DoubleArray:
    """(rules,) log P(K >= together) for K hypergeometric; `log_factorial` (largest of among + 1,).

    The sum runs over the tail without the mode, where terms fall, by
    P(k + 1) / P(k) = (a - k)(b - k) / ((k + 1)(n - a - b + k + 1)).
    """
    found = np.empty(len(together))
    for rule in range(len(together)):
        k, a, b, n = together[rule], antecedent[rule], consequent[rule], among[rule]
        is_upper = k * n > a * b
        if not is_upper:
            k -= 1
        if not is_upper and k < max(0, a + b - n):
            found[rule] = 0.0
            continue
        # log of C(b, k) C(n - b, a - k) / C(n, a)
        first = log_factorial[b] - log_factorial[k] - log_factorial[b - k] + log_factorial[a] - log_factorial[n]
        first += log_factorial[n - b] - log_factorial[a - k] - log_factorial[n - b - a + k] + log_factorial[n - a]
        term = total = 1.0
        while term > NEGLIGIBLE * total:
            if is_upper:
                term *= (a - k) / (k + 1) * ((b - k) / (n - a - b + k + 1))
                k += 1
            else:
                term *= k / (a - k + 1) * ((n - a - b + k) / (b - k + 1))
                k -= 1
            total += term
        tail = min(first + np.log(total), 0.0)
        found[rule] = tail if is_upper else np.log1p(-np.exp(tail))
    return found
