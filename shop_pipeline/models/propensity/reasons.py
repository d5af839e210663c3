"""Why a customer's probability is what it is: the features that move it most.

Belongs here: ranking exact contributions, and writing them. Does not belong here: the contributions (`linear`:
coefficient times distance from the mean; `trees`: along the path), the words (`reason_words`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.features import Features
from shop_pipeline.models.propensity.reason_words import feature_words

# Customers at a time: contributions of all at once would be as large as the features again.
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class TopReasons:
    """The strongest reasons of each customer, strongest first, all (n_customers, most).

    Args:
        names: of the features that `feature` counts.
        feature: positions in `names`.
        value: of the feature, for this customer.
        contribution: to the log-odds; above 0 it raises the probability, and one of 0 is no reason.
    """

    names: tuple[str, ...]
    feature: AnyArray
    value: DoubleArray
    contribution: DoubleArray

    def texts(self) -> list[list[str]]:
        """'days_since_last=120 (+0.84)', for programs."""
        return [
            [f"{self.names[feature]}={value:.6g} ({contribution:+.2f})" for feature, value, contribution in reasons]
            for reasons in self._of_customers()
        ]

    def words(self) -> list[list[str]]:
        """'no purchase for 120 days (raises)', for people."""
        return [
            [
                f"{feature_words(self.names[feature], value)} ({'raises' if contribution > 0 else 'lowers'})"
                for feature, value, contribution in reasons
            ]
            for reasons in self._of_customers()
        ]

    def _of_customers(self) -> list[list[tuple[int, float, float]]]:
        columns = (self.feature.tolist(), self.value.tolist(), self.contribution.tolist())
        return [
            [reason for reason in zip(*customer, strict=True) if reason[2] != 0]
            for customer in zip(*columns, strict=True)
        ]


def top_reasons(model: Classifier, features: Features, most: int = 3) -> TopReasons:
    """The features that contribute most to each customer's log-odds, of either sign; equals in the model's order."""
    values = features.columns(model.features)
    found = [_strongest(model, values[begin : begin + BLOCK], most) for begin in range(0, len(values), BLOCK)]
    if not found:
        found = [_strongest(model, values, most)]
    feature, contribution = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return TopReasons(model.features, feature, np.take_along_axis(values, feature, axis=1), contribution)


def _strongest(model: Classifier, values: DoubleArray, most: int) -> tuple[AnyArray, DoubleArray]:
    contributions = model.contributions(Features(model.features, values))
    feature = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :most]
    return feature, np.take_along_axis(contributions, feature, axis=1)
