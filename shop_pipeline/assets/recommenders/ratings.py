"""What customers would give products in stars: biases and, where they are better, factors, from explicit ratings.

Here: `models.rating_factors`, with its error on the newest ratings as metadata. Not here: the models
(`models/ratings`), and lists: they come from what people do, of which stars are the smallest part.
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ...contracts import TABLES
from ...models.ratings.baselines import Biases, GlobalMean
from ...models.ratings.biased_mf import BiasedMf
from ...models.ratings.cross_validation import errors_of
from ...models.ratings.predictor import RatingFactors, RatingPredictor
from ...models.ratings.ratings import Ratings
from ..gated import Built, Run, empty, gated_asset
from .audience import labels_told
from .states import vectors

NAME = "models.rating_factors"
TESTED = 0.1
"""The newest share of the ratings, on which the models are compared before they are fitted on all."""
FEWEST = 100
"""Of fewer ratings, a tenth says nothing about which model is better."""

# The newest rating that a customer gave a product, by those from whom the models learn.
RATED = """
SELECT customer_id, product_id, arg_max(rating, (event_at, event_id))::FLOAT AS rating,
    max(epoch(event_at)) / 86400 AS day
FROM clean.events
ANTI JOIN (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
) USING (customer_id)
WHERE rating IS NOT NULL AND customer_id IS NOT NULL AND product_id IS NOT NULL AND event_at < getvariable('as_of')
GROUP BY customer_id, product_id
ORDER BY customer_id, product_id
"""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [
        gated_asset(TABLES[NAME], build_ratings, ("clean.events", "clean.customer_labels"), kinds={"python", "numpy"})
    ]


def build_ratings(run: Run) -> Built:
    """The model with the smallest error on the newest ratings, fitted on all of them."""
    found: dict[str, Any] = run.duck.execute(RATED).fetchnumpy()
    if len(found["rating"]) < FEWEST:
        return empty(NAME, {"note": f"{len(found['rating'])} ratings, {FEWEST} wanted"})
    ratings = Ratings.from_ids(found["customer_id"], found["product_id"], found["rating"], found["day"])
    judged = {name: _judged(model, ratings, run) for name, model in _models().items()}
    best = min(judged, key=lambda name: (judged[name]["rmse"], name))
    model = _models()[best].fit(ratings, np.random.default_rng(run.session.settings.recommend.seed))
    run.duck.register("found_ratings", rating_table(model.state, ratings))
    told = {"model": best, "ratings": len(ratings), "errors_on_the_newest": dg.MetadataValue.json(judged)}
    return Built("SELECT * FROM found_ratings", metadata=told | labels_told(run))


def _models() -> dict[str, RatingPredictor]:
    return {"global_mean": GlobalMean(), "biases": Biases(), "biased_mf": BiasedMf()}


def _judged(model: RatingPredictor, ratings: Ratings, run: Run) -> dict[str, float]:
    assert ratings.times is not None
    is_new = np.zeros(len(ratings), bool)
    is_new[np.argsort(ratings.times, kind="stable")[-round(TESTED * len(ratings)) :]] = True
    model.fit(ratings.part(~is_new), np.random.default_rng(run.session.settings.recommend.seed))
    errors = errors_of(model, ratings.part(is_new))
    return {"rmse": float(errors.rmse), "mae": float(errors.mae)}


def rating_table(state: RatingFactors, ratings: Ratings) -> pa.Table:
    """One row for the shop (mean; lowest and highest rating), and one per customer and product."""
    entity = ["shop"] + ["customer"] * len(state.customers) + ["product"] * len(state.products)
    ids = np.concatenate([[""], ratings.customer_ids, ratings.product_ids])
    bias = np.concatenate([[state.mean], state.customer_bias, state.product_bias]).astype(np.float32)
    limits = vectors(np.array([[state.lowest, state.highest]], np.float32))
    return pa.table(
        {
            "entity": pa.array(entity),
            "id": pa.array(ids, pa.string()),
            "bias": pa.array(bias),
            "factors": pa.concat_arrays([limits, vectors(state.customers), vectors(state.products)]),
        }
    )
