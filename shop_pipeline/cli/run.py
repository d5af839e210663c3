"""`shop run` and `shop tune`: choose the days, run the graph in this process, and tell what came of it.

Not here: the graph (`assets/`), and which files are new (`automation/landing_days.py`).
"""

import os
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg
from rich.console import Console
from rich.markup import escape

from ..assets.session import AS_OF_TAG, FULL_REFRESH_TAG, known_limits
from ..automation.alerts import tell_of_failure
from ..automation.daily_assets import daily_assets
from ..automation.instance import PID_TAG, close_abandoned_runs, prepare_instance
from ..automation.jobs import DAILY, FULL_REFRESH, TUNE
from ..automation.landing_days import Days, days_to_load, new_files, newest_loaded_day
from ..definitions import build_defs
from ..settings import Paths, SettingsError, ShopSettings, load_settings
from ..simulate import ShopConfig, write_sample
from ..sources.landing import list_files
from ..sources.presets import load_feed_preset
from ..storage import open_warehouse
from .progress import Progress

PUBLISHING = "key:ops/run_manifest"
# The events go to the instance, where the UI shows them; on the terminal our own progress is enough.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# Long enough for somebody's `shop doctor` to let go of the warehouse, too short for a run.
WAIT_SECONDS = 1.0
# The run's own connection sets the limit that it works with.
PEEK_GB = 1.0


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    selection: str | None = None
    full: bool = False


def run_pipeline(paths: Paths, order: Order) -> int:
    """Run once; 0 if everything was built and published, 1 if a gate refused or a step failed.

    Raises `SettingsError`, `LandingError`, and `WarehouseLocked` if another process holds the warehouse.
    """
    load_settings(paths.shop_yaml)
    prepare_instance(paths)
    # Looks into the warehouse, which it can't once this process holds it.
    wanted = daily_assets(paths)
    # DuckDB locks per process: held from here on, so that a second run is told at once and not in the middle.
    with closing(open_warehouse(paths.warehouse, memory_gb=PEEK_GB, wait_seconds=WAIT_SECONDS)):
        return _run(paths, order, wanted, Console(highlight=False))


def _run(paths: Paths, order: Order, wanted: list[dg.AssetKey], console: Console) -> int:
    _make_sample_if_empty(paths, console)
    settings = load_settings(paths.shop_yaml)
    known_limits(settings)
    for name, feed in settings.feeds.items():
        load_feed_preset(feed, name)  # a wrong format is told now, also where no file of the feed is new
    days = choose_days(paths, settings, order)
    console.print(f"Loading {days.since} to {days.until} from {escape(str(paths.landing))}")
    job = _job(settings, order, wanted)
    return _execute(paths, job, days.tags | ({AS_OF_TAG: order.as_of.isoformat()} if order.as_of else {}), console)


def run_tuning(paths: Paths) -> int:
    """Compare all models on what is loaded, choose one, and publish; 0 if everything was built.

    Raises `SettingsError`, also where nothing is loaded yet, and `WarehouseLocked`.
    """
    settings = load_settings(paths.shop_yaml)
    if not paths.published.exists():
        raise SettingsError("nothing is loaded yet: `shop run` first")
    prepare_instance(paths)
    with closing(open_warehouse(paths.warehouse, memory_gb=PEEK_GB, wait_seconds=WAIT_SECONDS)):
        console = Console(highlight=False)
        minutes = settings.recommend.tuning_minutes
        console.print(
            f"Searching for the best model and settings for up to {minutes:g} minutes, then fitting all models"
        )
        return _execute(paths, build_defs(settings).resolve_job_def(TUNE), {}, console)


def _execute(paths: Paths, job: dg.JobDefinition, tags: dict[str, str], console: Console) -> int:
    tags = tags | {PID_TAG: str(os.getpid())}
    progress = Progress(console, sorted(".".join(key.path) for key in job.asset_layer.selected_asset_keys))
    began = time.monotonic()
    with dg.DagsterInstance.get() as instance:
        close_abandoned_runs(instance)
        run_id = str(uuid.uuid4())
        instance.add_event_listener(run_id, progress.on_event)
        done = job.execute_in_process(
            run_config=QUIET, instance=instance, run_id=run_id, tags=tags, raise_on_error=False
        )
    progress.closing_table(paths, time.monotonic() - began, succeeded=done.success)
    return 0 if done.success else 1


def _make_sample_if_empty(paths: Paths, console: Console) -> None:
    if paths.shop_yaml.exists() or (paths.landing.exists() and any(paths.landing.iterdir())):
        return
    console.print(
        f"{escape(str(paths.landing))} is empty:"
        " making a sample shop of 180 days, 5,000 customers and 800 products there."
    )
    write_sample(ShopConfig(), paths.data)


def choose_days(paths: Paths, settings: ShopSettings, order: Order) -> Days:
    """The days asked for; else those of the new files (all files with --full); else the newest day loaded.

    Raises `SettingsError` where there is nothing to load, and `LandingError` for a file that can't be read.
    """
    if order.since and order.until:
        return _checked(Days(order.since, order.until), settings)
    feed = settings.feeds.get("events")
    if feed is None:
        missing = "feeds.events: the one feed that is needed is missing; `shop inspect PATH --write` puts it there"
        raise SettingsError(f"{paths.shop_yaml.name}: {missing}")
    fresh = paths.published.exists() and not order.full
    files = new_files(paths, settings) if fresh else list_files(paths.data, feed)
    found = days_to_load(paths, files, settings) if files else None
    newest = newest_loaded_day(paths)
    # A full run forgets what no file holds: an empty or unmounted landing folder must not erase the shop.
    found = found or (Days(newest, newest) if newest and not order.full else None)
    if found is None:
        raise SettingsError(f"feeds.events: no file under {feed.files} holds an event that can be loaded")
    since, until = order.since or found.since, order.until or found.until
    # One given end moves the other one along, so that `--since` alone never asks for an empty range.
    return _checked(Days(since, max(until, since) if order.until is None else until), settings)


def _checked(days: Days, settings: ShopSettings) -> Days:
    if days.since > days.until:
        raise SettingsError(f"--since {days.since} is after --until {days.until}")
    today = datetime.now(settings.shop.zone).date()
    if days.until > today:
        raise SettingsError(f"--until {days.until} is after today, {today}")
    if days.since < settings.shop.first_day:
        raise SettingsError(f"--since {days.since} is before shop.first_day {settings.shop.first_day} of shop.yaml")
    return days


def _job(settings: ShopSettings, order: Order, wanted: list[dg.AssetKey]) -> dg.JobDefinition:
    """A full run builds all models, so that none keeps a customer whose files are gone."""
    name = FULL_REFRESH if order.full else DAILY
    defs = build_defs(settings)
    if order.selection is None:
        job = defs.resolve_job_def(name)
        return job if order.full else job.get_subset(asset_selection=set(wanted))
    # What was selected is published like everything else.
    selection = _selected(defs, order.selection) | dg.AssetSelection.from_string(PUBLISHING)
    tags = {FULL_REFRESH_TAG: "true"} if order.full else {}
    partial = dg.define_asset_job("selected", selection, tags=tags, hooks={tell_of_failure})
    return dg.Definitions.merge(defs, dg.Definitions(jobs=[partial])).resolve_job_def("selected")


def _selected(defs: dg.Definitions, text: str) -> dg.AssetSelection:
    try:
        found = dg.AssetSelection.from_string(text)
    except dg.DagsterError as error:
        raise SettingsError(f"--select {text!r} is not an asset selection, such as 'key:marts/*'") from error
    if not found.resolve(defs.resolve_asset_graph()):
        raise SettingsError(f"--select {text!r} selects no table")
    return found
