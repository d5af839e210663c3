"""Running the whole graph in this process, and what a test may ask of a shop that went through it."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pytest

from shop_pipeline.assets.session import AS_OF_TAG
from shop_pipeline.automation.daily_assets import daily_assets
from shop_pipeline.automation.instance import prepare_instance
from shop_pipeline.automation.jobs import DAILY, TUNE
from shop_pipeline.automation.landing_days import Days
from shop_pipeline.definitions import build_defs
from shop_pipeline.settings import Paths, load_settings, quiet_environment
from shop_pipeline.simulate import SampleReport

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_shop(
    paths: Paths, since: date, until: date, *, as_of: date | None = None, job: str = DAILY, only: str | None = None
) -> dg.ExecuteInProcessResult:
    """One run over the days `since` to `until`, with the real definitions and the real instance; never raises.

    `only` runs one asset of the job, by its key.
    """
    with pytest.MonkeyPatch.context() as patch:
        # Set first, so that what prepare_instance puts into the environment is taken back again.
        for name, value in quiet_environment(paths).items():
            patch.setenv(name, value)
        prepare_instance(paths)
        tags = Days(since, until).tags | ({AS_OF_TAG: as_of.isoformat()} if as_of else {})
        selected = [dg.AssetKey(only.split("/"))] if only else None if job == TUNE else daily_assets(paths)
        with dg.DagsterInstance.from_config(str(paths.dagster_home)) as instance:
            return (
                build_defs(load_settings(paths.shop_yaml))
                .resolve_job_def(job)
                .execute_in_process(
                    run_config=QUIET, instance=instance, tags=tags, asset_selection=selected, raise_on_error=False
                )
            )


@dataclass(frozen=True)
class FinishedShop:
    """A shop after a good run: its folder, Dagster's result, and the warehouse, read-only."""

    paths: Paths
    result: dg.ExecuteInProcessResult
    duck: duckdb.DuckDBPyConnection
    report: SampleReport

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.duck.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def facts(self, name: str) -> Any:
        return json.loads((self.paths.data / "truth" / f"{name}.json").read_text("utf-8"))

    def truth(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.paths.data / "truth" / f"{name}.parquet")
