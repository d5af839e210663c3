"""Association rules: how many, how fast and in how much memory, beside mlxtend in the same run.

    python benchmarks/rules.py --baskets groceries.csv --support .001 --confidence .8 --json
    python benchmarks/rules.py --simulate 1000000 --support .001 --confidence .2 --peer-seconds 0

A file has one line per basket and item, with the columns transaction id and item. Counted are frequent itemsets with
those of one item, as mlxtend's `fpgrowth` does, and rules with one consequent and at least one antecedent, as arules
does with `minlen = 2`. mlxtend's other rules are left out. It divides shares where arules and we divide counts: a rule
with a confidence of exactly 4/5 may be missing there at .8.

Both begin with the same codes of baskets and items, make of them what they need, and end with the rules and their
measures; the quietest of some rounds counts. `seconds_with_tests` goes on to what the shop publishes: p-values, those
by the sizes of the baskets, too, the correction, and no redundant rules. `first_call_seconds` is what compiling takes,
or loading what was compiled. Each side runs in a process of its own, and its peak of memory holds Python, the libraries
and the codes, too. The bound of memory, told before, is for itemsets and published rules: the unpublished ones with
their measures come on top.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import rules_peer
from children import call_in_child
from measure import report
from rules_data import Lines, read_lines, simulated_lines

from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import Itemsets, frequent_itemsets, mining_memory
from shop_pipeline.models.baskets.rules import Rules, all_rules, find_rules

FALSE_DISCOVERY_RATE = 0.05
SECONDS_PER_DAY = 86_400
TINY = Lines(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), 3, 2)


def baskets_of(lines: Lines) -> Baskets:
    return Baskets.from_codes(lines.basket, lines.item, lines.n_baskets, lines.n_items)


def confident_rules(itemsets: Itemsets, confidence: float) -> tuple[Rules, list[Any]]:
    """The rules, and the measures that mlxtend works out with them."""
    rules = all_rules(itemsets)
    rules = rules.where(rules.confidence >= confidence)
    return rules, [rules.support, rules.lift, rules.leverage, rules.conviction]


def mine(lines: Lines, options: argparse.Namespace) -> dict[str, Any]:
    """What was found, and what the quietest round took."""
    began = time.perf_counter()
    find_rules(baskets_of(TINY), frequent_itemsets(baskets_of(TINY), 0.5, 10), 0.5, FALSE_DISCOVERY_RATE)
    first_call, plain, tested = time.perf_counter() - began, math.inf, math.inf
    for _ in range(options.rounds):
        began = time.perf_counter()
        baskets = baskets_of(lines)
        itemsets = frequent_itemsets(baskets, options.support, options.most_itemsets)
        mined = time.perf_counter()
        rules, _ = confident_rules(itemsets, options.confidence)
        plain = min(plain, time.perf_counter() - began)
        again = time.perf_counter()
        found = find_rules(baskets, itemsets, options.confidence, FALSE_DISCOVERY_RATE)
        tested = min(tested, mined - began + time.perf_counter() - again)
    lengths = Counter((itemsets.length[rules.antecedents] + 1).tolist())
    return {
        "n_itemsets": len(itemsets),
        "n_rules": len(rules),
        "max_lift": float(rules.lift.max()) if len(rules) else None,
        "by_length": {str(length): lengths[length] for length in sorted(lengths)},
        "fewest_baskets": itemsets.min_count,
        "support_was_raised": itemsets.min_count_long > itemsets.asked_count,
        "n_published": len(found.kept),
        "seconds": plain,
        "seconds_with_tests": tested,
        "first_call_seconds": first_call,
    }


def compare(lines: Lines, options: argparse.Namespace) -> dict[str, Any]:
    """Ours and theirs, each in a child."""
    ours = call_in_child(partial(mine, lines, options), SECONDS_PER_DAY)
    if ours.value is None:
        raise SystemExit("the search failed, see above")
    bound = mining_memory(baskets_of(lines), options.most_itemsets)
    figures = {"n_baskets": lines.n_baskets, "n_lines": len(lines.item)} | ours.value
    figures |= {"peak_gb": ours.peak_gb, "memory_bound_gb": bound / 2**30}
    if not options.peer_seconds:
        return figures
    work = partial(rules_peer.mine, lines, options.support, options.confidence, options.rounds)
    theirs = call_in_child(work, options.peer_seconds)
    peer = {"status": theirs.status, "peak_gb": theirs.peak_gb} | (theirs.value or {})
    ratio = peer["seconds"] / figures["seconds"] if theirs.value else None
    return figures | {"mlxtend": peer, "times_as_fast": ratio}


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--baskets", help="CSV file with the columns transaction id and item")
    source.add_argument("--simulate", type=int, metavar="N", help="N made-up baskets")
    parser.add_argument("--support", type=float, required=True, help="share of the baskets, over 0 and up to 1")
    parser.add_argument("--confidence", type=float, required=True, help="share of the baskets with the antecedents")
    parser.add_argument("--most-itemsets", type=int, default=1_000_000, help="the support is raised to have no more")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed")
    parser.add_argument("--peer-seconds", type=float, default=300, help="mlxtend's time limit; 0: without mlxtend")
    parser.add_argument("--seed", type=int, default=7, help="of the made-up baskets")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    if options.baskets:
        lines = read_lines(options.baskets)
    else:
        lines = simulated_lines(options.simulate, np.random.default_rng(options.seed))
    report(compare(lines, options), as_json=options.json)


if __name__ == "__main__":
    main()
