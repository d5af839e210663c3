"""Campaigns and experiments with known effects.

Here: who is contacted or assigned, and the orders that this causes. Not here: the organic orders (`buying`).

An effect is an absolute rise of the share of customers who order within a window. It is made by giving one extra
order to some of those who would not have ordered; they are drawn among the customers still alive (BG/NBD), so the
effect is uneven, as in life, and its mean over the treated is exactly the parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.people import LOOKER, ORDINARY, People
from shop_pipeline.simulate.timeline import Bools, Floats, Ints, Timeline

CHANNELS = ("email", "sms")
MORNING = 10 * 3600


@dataclass(frozen=True)
class Marketing:
    """What marketing did."""

    messages: pd.DataFrame
    """campaign_id, channel, customer, sent_at, opened_at, clicked_at (UTC seconds, -1: never), cost, is_control."""
    assignments: pd.DataFrame
    """experiment_id, variant, customer, assigned_at."""
    orders: pd.DataFrame
    """The caused orders: customer, day, source."""
    campaigns: list[dict[str, object]]
    """One record per campaign: what was done and its true effect."""
    experiments: list[dict[str, object]]
    """One record per experiment."""


def make_marketing(
    config: ShopConfig,
    timeline: Timeline,
    people: People,
    organic: pd.DataFrame,
    drop_out: Floats,
    rng: np.random.Generator,
) -> Marketing:
    """Run the campaigns in order of time, then the experiments, each on top of the orders so far."""
    world = _World(config, timeline, people, drop_out, rng)
    orders, messages, assignments = organic, [_NO_MESSAGES], [_NO_ASSIGNMENTS]
    campaigns: list[dict[str, object]] = []
    experiments: list[dict[str, object]] = []
    for number, day in enumerate(_campaign_days(config)):
        sent, extra, record = _campaign(world, number, day, orders)
        orders = pd.concat([orders, extra], ignore_index=True)
        messages.append(sent)
        campaigns.append(record)
    for name, effect in (("EXP-CHECKOUT", config.experiment_effect), ("EXP-NULL", 0.0)):
        assigned, extra, record = _experiment(world, name, effect, orders)
        orders = pd.concat([orders, extra], ignore_index=True)
        assignments.append(assigned)
        experiments.append(record)
    caused = orders.iloc[len(organic) :].reset_index(drop=True)
    return Marketing(_stack(messages), _stack(assignments), caused, campaigns, experiments)


_NO_MESSAGES = pd.DataFrame(
    columns=["campaign_id", "channel", "customer", "sent_at", "opened_at", "clicked_at", "cost", "is_control"]
)
_NO_ASSIGNMENTS = pd.DataFrame(columns=["experiment_id", "variant", "customer", "assigned_at"])


def _stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All frames in one; the first is the empty one that carries the columns."""
    return pd.concat(frames[1:], ignore_index=True) if len(frames) > 1 else frames[0]


@dataclass(frozen=True)
class _World:
    """What campaigns and experiments look at."""

    config: ShopConfig
    timeline: Timeline
    people: People
    drop_out: Floats
    rng: np.random.Generator

    def audience(self, day: int) -> Bools:
        """(N,) customers who signed up before a day and are neither wholesale, bot nor fraud."""
        humans = (self.people.kind == ORDINARY) | (self.people.kind == LOOKER)
        asked: Bools = humans & (self.people.signed_up_at < self.timeline.midnight[day])
        return asked

    def extra_orders(self, treated: Ints, day: int, window: int, effect: float, orders: pd.DataFrame) -> Ints:
        """Customers among the treated who order because of it: `effect` x treated on average.

        The drop-out time is the last organic order, so "alive" is drop_out after the day.
        """
        soon = orders["customer"].to_numpy()[(orders["day"] >= day) & (orders["day"] < day + window)]
        started = self.people.first_clock < self.timeline.clock[day]
        alive = self.people.buys & started & (self.drop_out > self.timeline.clock[day])
        open_to = treated[alive[treated] & ~np.isin(treated, soon)]
        chance = effect * len(treated) / max(1, len(open_to))
        moved: Ints = open_to[self.rng.random(len(open_to)) < chance]
        return moved

    def caused(self, customers: Ints, day: int, window: int, source: str) -> pd.DataFrame:
        """One order each, on a day of the window."""
        days = day + self.rng.integers(0, window, len(customers))
        return pd.DataFrame({"customer": customers, "day": days, "source": source})


def _campaign_days(config: ShopConfig) -> list[int]:
    """Days of the contacts: evenly spaced, windows apart from one another, the last one inside the sample."""
    gap = max(config.campaign_days + 1, config.days // (config.campaigns + 1))
    days = [gap * (number + 1) for number in range(config.campaigns)]
    return [day for day in days if day + config.campaign_days <= config.days]


def _campaign(
    world: _World, number: int, day: int, orders: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """One campaign: messages, caused orders, record. A fifth of the audience is the control group."""
    config, rng, channel = world.config, world.rng, number % 2
    consenting = world.audience(day) & world.people.consent[:, channel]
    reached = np.flatnonzero(consenting & (rng.random(len(consenting)) < 0.8))
    is_control = rng.random(len(reached)) < 0.2
    campaign_id, name = f"CMP-{number + 1:02d}", CHANNELS[channel]
    buyers = world.extra_orders(reached[~is_control], day, config.campaign_days, config.campaign_lift, orders)
    extra = world.caused(buyers, day, config.campaign_days, f"campaign:{campaign_id}")
    sent_at = np.full(len(reached), world.timeline.midnight[day] + MORNING)
    bought = np.isin(reached, buyers)
    opened = ~is_control & ((rng.random(len(reached)) < 0.35) | bought)
    clicked = opened & ((rng.random(len(reached)) < 0.25) | bought)
    # Opened and clicked within 10 hours: before any later day, hence inside the sample.
    opened_at = sent_at + rng.integers(60, 6 * 3600, len(reached))
    clicked_at = opened_at + rng.integers(10, 4 * 3600, len(reached))
    messages = pd.DataFrame(
        {
            "campaign_id": campaign_id,
            "channel": name,
            "customer": reached,
            "sent_at": sent_at,
            "opened_at": np.where(opened, opened_at, -1),
            "clicked_at": np.where(clicked, clicked_at, -1),
            "cost": np.where(is_control, 0.0, (0.01, 0.04)[channel]),
            "is_control": is_control,
        }
    )
    record = {"campaign_id": campaign_id, "channel": name, "sent_day": world.timeline.dates[day].isoformat()}
    sizes = {"treated": int((~is_control).sum()), "control": int(is_control.sum()), "extra_orders": len(buyers)}
    return messages, extra, {**record, **sizes, "window_days": config.campaign_days, "lift": config.campaign_lift}


def _experiment(
    world: _World, name: str, effect: float, orders: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """One experiment over two equal arms, everybody assigned on one day."""
    config, day = world.config, world.config.days // 2
    window = min(config.experiment_days, config.days - day)
    subjects = np.flatnonzero(world.audience(day))
    treated = world.rng.random(len(subjects)) < 0.5
    buyers = world.extra_orders(subjects[treated], day, window, effect, orders)
    extra = world.caused(buyers, day, window, f"experiment:{name}")
    assigned = pd.DataFrame(
        {
            "experiment_id": name,
            "variant": np.where(treated, "treatment", "control"),
            "customer": subjects,
            "assigned_at": np.full(len(subjects), world.timeline.midnight[day]),
        }
    )
    record = {"experiment_id": name, "assigned_day": world.timeline.dates[day].isoformat(), "window_days": window}
    sizes = {"treated": int(treated.sum()), "control": int((~treated).sum()), "extra_orders": len(buyers)}
    return assigned, extra, {**record, **sizes, "effect": effect}
