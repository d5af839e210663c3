"""docs/formats.md lists every format with its feeds, and its example works."""

import re
from pathlib import Path

import pytest
import yaml

from shop_pipeline.settings import ShopSettings
from shop_pipeline.sources.presets import FeedPreset, known_formats, load_preset

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", PAGE, re.MULTILINE))
YAML, ADDED, JOINED = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
(SQL,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_every_format_has_its_row() -> None:
    assert sorted(ROWS) == known_formats()


@pytest.mark.parametrize("name", [name for name in known_formats() if name != "canonical"])
def test_a_row_names_the_feeds(name: str) -> None:
    assert [word.split()[0] for word in ROWS[name].split(", ")] == list(load_preset(name).feeds)


def test_the_lines_of_shop_yaml_are_valid_and_name_formats_that_are_there() -> None:
    for name, feed in ShopSettings.model_validate(YAML).feeds.items():
        preset = load_preset(feed.format).feeds[name]
        assert set(feed.lookups) == set(preset.lookups)


def test_the_example_is_a_preset() -> None:
    events = ADDED["feeds"]["events"]
    assert FeedPreset.model_validate(events).sql is None
    assert FeedPreset.model_validate(events | JOINED | {"sql": SQL}).lookups["orders"].needed == ["order_id", "ordered"]
