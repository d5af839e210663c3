"""`shop run --plan`: rows, memory, disk and time of a run, said before anything is loaded; and the refusal of one that
would not fit.

Here: fitting an estimate to the room there is, and telling it. Not here: the estimate (`plan_counts.py`), the measured
costs (`costs.py`), what a run refuses before it begins (`plan_refusals.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..models.similarity.top_k import SimilarityMemory, similarity_memory
from ..sections import Recommend
from ..settings import Paths, ShopSettings, load_settings
from ..storage import NoRoom, Room, free_room
from .costs import Needs, needs
from .plan_counts import Estimate, estimate, event_files
from .plan_refusals import refuse_days, refuse_settings, sample_instead
from .run import Order

GB = 1e9


@dataclass(frozen=True)
class Plan:
    """What a run needs, and the limit (bytes beside its result) that its similarity step works within."""

    estimate: Estimate
    needs: Needs
    similarity: SimilarityMemory
    limit: int
    is_smaller: bool

    @property
    def n_blocks(self) -> int:
        """Blocks of products that the similarity step goes through; each holds as many entries as the largest."""
        entries = 8 * self.estimate.matrix.n_entries
        return -(-entries // self.similarity.lists) if self.similarity.lists else 0


def show_plan(paths: Paths, order: Order, room: Room | None = None) -> int:
    """Print the plan of a run; 0. `room` is what is free, by default on this machine.

    Raises `NoRoom` where disk or memory would not do, `SettingsError` and `LandingError` as the run would.
    """
    settings = load_settings(paths.shop_yaml)
    console = Console(highlight=False)
    if instead := sample_instead(paths):
        console.print(escape(instead))
        return 0
    found = _looked_at(paths, settings, order)
    room = room or free_room(paths.data)
    console.print(_rows_table(found))
    plan = fit(found, settings.recommend, room)
    for line in _lines(plan, room):
        console.print(escape(line))
    if order.selection:
        console.print("--select is not looked at: this is what all tables take.")
    return 0


def _looked_at(paths: Paths, settings: ShopSettings, order: Order) -> Estimate:
    refuse_settings(settings)
    found = estimate(paths, settings, order)
    refuse_days(paths, settings, order, found)
    return found


def fit(found: Estimate, recommend: Recommend, room: Room) -> Plan:
    """The plan within the room there is, with smaller similarity blocks where that is enough. Raises `NoRoom`."""
    limit = int(recommend.memory_gb * 2**30)
    wanted = _similarity(found, recommend, limit)
    if wanted is None:
        least = _least(found, recommend)
        raise NoRoom(
            f"product similarity needs at least {_gb(least)} beside its result for"
            f" {len(found.matrix.degrees):,} products, and recommend.memory_gb of shop.yaml gives it {_gb(limit)}"
        )
    cost = needs(found.counts, wanted.peak)
    refuse_disk(cost.disk, room.disk)
    if cost.peak <= room.memory:
        return Plan(found, cost, wanted, limit, is_smaller=False)
    smaller_limit = wanted.fixed + wanted.lists - (cost.peak - room.memory)
    smaller = _similarity(found, recommend, smaller_limit) if smaller_limit > 0 else None
    smaller_cost = needs(found.counts, smaller.peak) if smaller else cost
    if smaller is None or smaller_cost.peak > room.memory:
        raise NoRoom(
            f"the run needs about {_gb(cost.peak)} of memory, {_gb(wanted.peak)} of it for product similarity, and"
            f" {_gb(room.memory)} are free. Smaller similarity blocks would not be enough: end other programs, or load"
            " fewer days at a time with --since and --until"
        )
    return Plan(found, smaller_cost, smaller, smaller_limit, is_smaller=True)


def refuse_disk(needed: int, free: int) -> None:
    """Raises `NoRoom` where `needed` bytes are more than are free."""
    if needed > free:
        raise NoRoom(f"the run needs about {_gb(needed)} of disk beside what is there, and {_gb(free)} are free")


def check_disk(paths: Paths, order: Order, room: Room | None = None) -> None:
    """Ahead of every run, and cheap: raises `NoRoom` where what lands alone would not fit beside itself."""
    settings = load_settings(paths.shop_yaml)
    refuse_disk(sum(file.size for file in event_files(paths, settings, order)), (room or free_room(paths.data)).disk)


def _similarity(found: Estimate, recommend: Recommend, limit: int) -> SimilarityMemory | None:
    matrix = found.matrix
    try:
        return similarity_memory(
            matrix.n_customers, matrix.degrees, recommend.similar_products, memory_limit_bytes=limit
        )
    except ValueError:  # too little for the most popular product
        return None


def _least(found: Estimate, recommend: Recommend) -> int:
    matrix = found.matrix
    unlimited = similarity_memory(
        matrix.n_customers, matrix.degrees, recommend.similar_products, memory_limit_bytes=1 << 62, n_threads=1
    )
    return unlimited.fixed + 8 * int(matrix.degrees.max(initial=0))


def _rows_table(found: Estimate) -> Table:
    table = Table("feed", "files", "MB", "rows, about")
    for feed in found.feeds:
        table.add_row(feed.name, f"{feed.n_files:,}", f"{feed.size / 1e6:,.1f}", f"{feed.rows:,}")
    return table


def _lines(plan: Plan, room: Room) -> Iterable[str]:
    found, cost, matrix = plan.estimate, plan.needs, plan.estimate.matrix
    days = (found.until - found.since).days + 1 if found.since and found.until else 0
    yield f"Days: {found.since} to {found.until}, {days:,} days." if days else "Days: none."
    yield f"Rows: about {found.counts.new_rows:,} to read, on top of {found.counts.stored_rows:,} stored events."
    yield (
        f"Product similarity: about {len(matrix.degrees):,} products, {matrix.n_customers:,} customers,"
        f" {matrix.n_entries:,} entries, {matrix.multiply_adds / 1e9:,.2f} G multiply-adds ({found.matrix_from});"
        f" {_gb(plan.similarity.peak)} in {plan.n_blocks} blocks."
    )
    if plan.is_smaller:
        yield (
            f"Its blocks are smaller than recommend.memory_gb allows, {_gb(plan.limit)} beside the result: more memory"
            " is not free. The tables are the same."
        )
    yield f"Memory: about {_gb(cost.peak)} at the peak; {_gb(room.memory)} are free."
    yield f"Disk: about {_gb(cost.disk)} more; {_gb(room.disk)} are free."
    yield (
        f"Time: about {timedelta(seconds=round(cost.seconds))}, by rates measured on our build machine with 2 cores;"
        " yours will differ."
    )
    yield "It fits. Nothing was loaded."


def _gb(size: float) -> str:
    return f"{size / GB:,.2f} GB" if size >= GB / 100 else f"{size / 1e6:,.2f} MB"
