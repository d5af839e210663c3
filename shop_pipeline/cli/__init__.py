"""The command line `shop`. One module per command; Dagster is imported by the commands that need it, not before."""

from .main import main

__all__ = ["main"]
