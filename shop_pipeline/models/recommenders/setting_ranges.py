"""What settings of a model may be.

Belongs here: checks that the settings of several models share. Does not belong here: a check that one model alone needs
(its own module), settings of the project (`shop_pipeline.settings`).
"""

from __future__ import annotations


def at_least_one(**settings: int) -> None:
    """Raise ValueError, with its name, for a setting below 1."""
    for name, value in settings.items():
        if not value >= 1:
            raise ValueError(f"{name} is {value}, and must be 1 or more")
