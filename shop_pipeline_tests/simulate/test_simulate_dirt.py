"""Planted faults: their counts, their places, and that the truth is left when they are gone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shop_pipeline.simulate import DIRT_KINDS, ShopConfig, write_sample
from shop_pipeline_tests.simulate.reader import Sample, read_sample


def test_an_independent_reader_finds_as_many_faults_as_the_truth_says(sample: Sample) -> None:
    facts = sample.facts("dirt")
    assert isinstance(facts, dict)
    assert dict(sample.faults) == facts["counts"] == sample.report.dirt
    assert set(sample.faults) == set(DIRT_KINDS)


def test_each_kind_is_rare(sample: Sample) -> None:
    assert max(sample.faults.values()) < 0.005 * len(sample.events)


def test_small_samples_have_three_pieces_of_each_kind(tmp_path: Path) -> None:
    config = ShopConfig(days=20, customers=60, products=40, events=2_000)
    small = read_sample(tmp_path, write_sample(config, tmp_path))
    assert dict(small.faults) == dict.fromkeys(DIRT_KINDS, 3)


def test_late_rows_stand_one_to_three_days_later(sample: Sample) -> None:
    late = sample.events[sample.events["local_day"] != sample.events["file_day"]]
    days = (pd.to_datetime(late["file_day"]) - pd.to_datetime(late["local_day"])).dt.days
    assert len(late) == sample.report.dirt["late"]
    assert set(days) == {1, 2, 3}
    assert (late["event_type"] == "purchase").any()


def test_test_orders_are_labelled_and_their_accounts_are_customers(sample: Sample) -> None:
    facts = sample.facts("dirt")
    assert isinstance(facts, dict)
    assert len(set(facts["test_order_ids"])) == sample.report.dirt["test_order"]
    assert set(facts["test_customer_ids"]) <= set(sample.feed("customers")["customer_id"])
    assert not set(facts["test_order_ids"]) & set(sample.events["order_id"])


def test_what_is_left_is_the_true_turnover_of_each_day(sample: Sample) -> None:
    daily = sample.truth("daily").set_index("order_date")
    sold = sample.sales().assign(revenue=lambda s: s["quantity"] * s["unit_price"])
    found = sold.groupby("local_day").agg(
        orders=("order_id", "nunique"),
        lines=("order_id", "size"),
        units=("quantity", "sum"),
        revenue=("revenue", "sum"),
    )
    assert [str(day) for day in daily.index] == list(found.index)
    for column in ("orders", "lines", "units"):
        assert daily[column].tolist() == found[column].tolist()
    assert found["revenue"].tolist() == pytest.approx(daily["revenue"].tolist(), abs=0.005)


def test_what_is_left_are_the_true_returns_of_each_day(sample: Sample) -> None:
    back = sample.events[sample.events["event_type"].isin(["refund", "cancel"])]
    money = back["quantity"].astype(int) * back["unit_price"].astype(float)
    daily = sample.truth("daily")
    truth = daily.set_index(daily["order_date"].astype(str))["returned_revenue"]
    found = money.groupby(back["local_day"]).sum().reindex(truth.index, fill_value=0.0)
    assert found.tolist() == pytest.approx(truth.tolist(), abs=0.005)
