"""The event log over a long range of days: few planned events, and nothing is forgotten."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from shop_pipeline.automation.event_log import RangeEventLogStorage
from shop_pipeline.automation.instance import prepare_instance
from shop_pipeline.automation.landing_days import RANGE_END, RANGE_START
from shop_pipeline.settings import Paths, quiet_environment

# 2024 is a leap year: 366 days of it and 34 of 2025 (31 of January, 3 of February).
FIRST, LAST, N_DAYS = "2024-01-01", "2025-02-03", 400
DAYS = dg.DailyPartitionsDefinition("2023-01-01")
PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def days() -> None:
    """A table of days."""


@dg.asset(deps=[days])
def whole() -> None:
    """A table without days, behind it."""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """The instance of a data folder, as the command line opens it; its files take 3 s to make."""
    paths = Paths(tmp_path_factory.mktemp("days"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in quiet_environment(paths).items():
            patch.setenv(name, value)
        prepare_instance(paths)
        with dg.DagsterInstance.get() as opened:
            yield opened


def _run(instance: dg.DagsterInstance, first: str, last: str) -> str:
    job = dg.Definitions(assets=[days, whole], jobs=[dg.define_asset_job("both")]).resolve_job_def("both")
    done = job.execute_in_process(instance=instance, tags={RANGE_START: first, RANGE_END: last})
    assert done.success
    return done.run_id


def test_a_long_range_is_planned_once_per_asset_and_remembered_day_by_day(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, RangeEventLogStorage)
    run_id = _run(instance, FIRST, LAST)
    planned = [entry.get_dagster_event() for entry in instance.all_logs(run_id, of_type=PLANNED)]
    assert sorted(event.asset_key.to_user_string() for event in planned if event.asset_key) == ["days", "whole"]
    filled = instance.get_materialized_partitions(dg.AssetKey("days"))
    expected = DAYS.get_partition_keys_in_range(dg.PartitionKeyRange(FIRST, LAST))
    assert len(expected) == N_DAYS
    assert filled == set(expected)


def test_a_second_range_adds_its_days(instance: dg.DagsterInstance) -> None:
    before = instance.get_materialized_partitions(dg.AssetKey("days"))
    _run(instance, "2023-05-01", "2023-05-02")
    _run(instance, "2023-05-02", "2023-05-03")
    filled = instance.get_materialized_partitions(dg.AssetKey("days"))
    assert filled - before == {"2023-05-01", "2023-05-02", "2023-05-03"}


def test_another_process_reads_what_was_stored(instance: dg.DagsterInstance) -> None:
    run_id = _run(instance, "2023-07-01", "2023-07-01")
    with dg.DagsterInstance.from_config(instance.root_directory) as other:
        assert "2023-07-01" in other.get_materialized_partitions(dg.AssetKey("days"))
        assert len(other.all_logs(run_id)) == len(instance.all_logs(run_id)) > 0


def test_disposing_gives_the_files_back(tmp_path: Path) -> None:
    storage = RangeEventLogStorage(str(tmp_path))
    with storage.index_connection() as connection:
        assert connection.execute(sqlalchemy.text("SELECT 1")).scalar() == 1
    (engine,) = storage._engines.values()
    storage.dispose()
    assert engine.pool.checkedin() == 0


def test_what_is_wiped_is_made_again(tmp_path: Path) -> None:
    """A second log in the same folder, whose files the first one wiped: a run's file is not there any more."""
    storage = RangeEventLogStorage(str(tmp_path))
    with storage.run_connection("run") as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE mine (n INTEGER)"))
    storage.wipe()
    assert not (tmp_path / "run.db").exists()
    with storage.run_connection("run") as connection:
        tables = set(sqlalchemy.inspect(connection).get_table_names())
    assert "event_logs" in tables
    assert "mine" not in tables
    assert (tmp_path / "run.db").exists()


def test_what_was_there_is_asked_again_after_the_end(tmp_path: Path) -> None:
    """The folder is emptied between two lives of the log, as a test or a user may."""
    storage = RangeEventLogStorage(str(tmp_path))
    assert storage.has_table("asset_event_tags")
    storage.dispose()
    with sqlalchemy.create_engine(storage.conn_string_for_shard("index")).begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE asset_event_tags"))
    assert not storage.has_table("asset_event_tags")
