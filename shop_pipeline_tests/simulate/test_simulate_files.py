"""What lies in the folder: columns, names, determinism, sizes, settings."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from shop_pipeline.simulate import FEEDS, ShopConfig, write_sample
from shop_pipeline_tests.simulate.reader import CONTRACT, Sample, read_sample


def _hashes(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_the_same_config_gives_the_same_bytes(small: ShopConfig, tmp_path: Path) -> None:
    write_sample(small, tmp_path / "one")
    write_sample(small, tmp_path / "two")
    write_sample(replace(small, seed=4), tmp_path / "other")
    one = _hashes(tmp_path / "one")
    # 20 days, 8 other feeds, 8 files of truth, shop.yaml.
    assert len(one) == 20 + 8 + 8 + 1
    assert one == _hashes(tmp_path / "two")
    assert one != _hashes(tmp_path / "other")


def test_a_second_sample_leaves_no_day_of_the_first_and_keeps_the_users_settings(
    small: ShopConfig, tmp_path: Path
) -> None:
    write_sample(small, tmp_path)
    (tmp_path / "shop.yaml").write_text("mine")
    write_sample(replace(small, days=10), tmp_path)
    assert len(list((tmp_path / "landing/events").iterdir())) == 10
    assert (tmp_path / "shop.yaml").read_text() == "mine"


def test_files_that_are_not_ours_are_left_alone(small: ShopConfig, tmp_path: Path) -> None:
    own = tmp_path / "landing/events/events-2019-01-01.csv"
    own.parent.mkdir(parents=True)
    own.write_text("somebody's")
    write_sample(small, tmp_path)
    assert own.read_text() == "somebody's"


@pytest.mark.parametrize("feed", [f for f in FEEDS if f != "events"])
def test_every_feed_has_the_columns_of_the_contract(sample: Sample, feed: str) -> None:
    table = sample.feed(feed)
    assert list(table.columns) == CONTRACT[feed].split(",")
    assert len(table) == sample.report.rows[feed] > 0


def test_the_feeds_are_all_of_the_contract() -> None:
    assert set(FEEDS) == set(CONTRACT)


def test_ids_keep_their_zeros(sample: Sample) -> None:
    assert sample.feed("products")["product_id"].str.fullmatch(r"P\d{5}").all()
    assert "P00042" in set(sample.events["product_id"])
    known = sample.events["customer_id"].replace("", "C000001")
    assert known.str.fullmatch(r"C\d{6}").all()
    assert sample.events["event_id"].is_unique


def test_the_sample_has_its_days_and_about_as_many_events_as_the_task_asks(sample: Sample) -> None:
    files = sorted(p.name for p in (sample.out / "landing/events").iterdir())
    # 180 days up to 2025-06-30: 31 - 1 + 28 + 31 + 30 + 31 + 30 = 180 from January 2nd on.
    assert (files[0], files[-1], len(files)) == ("events-2025-01-02.csv", "events-2025-06-30.csv", 180)
    assert 300_000 < len(sample.events) < 400_000
    assert len(sample.events) == sample.report.clean_events
    assert sample.events["local_day"].max() == "2025-06-30"


def test_anonymous_visits_and_every_event_type_occur(sample: Sample) -> None:
    assert sample.events["event_type"].nunique() == 11
    assert 0.2 < (sample.events["customer_id"] == "").mean() < 0.6


def test_a_target_of_events_is_met_within_two_percent(tmp_path: Path) -> None:
    # Browsing is Poisson: 60,000 +- 0.4 % (1 sigma, visits of 6.4 events), the bots' days add as much again.
    report = write_sample(ShopConfig(days=60, customers=600, products=100, events=60_000), tmp_path)
    assert report.clean_events == pytest.approx(60_000, rel=0.02)


def test_settings_name_every_feed_and_the_first_day(sample: Sample) -> None:
    text = (sample.out / "shop.yaml").read_text()
    assert "{timezone: Europe/London, currency: GBP, first_day: 2025-01-02}" in text
    for feed in FEEDS:
        assert f'{feed}: {{files: "landing/{feed}/**/*.csv", format: canonical}}' in text


def test_other_zones_work(tmp_path: Path) -> None:
    config = ShopConfig(days=9, customers=40, products=24, timezone="Asia/Shanghai", currency="CNY", dirt=0)
    write_sample(replace(config, last_day=date(2024, 3, 4)), tmp_path)
    # Shanghai is 8 hours ahead: March 4th runs from the 3rd at 16:00 to the 4th at 16:00 UTC.
    rows = (tmp_path / "landing/events/events-2024-03-04.csv").read_text().splitlines()[1:]
    assert all("2024-03-03T16" <= row[:13] < "2024-03-04T16" for row in rows)
    assert any(",CNY," in row for row in rows)


@pytest.mark.parametrize("wrong", [{"days": 2}, {"products": 5}, {"dirt": 0.2}, {"q": 1.0}])
def test_a_config_that_can_not_be_honoured_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"needs|dirt|exceed"):
        ShopConfig(**wrong)  # type: ignore[arg-type]


def test_a_clean_sample_has_no_fault(small: ShopConfig, tmp_path: Path) -> None:
    clean = read_sample(tmp_path, write_sample(replace(small, dirt=0), tmp_path))
    assert not clean.faults
    assert not clean.feed("customers")["customer_id"].str.startswith("TEST").any()
    assert clean.report.rows["events"] == clean.report.clean_events
