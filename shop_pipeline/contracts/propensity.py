"""Churn, purchases of a category, amounts: learned models, their judgement, and the scores."""

from .table import Table

PROPENSITY: tuple[Table, ...] = ()
