"""A mail address that serves as an id is hashed with a secret of the data folder, made once."""

import hashlib
import stat
from pathlib import Path

import duckdb

from shop_pipeline.assets.session import id_key
from shop_pipeline.contracts import FEEDS
from shop_pipeline.settings import Feed, Paths, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed
from shop_pipeline.storage import set_variables

SHOPIFY = Path(__file__).parents[1] / "sources/fixtures/shopify"


def customers(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    feed = Feed(files="*.csv", format="shopify")
    stage_feed(warehouse, FEEDS["customers"], feed, list_files(SHOPIFY, feed), Shop(), "landed")
    return dict(warehouse.execute("SELECT email, customer_id FROM landed WHERE _rule IS NULL").fetchall())


def test_the_secret_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    made = id_key(paths)
    assert len(made) == 32
    assert id_key(paths) == made
    assert stat.S_IMODE(paths.id_key.stat().st_mode) == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert id_key(Paths(other)) != made


def test_the_ids_of_two_shops_differ(warehouse: duckdb.DuckDBPyConnection) -> None:
    set_variables(warehouse, {"id_key": "one"})
    found = customers(warehouse)
    assert found
    assert found == {mail: hashlib.sha256(f"one{mail.lower()}".encode()).hexdigest()[:24] for mail in found}
    set_variables(warehouse, {"id_key": "two"})
    assert set(customers(warehouse).values()).isdisjoint(found.values())
