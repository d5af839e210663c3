"""Refunds, reviews, tickets, frauds and bots, read from the files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shop_pipeline.simulate import ShopConfig
from shop_pipeline_tests.simulate.reader import Sample

CONFIG = ShopConfig()


def _with_sale(sample: Sample, kind: str) -> pd.DataFrame:
    """Events of a type beside the sale that they refer to."""
    later = sample.events[sample.events["event_type"] == kind]
    both = later.merge(sample.sales(), on=["order_id", "product_id"], how="left", suffixes=("", "_sold"))
    assert len(both) == len(later) > 0
    return both


@pytest.mark.parametrize("kind", ["refund", "cancel"])
def test_returns_refer_to_sales(sample: Sample, kind: str) -> None:
    both = _with_sale(sample, kind)
    assert (both["event_at"] > both["event_at_sold"]).all()
    assert (both["customer_id"] == both["customer_id_sold"]).all()
    assert (both["quantity"].astype(int) <= both["quantity_sold"]).all()
    assert (both["quantity"].astype(int) >= 1).all()
    assert (both["unit_price"].astype(float) == both["unit_price_sold"]).all()


def test_a_line_is_returned_once_at_most(sample: Sample) -> None:
    back = sample.events[sample.events["event_type"].isin(["refund", "cancel"])]
    assert not back.duplicated(["order_id", "product_id"]).any()


def test_the_rate_of_cancellations_is_that_of_the_config(sample: Sample) -> None:
    n, k = len(sample.sales()), (sample.events["event_type"] == "cancel").sum()
    # Binomial; the last hours of the sample lose a few.
    assert k / n == pytest.approx(CONFIG.cancel_rate, abs=4 * np.sqrt(CONFIG.cancel_rate / n) + 1e-4)


def test_reviews_follow_sales_and_the_quality_of_the_product(sample: Sample) -> None:
    both = _with_sale(sample, "review").merge(sample.truth("products")[["product_id", "quality"]], on="product_id")
    rating = both["rating"].astype(int)
    assert rating.between(1, 5).all()
    assert np.corrcoef(rating, both["quality"])[0, 1] > 0.3
    chinese = both["review_text"].str.contains("[\u4e00-\u9fff]")
    written = both["review_text"] != ""
    assert 0.15 < chinese[written].mean() < 0.35


def test_titles_are_english_and_chinese(sample: Sample) -> None:
    titles = sample.feed("products").drop_duplicates("product_id")["title"]
    assert 0.1 < titles.str.contains("[\u4e00-\u9fff]").mean() < 0.3


def test_order_sessions_end_with_the_purchase(sample: Sample) -> None:
    bought = sample.events[sample.events["event_type"] == "purchase"].drop_duplicates("session_id")
    events = sample.events.merge(bought[["session_id", "event_at"]], on="session_id", suffixes=("", "_bought"))
    assert (events["event_at"] <= events["event_at_bought"]).all()
    assert bought["order_id"].is_unique


def test_a_session_stays_in_one_day(sample: Sample) -> None:
    visits = sample.events[sample.events["session_id"] != ""]
    assert set(visits.groupby("session_id")["local_day"].nunique()) == {1}


def test_frauds_share_devices_and_addresses_and_are_labelled(sample: Sample) -> None:
    truth = sample.truth("customers").set_index("customer_id")
    sold = sample.sales()
    frauds = truth["is_fraud"].loc[sold["customer_id"]].to_numpy()
    for place in ("device_id", "ip_address"):
        per_place = sold[frauds].groupby(place)["customer_id"].nunique()
        assert set(per_place) == {4}  # a ring has 4 accounts, and each orders at least once
        assert set(sold[~frauds].groupby(place)["customer_id"].nunique()) == {1}
    labels = sample.feed("order_labels").merge(sample.truth("orders"), on="order_id")
    assert ((labels["is_fraud_x"] == "true") == labels["is_fraud_y"]).all()
    assert (pd.to_datetime(labels["labelled_at"]) > labels["ordered_at"]).all()
    assert labels["is_fraud_y"].sum() > 50


def test_bots_view_much_and_buy_nothing(sample: Sample) -> None:
    truth = sample.truth("customers")
    bots = set(truth.loc[truth["is_bot"], "customer_id"])
    of_bots = sample.events[sample.events["customer_id"].isin(bots)]
    assert set(of_bots["event_type"]) == {"view"}
    # 180 days x 0.2 active x half of the sessions logged in x 120 views = 2,160 per bot; 18 sessions, so +- 24 % each.
    assert len(of_bots) / len(bots) == pytest.approx(2_160, rel=4 * 0.24 / np.sqrt(len(bots)))


def test_lookers_browse_and_never_buy(sample: Sample) -> None:
    truth = sample.truth("customers")
    lookers = set(truth.loc[truth["is_looker"], "customer_id"])
    types = sample.events.loc[sample.events["customer_id"].isin(lookers), "event_type"]
    assert "view" in set(types)
    assert "purchase" not in set(types)


def test_tickets_are_closed_after_they_were_opened(sample: Sample) -> None:
    tickets = sample.feed("tickets")
    closed = tickets[tickets["closed_at"] != ""]
    assert (closed["opened_at"] < closed["closed_at"]).all()
    assert set(tickets["topic"]) == {"refund", "delivery", "product", "payment", "account"}
    assert set(tickets["customer_id"]) <= set(sample.feed("customers")["customer_id"])


def test_nothing_happens_before_the_sample_or_after_it(sample: Sample) -> None:
    # The last local day ends at 23:00 UTC in summer time.
    for feed, column in (("messages", "clicked_at"), ("tickets", "closed_at"), ("order_labels", "labelled_at")):
        assert sample.feed(feed)[column].max() < "2025-06-30T23:00:00Z"
    assert sample.events["event_at"].max() < "2025-06-30T23:00:00Z"


def test_staff_buy_as_others_do_and_write_from_the_shop(sample: Sample) -> None:
    """0.4 % of 5,000. They are known by their address alone: none of them is a trader, a bot or a fraud."""
    truth = sample.truth("customers").set_index("customer_id")
    staff = set(truth.index[truth["is_staff"]])
    mail = sample.feed("customers").set_index("customer_id")["email"]
    assert len(staff) == 20
    assert set(mail.index[mail.str.endswith("@shop.internal")]) == staff
    assert not truth.loc[list(staff), ["is_wholesale", "is_looker", "is_bot", "is_fraud"]].to_numpy().any()
    assert set(sample.sales()["customer_id"]) >= staff
    assert "customers: {staff_domains: [shop.internal]}" in (sample.out / "shop.yaml").read_text()
