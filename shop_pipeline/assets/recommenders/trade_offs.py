"""What the shop's rules, diversity and margin cost in relevance: `marts.list_trade_offs`, with its curves as plots.

Here: the champion of the test period, arranged with many settings; without newcomers and what is bought again, which
nobody of the held-out customers can have found new. It is built by the job `tune` and by the first daily
run. Not here: the judging (`models/lists/trade_off.py`).
"""

import dagster as dg
import numpy as np

from ...contracts import TABLES
from ...models.evaluation.training import Training
from ...models.lists.arrange import Balance
from ...models.lists.trade_off import TradeOff, trade_offs
from ...models.recommenders.hybrid import Hybrid
from ..gated import Built, Run, empty, gated_asset
from ..held_out import Cut, cut_for_test
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from .choices import SELECTION, WEIGHTS, champion_weights
from .evaluation import NAME as EVALUATION
from .hybrid import blended, fitted_parts
from .list_maker import CANDIDATES_PER_PLACE
from .shelf import RULES, read_shop_at
from .side_information import KNOWN_FROM
from .trade_off_page import cost, trade_off_frame, trade_offs_told

NAME = "marts.list_trade_offs"
MOST_CUSTOMERS = 5_000
"""A sample, if there are more: a percent of relevance shows among them."""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    learned_from = {READINESS, SELECTION, WEIGHTS, EVALUATION, RULES, "features.interactions", "clean.events"}
    learned_from |= {"clean.returns", "clean.stock", "clean.order_lines", *KNOWN_FROM.values()}
    return [gated_asset(TABLES[NAME], build_trade_offs, learned_from, kinds={"python", "numpy"})]


def build_trade_offs(run: Run) -> Built:
    """One row per curve and setting."""
    if note := shortfall(run, "model_evaluation"):
        return empty(NAME, {"note": note})
    cut = cut_for_test(run)
    if isinstance(cut, str):
        return empty(NAME, {"note": cut})
    _, weights = champion_weights(run)
    parts = fitted_parts(run, list(weights), cut.trained)
    if not parts:
        return empty(NAME, {"note": "the data no longer allow the champion"})
    found = _judged(run, cut, blended(parts, weights))
    frame = trade_off_frame(found).assign(split_at=cut.split_at)
    run.duck.register("found_trade_offs", frame)
    told = trade_offs_told(found)
    for point in found:
        if point.is_used:
            run.log.info(f"{point.curve} {cost(point)}")
    return Built("SELECT * FROM found_trade_offs", metadata=told)


def _judged(run: Run, cut: Cut, hybrid: Hybrid) -> list[TradeOff]:
    lists, rng = run.session.settings.lists, np.random.default_rng(run.session.settings.recommend.seed)
    customers = np.flatnonzero(np.diff(cut.held_out.indptr))
    if len(customers) > MOST_CUSTOMERS:
        customers = np.sort(rng.choice(customers, MOST_CUSTOMERS, replace=False))
    shop, width = read_shop_at(run, cut), CANDIDATES_PER_PLACE * run.session.settings.recommend.list_length
    return trade_offs(
        hybrid.blend(customers, width),
        hybrid.blend(customers, width, is_shown=shop.is_shown),
        cut.held_out[customers],
        Training.of(cut.trained, customers),
        shop.shelf,
        Balance(lists.diversity, lists.margin),
        rng,
    )
