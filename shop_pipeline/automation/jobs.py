"""The three jobs, the two schedules, and the landing-folder sensor.

`daily` and `full_refresh` build the graph over a range of days: `daily` fills those days and keeps the rest,
`full_refresh` reads every landing file again and forgets days whose files are gone. Schedule, sensor and `shop run` ask
them for the chosen model only (`daily_assets.py`); started by hand in the UI, they fit all. `tune` loads nothing: it
compares all models on what is loaded, chooses, learns the segments of customers again, and publishes. Not here: which
days (`landing_days.py`), and who hears of a failure (`alerts.py`).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ..assets.customers.segmentation import NAME as SEGMENTATION
from ..assets.session import FULL_REFRESH_TAG, TUNING_TAG
from ..settings import ShopSettings, find_paths, load_settings
from .alerts import tell_of_failure
from .daily_assets import LIST_RULES, SEARCH, WEEKLY, daily_assets
from .instance import UNDER_WAY, close_abandoned_runs
from .landing_days import days_to_load, new_files, state_of, yesterday_and_before

DAILY, FULL_REFRESH, TUNE = "daily", "full_refresh", "tune"
EVERY_MORNING, EVERY_SUNDAY = "15 4 * * *", "15 5 * * 0"
# A look lists the folder and asks the published file: milliseconds.
LOOK_EVERY_SECONDS = 10


def build_jobs() -> list[UnresolvedAssetJobDefinition]:
    """`daily` and `full_refresh` over all assets but the search, `tune` over the search and what follows it."""
    search, weekly, rules = (
        dg.AssetSelection.assets(*(name.split(".") for name in names))
        for names in (SEARCH, (*WEEKLY, SEGMENTATION), LIST_RULES)
    )
    everything = dg.AssetSelection.all() - search
    return [
        dg.define_asset_job(
            DAILY,
            everything,
            description="Fill a range of days, then everything that follows.",
            hooks={tell_of_failure},
        ),
        dg.define_asset_job(
            FULL_REFRESH,
            everything,
            description="Read all landing files again and rebuild everything.",
            tags={FULL_REFRESH_TAG: "true"},
            hooks={tell_of_failure},
        ),
        dg.define_asset_job(
            TUNE,
            weekly.downstream() | rules,
            description="Compare all models with many settings, choose, learn segments again, and publish.",
            tags={TUNING_TAG: "true"},
            hooks={tell_of_failure},
        ),
    ]


def build_weekly_schedule(settings: ShopSettings) -> dg.ScheduleDefinition:
    """Every Sunday, an hour after the daily run: which model is best by now."""

    @dg.schedule(
        name="every_sunday", job_name=TUNE, cron_schedule=EVERY_SUNDAY, execution_timezone=settings.shop.timezone
    )
    def every_sunday() -> dg.RunRequest | dg.SkipReason:
        return dg.RunRequest() if find_paths().published.exists() else dg.SkipReason("nothing is loaded yet")

    return every_sunday


def build_schedule(settings: ShopSettings) -> dg.ScheduleDefinition:
    """Every morning of the shop: yesterday, and the days before it for late events."""

    @dg.schedule(
        name="every_morning", job_name=DAILY, cron_schedule=EVERY_MORNING, execution_timezone=settings.shop.timezone
    )
    def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        days = yesterday_and_before(context.scheduled_execution_time, settings)
        if days is None:
            return dg.SkipReason(f"the shop's first day, {settings.shop.first_day}, is not over")
        chosen = daily_assets(find_paths())
        return dg.RunRequest(run_key=days.until.isoformat(), tags=days.tags, asset_selection=chosen)

    return every_morning


def build_sensor() -> dg.SensorDefinition:
    """Loads files that land: once they have been left alone for a while, and once for each state of the folder."""

    @dg.sensor(name="landing_folder", job_name=DAILY, minimum_interval_seconds=LOOK_EVERY_SECONDS)
    def landing_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        paths = find_paths()
        settings = load_settings(paths.shop_yaml)
        files = new_files(paths, settings)
        state = state_of(files)
        if not files or state == context.cursor:
            return _skip("no new file", context.cursor)
        settled = datetime.now(UTC) - timedelta(seconds=settings.shop.debounce_seconds)
        arriving = [file.name for file in files if file.modified_at > settled]
        if arriving:
            return _skip(f"still arriving: {', '.join(arriving[:5])}", context.cursor)
        # A run whose process was killed would look busy for ever, and hold the queue.
        close_abandoned_runs(context.instance)
        busy = RunsFilter(statuses=[DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, *UNDER_WAY])
        if context.instance.get_runs(busy, limit=1):
            return _skip("a run is under way; it may be loading these files", context.cursor)
        days = days_to_load(paths, files, settings)
        if days is None:
            return _skip("the new files hold no events", state)
        tags = days.tags | {"shop/new_files": str(len(files))}
        request = dg.RunRequest(run_key=state, tags=tags, asset_selection=daily_assets(paths))
        return dg.SensorResult(run_requests=[request], cursor=state)

    return landing_folder


def _skip(reason: str, cursor: str | None) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=dg.SkipReason(reason), cursor=cursor)
