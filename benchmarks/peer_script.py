"""The steps of `shop run` on Online Retail as one plain script: pandas and implicit, no gate and no orchestration.

    python benchmarks/peer_script.py --data /data/online_retail --out /tmp/peer

What a data person would write in an afternoon, mostly vectorised: read the daily files, clean, match cancellations to
their sales (plain loops over the few lines in question), orders and lines net of returns, decayed weights, cosine
neighbours, ALS, evaluation at the 28-day cut, the champion's lists for every customer filled up with popular products,
best-sellers, sales per day; everything goes into one DuckDB file. Parameters are the defaults of `shop.yaml`; those of
ALS, which were searched for, can be given as JSON (--als), and `online_retail.py` does so. Left out, besides what
catches mistakes: line numbers, quarantine, reasons behind a recommendation and behind an unmatched return, history of
runs, publication as a whole. It is what `online_retail.py` sets the pipeline against, and prints the same counts, so
that both can be seen to do the same work. They differ in two ways: this script takes times as they are, without the
time zone (weights move by 0.03 %), and where lines of one customer and product are of one minute, it takes them in the
order of the file, and the pipeline by their event ids, which are hashes of the lines.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

# Before NumPy is loaded: implicit runs threads of its own and wants BLAS to keep to one.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import duckdb
import numpy as np
import pandas as pd
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender

SERVICES = ("AMAZONFEE", "B", "BANK CHARGES", "C2", "CRUK", "D", "DOT", "M", "PADS", "POST", "S")
HALF_LIFE_DAYS = 90
BOUGHT = 5.0
HOLDOUT = pd.Timedelta(days=28)
WINDOW = pd.Timedelta(days=365)
K, LIST_LENGTH, SIMILAR, RESAMPLES = 10, 20, 50, 1000
ALS = {"factors": 32, "iterations": 15, "regularization": 30.0, "alpha": 1.0}
METRICS = ("ndcg", "recall", "precision", "map", "mrr", "hit_rate")
BLOCK = 1024


def read(folder: Path) -> pd.DataFrame:
    texts = {"InvoiceNo": str, "StockCode": str, "Description": str, "Country": str}
    return pd.concat(
        [pd.read_csv(file, dtype=texts, parse_dates=["InvoiceDate"]) for file in sorted(folder.glob("by-day/*.csv"))],
        ignore_index=True,
    )


def clean(raw: pd.DataFrame) -> pd.DataFrame:
    """One row per true invoice line, with money and signs in order."""
    lines = raw.drop_duplicates()
    lines = lines.rename(
        columns={"InvoiceNo": "order_id", "StockCode": "product_id", "Description": "title", "InvoiceDate": "line_at"}
        | {"UnitPrice": "unit_price", "Country": "country", "Quantity": "quantity", "CustomerID": "customer_id"}
    )
    code = lines["product_id"].str.strip()
    is_return = lines["order_id"].str.upper().str.startswith("C")
    quantity = lines["quantity"].where(~is_return, lines["quantity"].abs())
    amount = quantity * lines["unit_price"]
    lines = lines.assign(
        is_service=code.str.upper().isin(SERVICES) | code.str.lower().str.startswith("gift_"),
        product_id=code,
        customer_id=lines["customer_id"].astype("Int64").astype("string").astype(object),
        is_return=is_return,
        quantity=quantity,
        gross_amount=amount.where(~is_return, 0.0),
        booked_amount=amount.where(~is_return, -amount),
        line_date=lines["line_at"].dt.normalize(),
    )
    return lines[(lines["quantity"] > 0) & (lines["unit_price"] >= 0)].reset_index(drop=True)


def match_returns(lines: pd.DataFrame) -> pd.DataFrame:
    """Which sale line (-1: none) each cancelled line gives back, and how many units of it; indexes of `lines`."""
    by_order, by_customer = ["order_id", "product_id"], ["customer_id", "product_id"]
    back = lines[lines["is_return"]]
    known = back[back["customer_id"].notna()]
    in_question = lines["is_return"].copy()
    for columns, of in ((by_order, back), (by_customer, known)):
        in_question |= pd.MultiIndex.from_frame(lines[columns]).isin(pd.MultiIndex.from_frame(of[columns]))
    found = take_back(lines[in_question].sort_values(["line_at", "is_return"], kind="stable"))
    columns = {"line": np.int64, "sale": np.int64, "quantity": np.int64}
    return pd.DataFrame(found, columns=list(columns)).astype(columns)


def take_back(lines: pd.DataFrame) -> Iterator[tuple[int, int, int]]:
    """Line by line in time order: a return takes from the newest sales that fit, best fit first."""
    of_order: dict[Any, list[Any]] = defaultdict(list)
    of_customer: dict[Any, list[Any]] = defaultdict(list)
    left = lines["quantity"].to_dict()
    for line in lines.itertuples():
        order, customer = (line.order_id, line.product_id), (line.customer_id, line.product_id)
        if not line.is_return:
            of_order[order].insert(0, line)
            of_customer[customer].insert(0, line)
            continue
        own = of_customer[customer] if pd.notna(line.customer_id) else []
        recent = [sale for sale in own if line.line_date - sale.line_date <= WINDOW]
        same_price = [sale for sale in recent if sale.unit_price == line.unit_price]
        dearer = [sale for sale in recent if sale.unit_price > line.unit_price]
        for sale in chain(of_order[order], same_price, dearer):
            taken = min(left[line.Index], left[sale.Index])
            if taken:
                left[line.Index] -= taken
                left[sale.Index] -= taken
                yield line.Index, sale.Index, taken
        if left[line.Index]:
            yield line.Index, -1, left[line.Index]


def add_net(lines: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Net amounts: what came back is taken off its sale, or stays on its own line where no sale is known."""
    on = matches["sale"].where(matches["sale"] >= 0, matches["line"])
    amount = matches["quantity"] * lines["unit_price"].loc[matches["line"]].to_numpy()
    returned = amount.groupby(on).sum().reindex(lines.index, fill_value=0.0)
    return lines.assign(returned_amount=returned, net_amount=lines["gross_amount"] - returned)


def make_orders(lines: pd.DataFrame) -> pd.DataFrame:
    units = lines["quantity"].where(~lines["is_return"], 0)
    return (
        lines.assign(units=units)
        .groupby("order_id")
        .agg(
            customer_id=("customer_id", "first"),
            ordered_at=("line_at", "min"),
            order_date=("line_date", "first"),
            country=("country", "first"),
            n_lines=("line_at", "size"),
            units=("units", "sum"),
            gross_revenue=("gross_amount", "sum"),
            returned_revenue=("returned_amount", "sum"),
            net_revenue=("net_amount", "sum"),
            is_return=("is_return", "all"),
        )
        .reset_index()
    )


def sales_daily(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    sold = orders[~orders["is_return"]]
    first = lines["customer_id"].map(sold.groupby("customer_id")["order_date"].min())
    keys = {"sale_date": lines["line_date"], "category": np.where(lines["is_service"], "(service)", "(none)")}
    sales = lines[~lines["is_return"]].assign(new=lines["customer_id"].where(first == lines["line_date"]))
    by_day = lines.assign(**keys).groupby(["sale_date", "category"])
    totals = by_day[["gross_amount", "booked_amount"]].sum()
    totals["returned_amount"] = totals["gross_amount"] - totals["booked_amount"]
    counts = (
        sales.assign(**{name: pd.Series(key, index=lines.index) for name, key in keys.items()})
        .groupby(["sale_date", "category"])
        .agg(
            orders=("order_id", "nunique"),
            units=("quantity", "sum"),
            customers=("customer_id", "nunique"),
            new_customers=("new", "nunique"),
        )
    )
    return totals.join(counts).fillna(0).reset_index()


def interactions(lines: pd.DataFrame, matches: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Weight per customer and product at `as_of`, as `features.interactions` defines it."""
    known = lines[lines["customer_id"].notna() & ~lines["is_service"] & (lines["line_at"] < as_of)]
    age = (as_of - known["line_at"]).dt.total_seconds() / 86400
    # A purchase counts with the share of its units that did not come back by then.
    returned_at = lines["line_at"].loc[matches["line"]].to_numpy()
    by_then = matches[(matches["sale"] >= 0) & (returned_at < as_of.to_datetime64())]
    returned = by_then.groupby("sale")["quantity"].sum().reindex(known.index, fill_value=0)
    kept = np.where(known["is_return"], 0, 1 - returned / known["quantity"])
    found = (
        known.assign(weight=BOUGHT * 0.5 ** (age / HALF_LIFE_DAYS) * kept)
        .groupby(["customer_id", "product_id"])
        .agg(weight=("weight", "sum"), n_events=("weight", "size"), last_event_at=("line_at", "max"))
    )
    return found[found["weight"] > 0].reset_index()


def to_matrix(entries: pd.DataFrame) -> tuple[sp.csr_matrix, pd.Index, pd.Index]:
    rows, customers = pd.factorize(entries["customer_id"], sort=True)
    columns, products = pd.factorize(entries["product_id"], sort=True)
    weights = entries["weight"].to_numpy(np.float32)
    matrix = sp.csr_matrix((weights, (rows, columns)), shape=(len(customers), len(products)))
    return matrix, customers, products


def fit_neighbours(matrix: sp.csr_matrix) -> CosineRecommender:
    model = CosineRecommender(K=SIMILAR + 1, num_threads=os.cpu_count())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit warns about the COO matrix that it makes itself
        model.fit(matrix, show_progress=False)
    similarity = model.similarity.tolil()
    similarity.setdiag(0)  # a product's nearest neighbour is itself
    model.similarity = similarity.tocsr().astype(np.float64)
    model.similarity.eliminate_zeros()
    return model


def fit_als(matrix: sp.csr_matrix, options: dict[str, Any]) -> AlternatingLeastSquares:
    alpha, chosen = options["alpha"], {name: value for name, value in options.items() if name != "alpha"}
    model = AlternatingLeastSquares(**chosen, alpha=1.0, random_state=7)
    # Confidence 1 + alpha * weight, as in the paper; implicit's own has no 1.
    confidence = sp.csr_matrix((matrix.data * alpha + 1, matrix.indices, matrix.indptr), shape=matrix.shape)
    model.fit(confidence, show_progress=False)
    return model


def lists(model: Any, matrix: sp.csr_matrix, customers: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (-1: none) and scores of the best n products that each customer does not have yet."""
    if isinstance(model, np.ndarray):
        return popular_lists(model, matrix, customers, n)
    products, scores = model.recommend(customers, matrix[customers], N=n, filter_already_liked_items=True)
    has_none = ~np.isfinite(scores) | (scores <= np.finfo(np.float32).min)
    if isinstance(model, CosineRecommender):
        has_none |= scores <= 0
    return np.where(has_none, -1, products), np.where(has_none, np.nan, scores)


def popular_lists(score: np.ndarray, matrix: sp.csr_matrix, customers: np.ndarray, n: int) -> tuple[Any, Any]:
    """Block by block, as dense rows of which the best are taken."""
    order = np.argsort(-score, kind="stable")
    found = np.empty((len(customers), n), np.int64)
    for begin in range(0, len(customers), BLOCK):
        block = customers[begin : begin + BLOCK]
        is_free = matrix[block].toarray()[:, order] == 0
        found[begin : begin + BLOCK] = order[np.argsort(~is_free, axis=1, kind="stable")[:, :n]]
    return found, score[found].astype(np.float64)


def judge(found: np.ndarray, held_out: sp.csr_matrix) -> np.ndarray:
    """Metrics per customer, in the order of METRICS."""
    dense = held_out.toarray() > 0
    hits = np.take_along_axis(dense, np.maximum(found, 0), axis=1) & (found >= 0)
    relevant = dense.sum(axis=1)
    discounts = 1 / np.log2(np.arange(2, K + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, K) - 1]
    ranks = np.arange(1, K + 1)
    precision_at = np.cumsum(hits, axis=1) / ranks
    return np.column_stack(
        [
            hits @ discounts / ideal,
            hits.sum(axis=1) / relevant,
            hits.mean(axis=1),
            (precision_at * hits).sum(axis=1) / np.minimum(relevant, K),
            (hits / ranks).max(axis=1),
            hits.any(axis=1),
        ]
    )


def evaluate(lines: pd.DataFrame, matches: pd.DataFrame, as_of: pd.Timestamp, als: dict[str, Any]) -> pd.DataFrame:
    """Every model, fitted before the cut and judged on what was bought after it; the popular list is the rival."""
    cut = as_of - HOLDOUT
    matrix, customers, products = to_matrix(interactions(lines, matches, cut))
    later = lines[(lines["line_at"] >= cut) & (lines["line_at"] < as_of) & ~lines["is_return"]]
    rows, columns = customers.get_indexer(later["customer_id"]), products.get_indexer(later["product_id"])
    known = (rows >= 0) & (columns >= 0)
    bought = sp.csr_matrix((np.ones(known.sum()), (rows[known], columns[known])), shape=matrix.shape)
    new = (bought > 0).astype(np.int8) - (bought > 0).multiply(matrix > 0).astype(np.int8)
    new.eliminate_zeros()
    judged = np.flatnonzero(np.diff(new.indptr))
    models = {
        "popularity": popularity(matrix),
        "item_neighbours": fit_neighbours(matrix),
        "als": fit_als(matrix, als),
    }
    values = {name: judge(lists(model, matrix, judged, K)[0], new[judged]) for name, model in models.items()}
    return pd.concat([_intervals(name, each, values["popularity"]) for name, each in values.items()])


def _intervals(name: str, values: np.ndarray, rival: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    both = np.hstack([values, values - rival])
    counts = rng.multinomial(len(both), np.full(len(both), 1 / len(both)), RESAMPLES)
    low, high = np.quantile(counts @ both / len(both), [0.025, 0.975], axis=0)
    width = len(METRICS)
    return pd.DataFrame(
        {"model": name, "metric": METRICS, "k": K, "value": values.mean(axis=0), "n_customers": len(values)}
        | {"ci_low": low[:width], "ci_high": high[:width], "beats_baseline": low[width:] > 0}
    )


def popularity(matrix: sp.csr_matrix) -> np.ndarray:
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.float64)


def champion(evaluation: pd.DataFrame) -> str:
    by_ndcg = evaluation[(evaluation["metric"] == "ndcg") & evaluation["beats_baseline"]]
    return str(by_ndcg.loc[by_ndcg["value"].idxmax(), "model"]) if len(by_ndcg) else "popularity"


def recommend(name: str, model: Any, matrix: sp.csr_matrix, ids: pd.Index, all_customers: pd.Index) -> Any:
    """The champion's lists for known customers, popular products behind them and for everybody else."""
    at = ids[0].get_indexer(all_customers)
    own, own_scores = lists(model, matrix, np.arange(matrix.shape[0]), LIST_LENGTH)
    score = popularity(matrix)
    popular, popular_scores = popular_lists(score, matrix, np.arange(matrix.shape[0]), 2 * LIST_LENGTH)
    for row in np.flatnonzero((own < 0).any(axis=1)):  # the few short ones
        is_new = ~np.isin(popular[row], own[row])
        gaps = np.flatnonzero(own[row] < 0)
        own[row, gaps] = popular[row][is_new][: len(gaps)]
        own_scores[row, gaps] = popular_scores[row][is_new][: len(gaps)]
    top = np.argsort(-score, kind="stable")[:LIST_LENGTH]
    products = np.where((at >= 0)[:, None], own[at], top)
    scores = np.where((at >= 0)[:, None], own_scores[at], score[top])
    return pd.DataFrame(
        {
            "customer_id": np.repeat(all_customers.to_numpy(), LIST_LENGTH),
            "rank": np.tile(np.arange(1, LIST_LENGTH + 1), len(all_customers)),
            "product_id": ids[1].to_numpy()[products.ravel()],
            "score": scores.ravel(),
            "model": np.repeat(np.where(at >= 0, name, "popularity"), LIST_LENGTH),
        }
    )


def similar_products(model: CosineRecommender, products: pd.Index) -> pd.DataFrame:
    pairs = model.similarity.tocoo()
    frame = pd.DataFrame({"product": pairs.row, "similar": pairs.col, "score": pairs.data})
    frame = frame.sort_values(["product", "score", "similar"], ascending=[True, False, True])
    rank = frame.groupby("product").cumcount() + 1
    labels = {"product_id": products[frame["product"]], "similar_product_id": products[frame["similar"]]}
    return frame.assign(rank=rank, **labels)[["product_id", "rank", "similar_product_id", "score"]]


def best_sellers(lines: pd.DataFrame, entries: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Of all, of this week against the week before, and per country."""
    country = lines.sort_values("line_at").groupby("customer_id")["country"].first()
    by_country = entries.assign(scope="country: " + entries["customer_id"].map(country))
    of_all = entries.assign(scope="all")
    weighed = pd.concat([of_all, by_country]).groupby(["scope", "product_id"])["weight"].sum().rename("score")
    bought = lines[~lines["is_return"] & ~lines["is_service"] & (lines["line_at"] >= as_of - pd.Timedelta(days=14))]
    is_new = bought["line_at"] >= as_of - pd.Timedelta(days=7)
    this, before = (bought[week].groupby("product_id")["customer_id"].nunique() for week in (is_new, ~is_new))
    trending = this.sub(before, fill_value=0).rename("score").reset_index().assign(scope="trending")
    scored = pd.concat([weighed.reset_index(), trending])
    scored = scored[scored["score"] > 0].sort_values(["scope", "score", "product_id"], ascending=[True, False, True])
    scored["rank"] = scored.groupby("scope").cumcount() + 1
    return scored[scored["rank"] <= LIST_LENGTH]


def factors(model: AlternatingLeastSquares, customers: pd.Index, products: pd.Index) -> pd.DataFrame:
    both = {"customer": (customers, model.user_factors), "product": (products, model.item_factors)}
    return pd.concat(
        pd.DataFrame({"entity": entity, "id": ids, "factors": list(values)}) for entity, (ids, values) in both.items()
    )


def store(tables: dict[str, pd.DataFrame], target: Path) -> None:
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as duck:
        for name, frame in tables.items():
            duck.register("frame", frame)
            duck.execute(f"CREATE TABLE {name} AS FROM frame")


def run(folder: Path, out: Path, als_options: dict[str, Any]) -> dict[str, Any]:
    """All of it; returns the figures by which it can be compared with the pipeline."""
    lines = clean(raw := read(folder))
    as_of = lines["line_date"].max() + pd.Timedelta(days=1)
    lines = add_net(lines, matches := match_returns(lines))
    orders, entries = make_orders(lines), interactions(lines, matches, as_of)
    matrix, *ids = to_matrix(entries)
    evaluation = evaluate(lines, matches, as_of, als_options)
    neighbours, als = fit_neighbours(matrix), fit_als(matrix, als_options)
    best = champion(evaluation)
    model = {"item_neighbours": neighbours, "als": als, "popularity": popularity(matrix)}[best]
    products = lines[~lines["is_service"]].sort_values("line_at").groupby("product_id")["title"].last().reset_index()
    customers = lines.groupby("customer_id").agg(country=("country", "first"), first_event_at=("line_at", "min"))
    tables = {
        "raw_events": raw,
        "order_lines": lines,
        "orders": orders,
        "returns": matches,
        "products": products,
        "customers": customers.reset_index(),
        "interactions": entries,
        "similar_products": similar_products(neighbours, ids[1]),
        "als_factors": factors(als, *ids),
        "model_evaluation": evaluation,
        "recommendations": recommend(best, model, matrix, ids, customers.index),
        "popular_products": best_sellers(lines, entries, as_of),
        "sales_daily": sales_daily(lines, orders),
    }
    out.mkdir(parents=True, exist_ok=True)
    store(tables, out / "peer.duckdb")
    ndcg = evaluation[evaluation["metric"] == "ndcg"].set_index("model")["value"]
    rows = {name: len(tables[name]) for name in ("order_lines", "orders", "interactions", "recommendations")}
    revenue = {
        "net_revenue": round(float(lines["net_amount"].sum()), 2),
        "units_matched": int(matches["quantity"].where(matches["sale"] >= 0, 0).sum()),
    }
    return rows | revenue | {f"ndcg_{name}": round(value, 4) for name, value in ndcg.items()} | {"champion": best}


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds by-day/*.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for peer.duckdb")
    parser.add_argument(
        "--als", type=json.loads, default=ALS, help="factors, iterations, regularization, alpha as JSON"
    )
    options = parser.parse_args()
    print(json.dumps(run(options.data, options.out, options.als)))


if __name__ == "__main__":
    main()
