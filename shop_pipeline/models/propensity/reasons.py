"""Why a customer's probability is what it is: the features that move it most.

Belongs here: ranking exact contributions, and writing them. Does not belong here: the contributions (`linear`:
coefficient times distance from the mean; `trees`: along the path), the words (`reason_words`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.features import Features
from shop_pipeline.models.propensity.reason_words import ELSE, feature_words

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
        means_else: whether the feature's value means something else for this customer (`reason_words.ELSE`).
    """

    names: tuple[str, ...]
    feature: AnyArray
    value: DoubleArray
    contribution: DoubleArray
    means_else: BoolArray

    def texts(self) -> list[list[str]]:
        """'days_since_last=120 (+0.84)', for programs."""
        return [
            [f"{self.names[feature]}={value:.6g} ({contribution:+.2f})" for feature, value, contribution, _ in reasons]
            for reasons in self._of_customers()
        ]

    def words(self) -> list[list[str]]:
        """'no purchase for 120 days (raises)', for people."""
        return [
            [
                f"{feature_words(self.names[feature], value, other)} ({'raises' if contribution > 0 else 'lowers'})"
                for feature, value, contribution, other in reasons
            ]
            for reasons in self._of_customers()
        ]

    def _of_customers(self) -> list[list[tuple[int, float, float, bool]]]:
        columns = [column.tolist() for column in (self.feature, self.value, self.contribution, self.means_else)]
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
    value = np.take_along_axis(values, feature, axis=1)
    return TopReasons(model.features, feature, value, contribution, _means_else(model.features, feature, features))


def _means_else(names: tuple[str, ...], feature: AnyArray, features: Features) -> BoolArray:
    """Of each reason (n_customers, most). Which value another feature has is looked up among all that is known."""
    found = np.zeros(feature.shape, np.bool_)
    for name, (other, value, _) in ELSE.items():
        if name in names and other in features.names:
            found |= (feature == names.index(name)) & (features.columns((other,)) == value)
    return found


def _strongest(model: Classifier, values: DoubleArray, most: int) -> tuple[AnyArray, DoubleArray]:
    contributions = model.contributions(Features(model.features, values))
    feature = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :most]
    return feature, np.take_along_axis(contributions, feature, axis=1)
