"""The commands of `shop`, their options and exit statuses.

0: done. 1: a gate refused a table or the run failed. 2: the call, shop.yaml or a landing file can't be used, the
warehouse is held by another process, or the run would not fit. Not here: what the commands do (the modules beside
this one).
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from ..settings import FeedName, SettingsError, apply_quiet_environment, find_paths

DAY = click.DateTime(formats=["%Y-%m-%d"])


class CannotUse(click.ClickException):
    """A message for people, with exit status 2."""

    exit_code = 2


@click.group()
@click.version_option(package_name="shop-pipeline")
def main() -> None:
    """From raw shop events to gated tables and recommendations. SHOP_DATA names the data folder (default: data)."""
    apply_quiet_environment(find_paths())


@main.command()
@click.option("--since", type=DAY, help="First day to load; by default the first of the new files.")
@click.option("--until", type=DAY, help="Last day to load; by default the last of the new files.")
@click.option("--as-of", type=DAY, help="No model sees anything after this day; by default the newest day loaded.")
@click.option("--select", "selection", help='Dagster asset selection, such as "key:marts/*" or "+marts/sales_daily".')
@click.option("--full", is_flag=True, help="Read all landing files again and rebuild everything.")
@click.option("--plan", is_flag=True, help="Only say what it would take: rows, memory, disk and time.")
def run(
    since: datetime | None,
    until: datetime | None,
    as_of: datetime | None,
    selection: str | None,
    full: bool,
    plan: bool,
) -> None:
    """Load what is new, build everything that follows, and publish it if no gate refuses."""
    from .plan import check_disk, show_plan
    from .run import Order, run_pipeline

    first, last, clock = (day.date() if day else None for day in (since, until, as_of))
    paths, order = find_paths(), Order(first, last, clock, selection, full)
    if plan:
        raise SystemExit(_explained(lambda: show_plan(paths, order)))

    def run_if_it_fits() -> int:
        check_disk(paths, order)
        return run_pipeline(paths, order)

    raise SystemExit(_explained(run_if_it_fits))


@main.command()
def tune() -> None:
    """Compare all models on what is loaded, choose one with its settings, and publish its lists if it is good enough.

    How long it may search: recommend.tuning_minutes of shop.yaml. Daily runs then fit the chosen model alone.
    """
    from .run import run_tuning

    raise SystemExit(_explained(lambda: run_tuning(find_paths())))


@main.command()
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@click.option(
    "--warehouse", is_flag=True, help="Ask the warehouse instead (all stages, quarantine); between runs only."
)
def query(sql: str, as_csv: bool, warehouse: bool) -> None:
    """Run SQL on the published file, also while a run is under way."""
    from .query import run_query

    paths = find_paths()
    _explained(lambda: run_query(paths.warehouse if warehouse else paths.published, sql, as_csv=as_csv))


@main.command()
def readiness() -> None:
    """Say what the data allow, model by model, with threshold and reason; from the published file."""
    from .readiness import show

    _explained(lambda: show(find_paths()))


@main.command()
@click.option("--days", default=180, show_default=True, type=click.IntRange(2))
@click.option("--customers", default=5_000, show_default=True, type=click.IntRange(1))
@click.option("--products", default=800, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=7, show_default=True, type=int)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Data folder; by default SHOP_DATA.")
def sample(days: int, customers: int, products: int, seed: int, out: Path | None) -> None:
    """Write the landing files of a made-up shop with known truth."""
    from ..simulate import ShopConfig
    from .sample import write

    config = ShopConfig(days=days, customers=customers, products=products, seed=seed)
    _explained(lambda: write(out or find_paths().data, config))


@main.command()
@click.argument("paths", nargs=-1)
@click.option("--feed", type=click.Choice(get_args(FeedName)), help="The feed that the files are for, if you know it.")
@click.option("--write", is_flag=True, help="Put the feeds into shop.yaml; what stands there stays.")
@click.option("--force", is_flag=True, help="With --write: replace a feed that has other values in shop.yaml.")
def inspect(paths: tuple[str, ...], feed: str | None, write: bool, force: bool) -> None:
    """Say what files look like, and the lines of shop.yaml that would use them; exit status 1 if some are unknown.

    PATHS are files, folders or quoted patterns; by default the landing folder.
    """
    from .inspect import Wish, inspect_files

    raise SystemExit(
        _explained(lambda: inspect_files(find_paths(), Wish(paths or (str(find_paths().landing),), feed, write, force)))
    )


@main.command()
def doctor() -> None:
    """Look at environment, versions, settings, locks, disk and the last runs; exit status 1 if something is wrong."""
    from .doctor import examine

    raise SystemExit(examine(find_paths()))


@main.command()
@click.option("--port", default=3000, show_default=True, type=int)
def ui(port: int) -> None:
    """Open the Dagster UI, with its daemon, over the same instance as `shop run`."""
    from .ui import serve

    raise SystemExit(_explained(lambda: serve(find_paths(), port)))


def _explained(act: Callable[[], int]) -> int:
    """Run a command; what a person can mend is told without a traceback."""
    import duckdb

    from ..sources.problems import LandingError
    from ..storage import NoRoom, SchemaChanged, WarehouseLocked

    usual = (SettingsError, LandingError, NoRoom, WarehouseLocked, SchemaChanged, FileNotFoundError, duckdb.Error)
    try:
        return act()
    except usual as error:
        raise CannotUse(str(error)) from error
