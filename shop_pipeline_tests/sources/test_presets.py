import duckdb
import pytest
from pydantic import ValidationError

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.sources.canonical_sql import FILES, create_staging, insert_records
from shop_pipeline.sources.event_words import stage_event_words
from shop_pipeline.sources.lookups import create_lookup
from shop_pipeline.sources.presets import FeedPreset, Preset, known_formats, load_preset
from shop_pipeline.sources.text_rows import TextRows

CASES = [(name, feed) for name in known_formats() for feed in load_preset(name).feeds]


@pytest.mark.parametrize(("name", "feed"), CASES)
def test_every_expression_binds_against_its_source_columns(name: str, feed: str) -> None:
    preset = load_preset(name).feeds[feed]
    rows = TextRows("(SELECT '' AS _path, 1 AS _row WHERE false)", {}, "'{}'")
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE {FILES} (_path VARCHAR, _name VARCHAR, _modified_at TIMESTAMP)")
        stage_event_words(connection)
        for lookup, layout in preset.lookups.items():
            connection.execute(create_lookup(lookup, layout))
        connection.execute(create_staging(FEEDS[feed], "staged"))
        connection.execute(insert_records(FEEDS[feed], preset, rows, "UTC", "staged"))


def test_canonical_has_every_feed_and_every_column() -> None:
    derived = {"_file", "_row", "_part", "_loaded_at", "event_date"}
    for name, preset in load_preset("canonical").feeds.items():
        assert set(preset.columns) == set(FEEDS[name].column_names) - derived
        assert set(preset.source_columns) == set(preset.columns)
    assert set(load_preset("canonical").feeds) == set(FEEDS)


def test_a_preset_names_only_what_the_contract_has() -> None:
    columns = {"product_id": "sku", "stock_date": "sku", "on_hand": "sku"}
    stock = {"needed": ["sku"], "columns": columns}
    Preset.model_validate({"about": "x", "feeds": {"stock": stock}})
    with pytest.raises(ValidationError, match="no feed 'stocks'; did you mean 'stock'"):
        Preset.model_validate({"about": "x", "feeds": {"stocks": stock}})
    wrong = {**stock, "columns": {**columns, "onorder": "sku"}}
    with pytest.raises(ValidationError, match="no column 'onorder'; did you mean 'on_order'"):
        Preset.model_validate({"about": "x", "feeds": {"stock": wrong}})
    without = {**stock, "columns": {"product_id": "sku"}}
    with pytest.raises(ValidationError, match="needs an expression for stock_date, on_hand"):
        Preset.model_validate({"about": "x", "feeds": {"stock": without}})
    with pytest.raises(ValidationError, match="naive_timestamps"):
        FeedPreset.model_validate({**stock, "naive_timestamps": "berlin"})
