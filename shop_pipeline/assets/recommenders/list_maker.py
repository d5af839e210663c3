"""From the champion to lists, step by step: candidates, newcomers, diversity and margin, and what is popular.

Here: what the steps of `models/lists` are handed. Not here: who is champion (`evaluation.py`), what the shop says of
its products (`shelf.py`), rows and reasons (`recommendations.py`).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from ...contracts.fitted import FITTED
from ...models.arrays import AnyArray, SparseMatrix
from ...models.evaluation.selection import BASELINE
from ...models.interactions import Interactions
from ...models.lists.arrange import Balance, arrange
from ...models.lists.candidates import Lists
from ...models.lists.fill import Popular, fill, ranked_to_the_last
from ...models.lists.newcomers import with_newcomers
from ...models.recommenders.catalogue import make
from ...models.recommenders.groups import CustomerGroups
from ...models.recommenders.hybrid import Hybrid
from ...models.recommenders.popularity_in_groups import PopularityInGroups
from ...models.recommenders.popularity_kernel import rankings
from ...models.recommenders.recommender import Recommender
from ...models.selection import NO_POSITION
from ..gated import Run
from .choices import champion_weights
from .hybrid import blended
from .models import restored
from .shelf import Shop, read_due, read_shop

CANDIDATES_PER_PLACE = 3
"""Diversity and margin choose among so many."""


@dataclass(frozen=True)
class ListMaker:
    """All that the lists of every block of customers are made from."""

    champion: str
    hybrid: Hybrid
    shop: Shop
    due: SparseMatrix
    popular: Popular
    groups: tuple[str, ...]
    balance: Balance
    length: int

    @property
    def interactions(self) -> Interactions:
        return self.hybrid.interactions

    @property
    def bytes_per_list(self) -> int:
        """What a list takes from its candidates on: those twice, as newcomers are put among them, and it filled."""
        per_place = 12 + 4 * len(self.hybrid.names)
        return (2 * CANDIDATES_PER_PLACE + 3) * self.length * per_place

    @cached_property
    def seen(self) -> SparseMatrix:
        """What customers have to do with already, but for what is due again."""
        if not self.due.nnz:
            return self.interactions.matrix
        kept = sp.csr_matrix(self.interactions.matrix - self.interactions.matrix.multiply(self.due))
        kept.eliminate_zeros()
        return kept


def read_list_maker(run: Run, interactions: Interactions, customers: pa.Table) -> ListMaker:
    """What is needed for lists of `customers`, who have the columns customer_id and country."""
    lists, shop = run.session.settings.lists, read_shop(run, interactions)
    popular, groups = _popular(interactions, shop, customers)
    return ListMaker(
        *_champion(run, interactions),
        shop,
        read_due(run.duck, interactions),
        popular,
        groups,
        Balance(lists.diversity, lists.margin),
        run.session.settings.recommend.list_length,
    )


def _champion(run: Run, interactions: Interactions) -> tuple[str, Hybrid]:
    """The champion as a hybrid, of one part where it is a single model; a part that was not fitted is left out.

    The boring rule is fitted on the spot: it is what remains where no table was built.
    """
    name, weights = champion_weights(run)
    parts: dict[str, Recommender[Any]] = {}
    for part in weights:
        if part == BASELINE:
            parts[part] = _boring_rule(interactions)
        elif _is_fitted(run, part):
            parts[part] = restored(run, part, interactions)
        else:
            run.log.warning(f"{part} was not fitted: the lists are made without it")
    if not parts:
        return BASELINE, blended({BASELINE: _boring_rule(interactions)}, {BASELINE: 1.0})
    return name, blended(parts, weights)


def _is_fitted(run: Run, model: str) -> bool:
    found = run.duck.execute(f"SELECT count(*) > 0 FROM {FITTED[model].qualified}").fetchone()
    return bool(found and found[0])


def _boring_rule(interactions: Interactions) -> Recommender[Any]:
    return make(BASELINE, {}).fit(interactions, np.random.default_rng(0))


def _popular(interactions: Interactions, shop: Shop, customers: pa.Table) -> tuple[Popular, tuple[str, ...]]:
    """What lists are filled with: the best sellers of the customer's country, and then those of all."""
    told = customers.filter(pc.is_valid(customers["country"]))
    countries = CustomerGroups(told["customer_id"].to_pylist(), told["country"].to_pylist())
    everybody = _boring_rule(interactions).state.scores
    by_country = PopularityInGroups(countries).fit(interactions, np.random.default_rng(0)).state
    return Popular(ranked_to_the_last(everybody, len(shop.ids)), rankings(by_country.scores)), by_country.groups


def make_lists(maker: ListMaker, at: AnyArray, countries: Any) -> Lists:
    """The lists of customers at these positions of the interactions (-1: none), with the country of each."""
    n, shop = maker.length, maker.shop
    n_known = len(maker.interactions.product_ids)
    found = maker.hybrid.blend(at, CANDIDATES_PER_PLACE * n, is_shown=shop.is_shown[:n_known], again=maker.due)
    if shop.newcomers is not None:
        found = with_newcomers(found, shop.newcomers, maker.interactions.matrix, at)
    place_of = {name: place for place, name in enumerate(maker.groups)}
    group_of = np.array([place_of.get(country, NO_POSITION) for country in countries.to_pylist()], np.int32)
    chosen = arrange(found, n, shop.shelf, maker.balance)
    return fill(chosen, maker.popular, group_of, maker.seen, at, shop.is_shown)
