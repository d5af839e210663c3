"""`shop doctor`: is this machine, this data folder and this instance fit for a run?"""

import importlib.metadata
import platform
import shutil
from collections.abc import Iterator

import dagster as dg
import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..automation.instance import prepare_instance
from ..settings import Paths, SettingsError, load_settings
from ..sources.landing import list_files
from ..sources.presets import load_feed_preset
from ..sources.problems import LandingError
from ..storage import WarehouseLocked, look_at_warehouse

LIBRARIES = ("dagster", "duckdb", "great-expectations", "pandas", "numpy", "scipy", "scikit-learn", "numba")
ENOUGH_DISK_GB = 2.0
Finding = tuple[str, bool, str]


def examine(paths: Paths) -> int:
    """Print every finding; 1 if one of them stands in the way of a run."""
    console = Console(highlight=False)
    table = Table("what", "", "found")
    all_well = True
    for look in (_environment, _settings, _warehouse, _disk, _runs):
        for name, is_well, text in look(paths):
            # Paths, patterns and messages may hold what looks like markup.
            table.add_row(name, "ok" if is_well else "[red]wrong[/red]", escape(text))
            all_well = all_well and is_well
    console.print(table)
    return 0 if all_well else 1


def _environment(paths: Paths) -> Iterator[Finding]:
    yield "python", True, platform.python_version()
    yield "libraries", True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    yield "SHOP_DATA", True, str(paths.data)


def _settings(paths: Paths) -> Iterator[Finding]:
    try:
        settings = load_settings(paths.shop_yaml)
    except SettingsError as error:
        yield "shop.yaml", False, str(error)
        return
    yield "shop.yaml", paths.shop_yaml.exists(), f"{settings.shop.timezone}, {settings.shop.currency}"
    for name, feed in settings.feeds.items():
        try:
            load_feed_preset(feed, name)
        except LandingError as error:
            yield f"feed {name}", False, str(error)
            continue
        files = list_files(paths.data, feed)
        needed = name == "events" and not files
        yield (
            f"feed {name}",
            not needed,
            f"{len(files)} files, {sum(f.size for f in files) / 1e6:.1f} MB ({feed.files})",
        )


def _warehouse(paths: Paths) -> Iterator[Finding]:
    if not paths.warehouse.exists():
        yield "warehouse", True, "not there yet: the first run makes it"
        return
    try:
        look_at_warehouse(paths.warehouse)
        yield "warehouse", True, f"free, {paths.warehouse.stat().st_size / 1e6:.1f} MB"
    except (WarehouseLocked, duckdb.Error) as error:
        yield "warehouse", False, str(error)
    yield "published", paths.published.exists(), str(paths.published)


def _disk(paths: Paths) -> Iterator[Finding]:
    paths.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(paths.data).free / 1e9
    yield "disk", free >= ENOUGH_DISK_GB, f"{free:.1f} GB free, {ENOUGH_DISK_GB} wanted"


def _runs(paths: Paths) -> Iterator[Finding]:
    prepare_instance(paths)
    with dg.DagsterInstance.get() as instance:
        records = instance.get_run_records(limit=5)
    for record in records:
        began = record.create_timestamp.isoformat(timespec="seconds")
        yield "run", True, f"{began} {record.dagster_run.job_name} {record.dagster_run.status.value}"
    if not records:
        yield "run", True, "none yet"
