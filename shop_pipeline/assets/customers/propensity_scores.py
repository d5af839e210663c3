"""Who leaves, who buys what next, and for how much: buyers of today, scored by the stored models.

Here: `marts.churn_scores`, `marts.purchase_propensity`, `marts.purchase_amounts`. Not here: learning and judging
(`propensity.py`): a model is read from its rows, and nothing is fitted.
"""

from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from ...models.propensity.amounts import AmountModel
from ...models.propensity.classifier import Classifier
from ...models.propensity.reasons import top_reasons
from ...models.propensity.rows import Row
from ..gated import Built, Run, empty
from .propensity_cuts import customers_now, pairs_now

MODELS = "models.propensity_models"
CHURN, PROPENSITY, AMOUNTS = "marts.churn_scores", "marts.purchase_propensity", "marts.purchase_amounts"
NO_MODEL = {"note": f"no model: {MODELS} says why"}
STORED = f"""
SELECT model, part, position, nullif(feature, ''), value FROM {MODELS}
WHERE target = ? AND part NOT IN ('figure', 'judgement', 'category')
ORDER BY part, position, feature
"""
CATEGORIES = f"SELECT feature FROM {MODELS} WHERE target = 'category' AND part = 'category' ORDER BY position"


def stored_model(run: Run, target: str) -> tuple[str, list[Row], int] | None:
    """Name, rows and horizon of the published model; None without one."""
    found = run.duck.execute(STORED, [target]).fetchall()
    horizon = run.duck.execute(
        f"SELECT max(value)::INTEGER FROM {MODELS} WHERE target = ? AND feature = 'horizon_days'", [target]
    ).fetchone()
    if not found or not horizon:
        return None
    return found[0][0], [Row(*row) for _, *row in found], horizon[0]


def build_churn(run: Run) -> Built:
    """The probability that a buyer buys nothing within the horizon, and what speaks for and against it."""
    stored = stored_model(run, "churn")
    if stored is None:
        return empty(CHURN, NO_MODEL)
    name, rows, horizon = stored
    model, (ids, features) = Classifier.from_rows(name, rows), customers_now(run)
    reasons = top_reasons(model, features)
    table = pa.table(
        {
            "customer_id": ids,
            "probability": pa.array(model.probability(features)),
            "top_reasons": pa.array(reasons.words(), pa.list_(pa.string())),
            "contributions": pa.array(reasons.texts(), pa.list_(pa.string())),
        }
    )
    return _scored(run, table, name, horizon)


def build_propensity(run: Run) -> Built:
    """The probability that a buyer buys of a category within the horizon: of those that the model was learned with."""
    stored = stored_model(run, "category")
    if stored is None:
        return empty(PROPENSITY, NO_MODEL)
    name, rows, horizon = stored
    model = Classifier.from_rows(name, rows)
    chosen = [category for (category,) in run.duck.execute(CATEGORIES).fetchall()]
    blocks = [
        pa.table(
            {
                "customer_id": ids,
                "category": categories,
                "probability": pa.array(model.probability(features)),
            }
        )
        for ids, categories, features in pairs_now(run, chosen)
    ]
    return _scored(run, pa.concat_tables(blocks), name, horizon) if blocks else empty(PROPENSITY, NO_MODEL)


def build_amounts(run: Run) -> Built:
    """What a buyer will spend on the day of their next purchase."""
    stored = stored_model(run, "amount")
    if stored is None:
        return empty(AMOUNTS, NO_MODEL)
    name, rows, horizon = stored
    ids, features = customers_now(run)
    foretold = AmountModel.from_rows(name, rows).predict(features)
    table = pa.table(
        {
            "customer_id": ids,
            "expected_amount": pa.array(foretold.expected),
            "amount_low": pa.array(foretold.low),
            "amount_high": pa.array(foretold.high),
        }
    )
    return _scored(run, table, name, horizon)


def _scored(run: Run, table: pa.Table, name: str, horizon: int) -> Built:
    run.duck.register("found_scores", table)
    source = f"SELECT *, {horizon} AS horizon_days, '{name}' AS model FROM found_scores"
    return Built(source, metadata={"model": name, "customers": pc.count_distinct(table["customer_id"]).as_py()})


def churn_page(run: Run) -> dict[str, Any]:
    """The customers worth most who most likely leave, with the reasons."""
    return _page(
        run,
        f"""SELECT customer_id, round(probability, 2) AS probability, round(net_revenue, 2) AS net_revenue,
            array_to_string(top_reasons, '; ') AS reasons
        FROM {CHURN} JOIN features.rfm USING (customer_id)
        ORDER BY probability * net_revenue DESC, customer_id LIMIT 10""",
    )


def amounts_page(run: Run) -> dict[str, Any]:
    """The largest amounts that are expected."""
    return _page(
        run,
        f"""SELECT customer_id, round(expected_amount, 2) AS expected_amount, round(amount_low, 2) AS low,
            round(amount_high, 2) AS high
        FROM {AMOUNTS} ORDER BY expected_amount DESC, customer_id LIMIT 10""",
    )


def _page(run: Run, sql: str) -> dict[str, Any]:
    found = run.duck.execute(sql)
    names, rows = [column[0] for column in found.description or []], found.fetchall()
    if not rows:
        return {}
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in rows]
    return {"examples": dg.MetadataValue.md("\n".join(lines))}
