"""The same itemsets and rules by mlxtend, for `rules.py`."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from rules_data import Lines

LARGEST_FRAME = 2_000_000_000
"""Cells of a byte."""


def mine(lines: Lines, support: float, confidence: float, rounds: int) -> dict[str, Any]:
    """What the quietest round took, from the codes to the rules with one consequent, and what was found."""
    from mlxtend.frequent_patterns import association_rules, fpgrowth

    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        itemsets = fpgrowth(_frame(lines, support), min_support=support)
        rules = association_rules(itemsets, metric="confidence", min_threshold=confidence) if len(itemsets) else None
        rules = rules[rules["consequents"].map(len) == 1] if rules is not None else pd.DataFrame({"lift": []})
        seconds.append(time.perf_counter() - began)
    lengths = Counter(len(each) + 1 for each in rules.get("antecedents", ()))
    return {
        "seconds": min(seconds),
        "n_itemsets": len(itemsets),
        "n_rules": len(rules),
        "max_lift": float(rules["lift"].max()) if len(rules) else None,
        "by_length": {str(length): lengths[length] for length in sorted(lengths)},
    }


def _frame(lines: Lines, support: float) -> pd.DataFrame:
    """Basket by item. Without rare items, which it would leave out first: a frame of all takes 20 GB for a million
    baskets, and a sparse one did not end within a minute.
    """
    entry = np.sort(lines.basket * lines.n_items + lines.item)
    basket, item = np.divmod(entry[np.diff(entry, prepend=-1) > 0], lines.n_items)
    is_frequent = np.bincount(item, minlength=lines.n_items) >= support * lines.n_baskets
    if lines.n_baskets * is_frequent.sum() > LARGEST_FRAME:
        raise SystemExit(f"mlxtend would need a frame of {lines.n_baskets} x {is_frequent.sum()}")
    cells = np.zeros((lines.n_baskets, is_frequent.sum()), bool)
    basket, item = basket[is_frequent[item]], item[is_frequent[item]]
    cells[basket, (np.cumsum(is_frequent) - 1)[item]] = True
    return pd.DataFrame(cells)
