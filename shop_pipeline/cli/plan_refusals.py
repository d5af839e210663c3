"""What `shop run` says before it loads anything, for `shop run --plan` to say in the same words.

Here: which settings, formats and days a run refuses, and the sample shop that it makes in an empty folder. Not here:
room (`plan.py`), and the refusals themselves, which are the run's (`run.py`, `assets/session.py`).
"""

from dataclasses import replace

from ..assets.session import known_limits
from ..settings import Paths, ShopSettings
from ..simulate import ShopConfig
from ..sources.presets import load_feed_preset
from .plan_counts import Estimate
from .run import Order, choose_days


def sample_instead(paths: Paths) -> str | None:
    """What a run does in an empty folder without shop.yaml: a sentence; None where there is something to plan."""
    if paths.shop_yaml.exists() or (paths.landing.exists() and any(paths.landing.iterdir())):
        return None
    shop = ShopConfig()
    return (
        f"{paths.landing} is empty: a run would make a sample shop of {shop.days} days, {shop.customers:,} customers"
        f" and {shop.products} products there, and load it. Nothing was made."
    )


def refuse_settings(settings: ShopSettings) -> None:
    """Raises `SettingsError` for a limit or a format that the run would not take."""
    known_limits(settings)
    for name, feed in settings.feeds.items():
        load_feed_preset(feed, name)


def refuse_days(paths: Paths, settings: ShopSettings, order: Order, found: Estimate) -> None:
    """Raises `SettingsError` where there is nothing to load, or for days that can't be.

    Files are read for it only where their sample holds no day: then one event further on is enough.
    """
    since, until = found.since, found.until
    if "events" in settings.feeds and since and until:
        order = replace(order, since=since, until=until if order.until else max(since, until))
    choose_days(paths, settings, order)
