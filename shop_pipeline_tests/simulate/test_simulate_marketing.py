"""Campaigns and experiments: their effects can be read from the files by comparing the two groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shop_pipeline.simulate import ShopConfig
from shop_pipeline_tests.simulate.reader import Sample

CONFIG = ShopConfig()


def _ordered_within(sample: Sample, customers: pd.Series, day: str, window: int) -> np.ndarray:
    """Whether each customer has an order in the local days [day, day + window)."""
    end = str((pd.Timestamp(day) + pd.Timedelta(days=window)).date())
    sold = sample.events[sample.events["event_type"] == "purchase"]
    buyers = set(sold.loc[(sold["local_day"] >= day) & (sold["local_day"] < end), "customer_id"])
    return customers.isin(buyers).to_numpy()


def _difference(treated: np.ndarray, control: np.ndarray) -> tuple[float, float]:
    """Difference of two shares and its standard error (unpooled)."""
    error = np.sqrt(treated.var() / len(treated) + control.var() / len(control))
    return float(treated.mean() - control.mean()), float(error)


def test_the_lift_of_the_campaigns_is_recovered(sample: Sample) -> None:
    messages, records = sample.feed("messages"), sample.facts("campaigns")
    assert isinstance(records, list)
    assert len(records) == CONFIG.campaigns
    found = []
    for record in records:
        sent = messages[messages["campaign_id"] == record["campaign_id"]]
        ordered = _ordered_within(sample, sent["customer_id"], record["sent_day"], record["window_days"])
        is_control = (sent["is_control"] == "true").to_numpy()
        assert (is_control.sum(), (~is_control).sum()) == (record["control"], record["treated"])
        found.append(_difference(ordered[~is_control], ordered[is_control]))
    effects, errors = np.array(found).T
    # Pooled with the inverse variances as weights; 4 standard errors, and the lift itself is visible.
    weights = 1 / errors**2
    error = np.sqrt(1 / weights.sum())
    assert (effects * weights).sum() / weights.sum() == pytest.approx(CONFIG.campaign_lift, abs=4 * error)
    assert CONFIG.campaign_lift > 4 * error


def test_messages_are_opened_before_they_are_clicked_and_never_by_the_control_group(sample: Sample) -> None:
    messages = sample.feed("messages")
    clicked = messages[messages["clicked_at"] != ""]
    assert (clicked["sent_at"] < clicked["opened_at"]).all()
    assert (clicked["opened_at"] < clicked["clicked_at"]).all()
    control = messages[messages["is_control"] == "true"]
    assert (control["opened_at"] == "").all()
    assert (control["cost"].astype(float) == 0).all()


def test_only_consenting_customers_are_contacted(sample: Sample) -> None:
    messages = sample.feed("messages").merge(sample.feed("customers"), on="customer_id")
    for channel in ("email", "sms"):
        assert (messages.loc[messages["channel"] == channel, f"{channel}_consent"] == "true").all()
    assert (messages["signed_up_at"] < messages["sent_at"]).all()


@pytest.mark.parametrize(("name", "effect"), [("EXP-CHECKOUT", CONFIG.experiment_effect), ("EXP-NULL", 0.0)])
def test_the_effect_of_the_experiment_is_recovered(sample: Sample, name: str, effect: float) -> None:
    records, assigned = sample.facts("experiment"), sample.feed("assignments")
    assert isinstance(records, list)
    record = next(r for r in records if r["experiment_id"] == name)
    arms = assigned[assigned["experiment_id"] == name]
    ordered = _ordered_within(sample, arms["customer_id"], record["assigned_day"], record["window_days"])
    treated = (arms["variant"] == "treatment").to_numpy()
    found, error = _difference(ordered[treated], ordered[~treated])
    assert record["effect"] == effect
    assert found == pytest.approx(effect, abs=4 * error)
    # Equal arms: the binomial error of n / 2.
    assert abs(treated.sum() - len(arms) / 2) < 4 * np.sqrt(len(arms)) / 2


def test_customers_are_assigned_once(sample: Sample) -> None:
    assert not sample.feed("assignments").duplicated(["experiment_id", "customer_id"]).any()
