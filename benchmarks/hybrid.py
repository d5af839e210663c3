"""UCI Online Retail: what a blend of models is worth on the weeks after those from which its weights were learned.

    python benchmarks/hybrid.py --data /data/online_retail

The folder (by default online_retail under SHOP_REAL_DATA) holds by-day/*.csv. Two cuts, four weeks each: on the
validation cut weights are learned, with the parts fitted on all before it; on the test cut the parts are fitted on all
before that one, and blended by these weights. Judged are customers with a product new to them in the cut, by NDCG@10;
nobody's settings are searched, all are defaults. Lines with a customer, a price and a quantity above 0 count, with
weight 5 halved every 90 days.

blend               value on both cuts, with its interval on the first; `gain` is that of the test cut over the part
                    that was best on validation, customer by customer, with its 95 % interval.
per_activity        the same with weights for each class of activity instead of one vector.
newcomers           a tenth of the products is taken out of training and comes into the lists of the test cut by content
                    (titles and prices): how many of their later buyers find them in the first 20 and 100 places, and
                    how many would if as many places were given to such products by lot; NDCG@10 with and without them.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import scipy.sparse as sp
from measure import report

from shop_pipeline.models.evaluation.activity import CLASSES, activity_classes
from shop_pipeline.models.evaluation.blend_weights import Blend, learn_weights
from shop_pipeline.models.evaluation.bootstrap import BootstrapConfig, interval_of_mean
from shop_pipeline.models.evaluation.ranking_metrics import score_lists
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.lists.newcomers import newcomers, with_newcomers
from shop_pipeline.models.recommenders.catalogue import SideInformation, make
from shop_pipeline.models.recommenders.hybrid import Hybrid
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline.models.similarity.content import ProductColumns, ProductFeatures, product_features
from shop_pipeline.models.top_n import TopN

MODELS = ("als", "item_neighbours", "popularity", "popularity_trending", "pure_svd", "rp3beta", "sparse_ease")
WEIGHT, HALF_LIFE_DAYS, K = 5.0, 90.0, 10
FEWEST_IN_CLASS = 50
LINES = """
SELECT CustomerID AS customer, upper(StockCode) AS product, InvoiceDate::TIMESTAMP AS at,
    any_value(Description) AS title, max(UnitPrice::DOUBLE) AS price
FROM read_csv(?, all_varchar = true)
WHERE CustomerID <> '' AND Quantity::DOUBLE > 0 AND UnitPrice::DOUBLE > 0 AND regexp_matches(StockCode, '^[0-9]{5}')
GROUP BY ALL ORDER BY ALL
"""


class Cut:
    """What was known before a day, and what customers had for the first time in the weeks after it."""

    def __init__(self, lines: pd.DataFrame, since: str, until: str, hidden: frozenset[str] = frozenset()) -> None:
        """`hidden` products are not in the training, and their positions follow on those that are."""
        before = lines[(lines["at"] < since) & ~lines["product"].isin(hidden)]
        age = (pd.Timestamp(since) - before["at"]).dt.total_seconds().to_numpy() / 86_400
        (customers, customer_ids), (products, product_ids) = (
            pd.factorize(before[name], sort=True) for name in ("customer", "product")
        )
        weights = WEIGHT * 0.5 ** (age / HALF_LIFE_DAYS)
        ids = (np.asarray(each, object) for each in (customer_ids, product_ids))
        self.training = Interactions.from_codes(customers, products, weights, *ids, -age)
        self.hidden = np.array(sorted(hidden), dtype=object)
        self.held_out = self._held_out(lines, since, until)
        self.judged = np.flatnonzero(np.diff(self.held_out.indptr))

    def _held_out(self, lines: pd.DataFrame, since: str, until: str) -> sp.csr_matrix:
        pairs = lines.groupby(["customer", "product"], as_index=False)["at"].min()
        first = pairs[(pairs["at"] >= since) & (pairs["at"] < until)]
        shown = np.concatenate([self.training.product_ids, self.hidden])
        rows = pd.Index(self.training.customer_ids).get_indexer(first["customer"])
        columns = pd.Index(shown).get_indexer(first["product"])
        known = (rows >= 0) & (columns >= 0)
        ones = np.ones(known.sum(), np.float32)
        shape = len(self.training.customer_ids), len(shown)
        return sp.csr_matrix((ones, (rows[known], columns[known])), shape=shape)

    def fitted(self, seed: int) -> dict[str, Recommender[Any]]:
        """All parts, fitted on the training."""
        side = SideInformation(has_times=True)
        return {name: make(name, {}, side).fit(self.training, np.random.default_rng(seed)) for name in MODELS}

    def blended(self, parts: dict[str, Recommender[Any]], blend: Blend) -> Hybrid:
        """The parts, blended by these weights."""
        weights = np.array([blend.weights[name] for name in sorted(parts)], np.float32)
        return Hybrid(parts).restore(self.training, Parameters({"weights": weights}))

    def ndcg(self, lists: TopN) -> np.ndarray:
        """NDCG@10 of each judged customer."""
        return score_lists(lists, self.held_out[self.judged], K)[:, 0]

    def activity(self) -> np.ndarray:
        """The class of each customer of the training."""
        return activity_classes(np.diff(self.training.matrix.indptr))


def cold_products(lines: pd.DataFrame, test: Cut, days: tuple[str, str], blend: Blend, seed: int) -> dict[str, Any]:
    """Take a tenth of the products out, and see who finds them."""
    known = test.training.product_ids
    hidden = np.random.default_rng(seed).choice(known, len(known) // 10, replace=False)
    cut = Cut(lines, *days, frozenset(hidden.tolist()))
    used = {name: weight for name, weight in blend.weights.items() if weight > 0}
    parts = {name: make(name, {}, SideInformation(has_times=True)) for name in used}
    hybrid = Hybrid(parts, used).fit(cut.training, np.random.default_rng(seed))
    without = hybrid.blend(cut.judged, 100)
    new = newcomers(described(lines), cut.training, cut.hidden, np.ones(len(cut.training.product_ids), bool))
    found = with_newcomers(without, new, cut.training.matrix, cut.judged)
    n_known = len(cut.training.product_ids)
    rows, columns = cut.held_out[cut.judged][:, n_known:].nonzero()
    told: dict[str, Any] = {"products": len(hidden), "later_purchases": len(rows)}
    for width in (20, 100):
        listed = found.products[:, :width]
        told[f"found_in_{width}"] = float((listed[rows] == columns[:, None] + n_known).any(axis=1).mean())
        told[f"by_lot_in_{width}"] = float(((listed >= n_known).sum(axis=1) / len(hidden))[rows].mean())
    told["share_of_first_10"] = float((found.products[:, :K] >= n_known).mean())
    told["ndcg_with"] = float(cut.ndcg(TopN(found.products, found.scores)).mean())
    told["ndcg_without"] = float(cut.ndcg(TopN(without.products, without.scores)).mean())
    return told


def described(lines: pd.DataFrame) -> ProductFeatures:
    """Features from titles and prices: Online Retail has no others."""
    products = lines.groupby("product").agg(title=("title", "first"), price=("price", "median"))
    nothing = [None] * len(products)
    return product_features(
        ProductColumns(
            list(products.index), list(products["title"]), nothing, nothing, nothing, list(products["price"]), nothing
        )
    )


def per_activity(validation: Cut, test: Cut, fitted: Any, later: Any, one_vector: np.ndarray, seed: int) -> float:
    """NDCG@10 on the test cut with weights per class, where a class has enough customers to learn from."""
    values, classes = one_vector.copy(), test.activity()[test.judged]
    for place in range(len(CLASSES)):
        inside = sp.diags((validation.activity() == place).astype(np.float32)) @ validation.held_out
        held_out = sp.csr_matrix(inside)
        held_out.eliminate_zeros()
        if np.count_nonzero(np.diff(held_out.indptr)) >= FEWEST_IN_CLASS:
            own = learn_weights(fitted, held_out, rng=np.random.default_rng(seed))
            lists = test.blended(later, own).recommend(test.judged, K)
            values[classes == place] = test.ndcg(lists)[classes == place]
    return float(values.mean())


def measure(folder: Path, days: tuple[str, str, str], seed: int) -> dict[str, Any]:
    """Learn on the first cut, judge on the second."""
    lines = duckdb.connect().execute(LINES, [f"{folder}/by-day/*.csv"]).df()
    validation, test = (Cut(lines, *pair) for pair in (days[:2], days[1:]))
    fitted, later = validation.fitted(seed), test.fitted(seed)
    blend = learn_weights(fitted, validation.held_out, rng=np.random.default_rng(seed))
    values = test.ndcg(test.blended(later, blend).recommend(test.judged, K))
    alone = {name: test.ndcg(part.recommend(test.judged, K)) for name, part in later.items()}
    best = max(blend.alone, key=lambda name: blend.alone[name])
    gains = values - alone[best]
    low, high = interval_of_mean(gains[:, None], np.random.default_rng(seed), BootstrapConfig())
    return {
        "customers": {"validation": blend.n_customers, "test": len(test.judged)},
        "validation": dict(sorted(blend.alone.items())),
        "test": {name: float(each.mean()) for name, each in sorted(alone.items())},
        "blend": {
            "weights": {name: weight for name, weight in blend.weights.items() if weight > 0},
            "validation": blend.value,
            "validation_interval": [blend.ci_low, blend.ci_high],
            "test": float(values.mean()),
            "gain": {"over": best, "mean": float(gains.mean()), "interval": [float(low[0]), float(high[0])]},
        },
        "per_activity": {"test": per_activity(validation, test, fitted, later, values, seed)},
        "newcomers": cold_products(lines, test, days[1:], blend, seed),
    }


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    real = os.environ.get("SHOP_REAL_DATA")
    parser.add_argument("--data", type=Path, default=Path(real) / "online_retail" if real else None)
    parser.add_argument("--days", nargs=3, default=("2011-10-14", "2011-11-11", "2011-12-10"), metavar="DAY")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data is missing, and SHOP_REAL_DATA is not set")
    report(measure(options.data.resolve(), tuple(options.days), options.seed), as_json=options.json)


if __name__ == "__main__":
    main()
