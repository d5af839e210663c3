"""How wrong a model of ratings is on ratings that it has not seen, and choosing settings by that.

Belongs here: folds, errors, and `Chosen`. Does not belong here: the models, and reading files of ratings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Size
from shop_pipeline.models.ratings.predictor import RatingFactors, RatingPredictor
from shop_pipeline.models.ratings.ratings import Ratings


@dataclass(frozen=True, slots=True)
class Errors:
    """Root of the mean squared error, and mean absolute error, in the unit of the ratings."""

    rmse: float
    mae: float


def errors_of(model: RatingPredictor, ratings: Ratings) -> Errors:
    """The errors of a fitted model on these ratings."""
    missed = model.predict(ratings.customers, ratings.products).astype(np.float64) - ratings.values
    return Errors(float(np.sqrt(np.mean(missed**2))), float(np.mean(np.abs(missed))))


def folds(n_ratings: int, n_folds: int, rng: np.random.Generator) -> Iterator[tuple[AnyArray, AnyArray]]:
    """Positions to learn from and positions to test on, n_folds times; each rating is tested on once.

    Raises:
        ValueError: for fewer than 2 folds, or more than ratings.
    """
    if not 2 <= n_folds <= n_ratings:
        raise ValueError(f"{n_folds} folds of {n_ratings} ratings")
    fold_of = rng.permutation(n_ratings) % n_folds
    for fold in range(n_folds):
        yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)


def cross_validate(build: Callable[[], RatingPredictor], ratings: Ratings, n_folds: int, seed: int) -> Errors:
    """The mean over the folds of the errors of a model that learned from the others.

    The seed alone decides about the folds, so that models are compared on the same ones. Each fold has a random stream
    of its own: the number of threads changes no bit.
    """
    splits = list(enumerate(folds(len(ratings), n_folds, np.random.default_rng(seed))))
    found: dict[int, Errors] = {}

    def judge(split: tuple[int, tuple[AnyArray, AnyArray]]) -> None:
        fold, (learn, test) = split
        model = build().fit(ratings.part(learn), np.random.default_rng([seed, fold]))
        found[fold] = errors_of(model, ratings.part(test))

    run_in_threads(judge, splits, min(thread_count(), n_folds))
    every = [found[fold] for fold, _ in splits]
    return Errors(float(np.mean([each.rmse for each in every])), float(np.mean([each.mae for each in every])))


class Chosen(RatingPredictor):
    """The candidate with the smallest RMSE on a held-out share of the ratings, fitted again on all of them.

    The share is drawn from what `fit` is given: in a cross-validation the choice never sees what it is tested on.
    Ties go to the earlier candidate; an error that is no number is larger than any other.
    """

    winner: int | None = None
    """Position of the chosen candidate; None before `fit`."""

    def __init__(self, candidates: Sequence[RatingPredictor], held_out_share: float = 0.1) -> None:
        if not candidates or not 0 < held_out_share < 1:
            raise ValueError(f"{len(candidates)} candidates, held out {held_out_share}: need 1, and a share in 0 .. 1")
        self.candidates, self.held_out_share = tuple(candidates), held_out_share

    def memory_bytes(self, size: Size) -> int:
        """The largest candidate, one more state, and both parts of the ratings (12 per rating, 9 for their choice)."""
        return 2 * max(each.memory_bytes(size) for each in self.candidates) + 21 * size.n_entries

    def _fit(self, ratings: Ratings, rng: np.random.Generator) -> RatingFactors:
        held_out = rng.random(len(ratings)) < self.held_out_share
        streams = rng.spawn(len(self.candidates) + 1)
        self.winner = 0
        if held_out.any() and not held_out.all() and len(self.candidates) > 1:
            learn, test = ratings.part(~held_out), ratings.part(held_out)
            errors = [errors_of(each.fit(learn, s), test) for each, s in zip(self.candidates, streams[1:], strict=True)]
            self.winner = int(np.argmin(np.nan_to_num([each.rmse for each in errors], nan=np.inf)))
        return self.candidates[self.winner].fit(ratings, streams[0]).state
