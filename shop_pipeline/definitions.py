"""Everything put together: the only module that knows all stages and all automation."""

import dagster as dg

from .assets import all_assets
from .assets.session import WarehouseResource
from .automation.alerts import build_failure_sensor
from .automation.jobs import build_jobs, build_schedule, build_sensor, build_weekly_schedule
from .automation.partitions import daily_partitions
from .settings import ShopSettings, apply_quiet_environment, find_paths, load_settings


def build_defs(settings: ShopSettings | None = None) -> dg.Definitions:
    """The code location, for the shop that `settings` (by default `shop.yaml`) describe."""
    settings = settings or load_settings(find_paths().shop_yaml)
    partitions = daily_partitions(settings.shop)
    return dg.Definitions(
        assets=all_assets(partitions),
        jobs=build_jobs(),
        schedules=[build_schedule(settings), build_weekly_schedule(settings)],
        sensors=[build_sensor(), build_failure_sensor()],
        resources={"warehouse": WarehouseResource()},
        # One writer: a process per step would find the warehouse locked, and is slower.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster` loads."""
    apply_quiet_environment(find_paths())
    return build_defs()
