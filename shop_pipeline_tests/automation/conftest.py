"""A landing folder with no warehouse behind it, and the two ways in which files get into it."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from shop_pipeline.contracts import TABLES
from shop_pipeline.settings import Feed, Paths, Shop, ShopSettings, quiet_environment
from shop_pipeline.sources.landing import LandingFile, list_files
from shop_pipeline.storage import open_warehouse, publish

FIRST_DAY = date(2025, 6, 1)
LONDON = ShopSettings(
    shop=Shop(timezone="Europe/London", first_day=FIRST_DAY),
    feeds={"events": Feed(files="landing/events/*.csv")},
)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """The data folder of the test, also for what asks the environment; shop.yaml says what LONDON says."""
    found = Paths(tmp_path)
    for name, value in quiet_environment(found).items():
        monkeypatch.setenv(name, value)
    found.shop_yaml.write_text(
        f"shop: {{timezone: Europe/London, first_day: {FIRST_DAY}}}\n"
        "feeds:\n  events: {files: 'landing/events/*.csv'}\n"
    )
    return found


def land(paths: Paths, name: str, moments: Sequence[str], *, at: float | None = None) -> LandingFile:
    """An event file with a view at each moment, last changed at `at` (seconds since 1970)."""
    path = paths.landing / "events" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{moment},view,P1,E{i}" for i, moment in enumerate(moments)]
    path.write_text("\n".join(["event_at,event_type,product_id,event_id", *lines]) + "\n")
    if at is not None:
        os.utime(path, (at, at))
    (landed,) = [file for file in list_files(paths.data, LONDON.feeds["events"]) if file.path == path]
    return landed


def published_with(paths: Paths, *files: LandingFile) -> None:
    """A published file that remembers these files as loaded."""
    duck = open_warehouse(paths.data / "other.duckdb", memory_gb=1)
    for file in files:
        columns = TABLES["ops.landing_files"].column_names
        row = {"file": file.name, "fingerprint": file.fingerprint, "sha256": "", "n_rows": 1, "n_refused": 0}
        row |= {"first_day": FIRST_DAY, "last_day": FIRST_DAY, "is_clean": True}
        marks = ", ".join("?" for _ in row)
        assert set(row) <= set(columns)
        duck.execute(f"INSERT INTO ops.landing_files ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    publish(duck, paths.published, "v1")
    duck.close()
