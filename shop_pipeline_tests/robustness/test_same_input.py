"""The same input gives the same tables: in another folder, and once more in the same one.

Compared are all columns of all marts but the run's id, and of data_quality the outcomes of every table but the two that
tell of the run itself. The hashes of the run manifest are held against the same claim.
"""

import json

import pytest

from .folder import Shop, marts, quality


@pytest.fixture(scope="module")
def second(prepared: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A new folder with the same files, after one run."""
    shop = prepared.copy_of_files(tmp_path_factory.mktemp("second"))
    result = shop.call("run")
    assert result.exit_code == 0, result.output
    return shop


def hashes(shop: Shop) -> dict[str, object]:
    """Of the newest manifest; data_quality tells which run checked what."""
    found = shop.ask("SELECT outputs FROM ops.run_manifest ORDER BY rowid DESC LIMIT 1")
    return {name: value for name, value in json.loads(found[0][0]).items() if name != "marts.data_quality"}


def test_two_folders_give_the_same_marts(prepared: Shop, second: Shop) -> None:
    assert marts(second) == marts(prepared)
    assert quality(second) == quality(prepared)
    assert hashes(second) == hashes(prepared)
    inputs = "SELECT inputs FROM ops.run_manifest"
    assert second.ask(inputs) == prepared.ask(inputs)


def test_twice_in_one_folder_gives_the_same_marts(prepared: Shop, second: Shop) -> None:
    """From the files again: all days, not just the newest."""
    result = second.call("run", "--since", "2025-06-23", "--until", "2025-06-30")
    assert result.exit_code == 0, result.output
    assert marts(second) == marts(prepared)
    assert quality(second) == quality(prepared)
    assert hashes(second) == hashes(prepared)
    assert second.ask("SELECT count(DISTINCT run_id) FROM ops.run_manifest") == [(2,)]
