"""Given one product of a visit and nothing else: which come next?

Belongs here: questions from visits, what a model shows after each product, judging it, and which rival is worth it.
Does not belong here: what a visit is (SQL, `features.visits`), the cut in time (the caller's), metrics (`judge`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray, SparseMatrix
from shop_pipeline.models.evaluation.judge import Evaluation, evaluate
from shop_pipeline.models.evaluation.selection import BASELINE, published
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.recommender import HistoryRecommender, Recommender
from shop_pipeline.models.top_n import TopN


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of each visit.

    Args:
        sources: the product that is known, int32 (n_questions,).
        targets: the products to be found, CSR (n_questions, n_products).
    """

    sources: IntArray
    targets: SparseMatrix


def questions(
    visits: AnyArray, products: AnyArray, times: DoubleArray, n_products: int, n_most: int, rng: np.random.Generator
) -> Questions:
    """One question for each visit, of at most `n_most` visits.

    A step is what came at one time. Known is one product of a step that is drawn from the visit; to be found are those
    of the next step. In a visit of one step, such as an order whose lines bear one time, they are the step's others.
    More questions of one visit would depend on each other, and make intervals narrower than they are.

    Args:
        visits, products, times: one row per visit and product, in any order; each pair is there once.
    """
    order = np.lexsort((products, times, visits))
    order = order[np.lexsort((rng.random(len(order)), times[order], visits[order]))]
    visits, products, times = visits[order], products[order], times[order]
    starts = np.flatnonzero(_differs(visits) | _differs(times))
    ends = np.append(starts[1:], len(products))
    owners = visits[starts]
    is_first, is_last = _differs(owners), np.append(_differs(owners)[1:], True)[: len(owners)]
    has_others = is_first & is_last & (ends - starts > 1)
    begins = np.where(is_last, starts + 1, ends)
    stops = np.where(is_last, ends, np.append(ends[1:], 0)[: len(ends)])
    asked = _one_of_each(np.flatnonzero(~is_last | has_others), owners, rng)
    if len(asked) > n_most:
        asked = np.sort(rng.choice(asked, n_most, replace=False))
    lengths = (stops - begins)[asked]
    ends_of_rows = np.concatenate(([0], np.cumsum(lengths)))
    within = np.arange(ends_of_rows[-1]) - np.repeat(ends_of_rows[:-1], lengths)
    columns = products[np.repeat(begins[asked], lengths) + within]
    entries: Any = (np.ones(len(columns), np.float32), columns, ends_of_rows)
    targets = sp.csr_matrix(entries, shape=(len(asked), n_products))
    targets.sort_indices()
    return Questions(products[starts[asked]].astype(np.int32), targets)


def _differs(values: AnyArray) -> AnyArray:
    """Where a value is another than the one before it; the first is."""
    return np.concatenate(([True], values[1:] != values[:-1])) if len(values) else np.empty(0, bool)


def _one_of_each(steps: AnyArray, owners: AnyArray, rng: np.random.Generator) -> AnyArray:
    """Of each owner one of the steps, in the order of the owners."""
    drawn = steps[np.lexsort((rng.random(len(steps)), owners[steps]))]
    return drawn[_differs(owners[drawn])]


def after_each(model: Recommender[Any], n: int) -> TopN:
    """The n products that the fitted model shows to somebody of whom it knows one product: a list for each product.

    Raises:
        TypeError: for a model that needs more of a customer than a history, and is not popularity.
    """
    ids = model.interactions.product_ids
    every = np.arange(len(ids))
    alone = Interactions.from_codes(every, every, np.ones(len(ids)), ids, ids, np.zeros(len(ids)))
    if isinstance(model, HistoryRecommender):
        return model.recommend_for(alone, n)
    if not isinstance(model, Popularity):
        raise TypeError(f"{type(model).__name__} can't serve somebody whom it was not fitted on")
    everybody = replace(model.state, group_of=np.zeros(len(ids), np.int32))
    return Popularity(model.config).restore(alone, everybody).recommend(every, n)


def judge_lists(lists: Mapping[str, TopN], asked: Questions, k: int, seed: int) -> dict[str, list[Evaluation]]:
    """All metrics of accuracy at k of each model's lists, one list per product, against those of the baseline.

    Raises:
        KeyError: without lists of the baseline.
    """
    baseline = _answers(lists[BASELINE], asked)
    found = {BASELINE: evaluate(baseline, asked.targets, k, np.random.default_rng(seed))}
    for name in lists:
        if name != BASELINE:
            answers, rng = _answers(lists[name], asked), np.random.default_rng(seed)
            found[name] = evaluate(answers, asked.targets, k, rng, baseline=baseline)
    return found


def _answers(lists: TopN, asked: Questions) -> TopN:
    return TopN(lists.products[asked.sources], lists.scores[asked.sources])


def best_rival(judged: Mapping[str, list[Evaluation]], metric: str, k: int) -> str:
    """The best of those whose difference to the baseline is above 0 with the whole interval, else the baseline."""
    winners = [name for name in judged if published(name, judged[name], metric, k) != BASELINE]
    return max(winners, key=lambda name: (_value(judged[name], metric, k), name), default=BASELINE)


def _value(rows: list[Evaluation], metric: str, k: int) -> float:
    return next(row.value for row in rows if (row.metric, row.k) == (metric, k))
