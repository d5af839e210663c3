"""Segments: the models, who is in which, what a segment is like, and who moved."""

from .table import Table

SEGMENTED: tuple[Table, ...] = ()
