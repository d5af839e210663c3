"""What the whole-pipeline benchmarks share: a data folder, one process and what it cost, and a small table.

Here: measuring from outside, a fresh process at a time. Not here: what is run (the scripts beside this one).

Memory is `ru_maxrss` of the child by `os.wait4`. Linux counts into it what the parent held when it started the child,
so these scripts import nothing heavy and leave the making of data to processes of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

SHOP = str(Path(sys.executable).with_name("shop"))
LAST_LINES = 15


@dataclass(frozen=True)
class Cost:
    """What one process took, from its start to its end."""

    seconds: float
    cpu_seconds: float
    peak_gb: float


class ProcessFailedError(Exception):
    """The measured process ended with another status than 0; the message ends with its last lines."""


def run_measured(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run `command` with its output in `log`. Raises `ProcessFailedError`."""
    with log.open("wb") as output:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=os.environ | dict(environment or {}), stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:])
        raise ProcessFailedError(f"{' '.join(command)} ended with status {child.returncode}:\n{last}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def best(costs: Iterable[Cost]) -> Cost:
    """The quietest of several rounds, with the highest peak of all."""
    rounds = list(costs)
    return replace(min(rounds, key=lambda cost: cost.seconds), peak_gb=max(cost.peak_gb for cost in rounds))


def run_shop(data: Path, *arguments: str) -> Cost:
    """`shop ...` in a fresh process over the data folder `data`."""
    return run_measured([SHOP, *arguments], data.parent / "shop.log", {"SHOP_DATA": str(data), "COLUMNS": "200"})


def read_published(data: Path, sql: str) -> list[dict[str, Any]]:
    """Rows of a query on the published file of `data`, by column name."""
    import duckdb

    with duckdb.connect(str(data / "shop.duckdb"), read_only=True) as duck:
        found = duck.execute(sql)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def seconds_by_asset(data: Path) -> dict[str, float]:
    """Seconds of each asset in the newest run, slowest first, from the metadata of its materialisation."""
    import dagster as dg

    home = data / "dagster"
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.get_run_records(limit=1)[0].dagster_run
        kind = dg.DagsterEventType.ASSET_MATERIALIZATION
        found = instance.get_records_for_run(run.run_id, of_type=kind, limit=100_000)
    seconds = {}
    for record in found.records:
        materialization = record.asset_materialization
        if materialization is not None:
            seconds[".".join(materialization.asset_key.path)] = float(str(materialization.metadata["seconds"].value))
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


class Stopwatch:
    """Seconds by part of one process. Parts may lie within one another; each second counts for the innermost."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = time.perf_counter()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] = self.seconds.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What happens inside belongs to `name`."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with its calls counted for `name`."""

        def counted(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*arguments, **named)

        return counted

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """Put the timed function in the place of the one that `owner` (a class or module) has."""
        self.replace(owner, attribute, lambda function: self.timed(name, function))

    @staticmethod
    def replace(owner: Any, attribute: str, change: Callable[[Any], Any]) -> None:
        """Put what `change` makes of `owner.attribute` in its place, in this process only."""
        setattr(owner, attribute, change(getattr(owner, attribute)))


def scratch_folder() -> AbstractContextManager[str]:
    """A temporary folder; TMPDIR says on which disk."""
    return tempfile.TemporaryDirectory(prefix="shop-benchmark-")


def report(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures by name: one line each, or one JSON object."""
    plain = {name: asdict(value) if isinstance(value, Cost) else value for name, value in figures.items()}
    if as_json:
        print(json.dumps(plain, indent=2))
        return
    for name, value in plain.items():
        _print(name, value)


def _print(name: str, value: Any, indent: int = 0) -> None:
    head = f"{' ' * indent}{name}"
    if isinstance(value, Mapping):
        print(f"{head}:")
        for inner, each in value.items():
            _print(str(inner), each, indent + 2)
    else:
        print(f"{head:<60} {f'{value:,.3f}' if isinstance(value, float) else value!s:>14}")
