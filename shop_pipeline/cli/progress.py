"""Live progress of a run, and the table at its end: what was built, what was refused and why, where to query.

Fed by Dagster's own events, so that it tells what the UI tells.
"""

from typing import Any

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..settings import Paths

SKIPPED = "skipped"


class Progress:
    """Collects the events of one run; `names` are the tables that it is to build."""

    def __init__(self, console: Console, names: list[str]) -> None:
        self._console = console
        self._names = names
        self._built: dict[str, dict[str, Any]] = {}
        self._failed: dict[str, str] = {}

    def on_event(self, entry: dg.EventLogEntry) -> None:
        """Called by Dagster for every event of the run, in this process."""
        event = entry.dagster_event
        if event is None:
            return
        if event.is_step_materialization:
            self._on_built(event)
        elif event.is_step_failure:
            self._on_failure(event)
        elif event.is_job_failure and not self._failed:
            self._on_early_end(event)

    def _on_built(self, event: dg.DagsterEvent) -> None:
        materialization = event.step_materialization_data.materialization
        name = ".".join(materialization.asset_key.path)
        if name in self._built:  # one event per partition
            return
        self._built[name] = {key: value.value for key, value in materialization.metadata.items()}
        self._console.print(f"  {len(self._built):>2}/{len(self._names)} {name}: {_told(self._built[name])}")

    def _on_failure(self, event: dg.DagsterEvent) -> None:
        name = (event.step_key or "").replace("__", ".", 1)
        self._failed[name] = _why(event.step_failure_data)
        # Without folding: the message names files and values, which people copy.
        self._console.print(f"  [red]refused[/red] {name}: {escape(self._failed[name])}", soft_wrap=True)

    def _on_early_end(self, event: dg.DagsterEvent) -> None:
        """Nothing was even tried: a resource could not be made."""
        if error := event.job_failure_data.error:
            self._console.print(f"  [red]failed[/red]: {escape(_innermost(error))}", soft_wrap=True)

    def closing_table(self, paths: Paths, seconds: float, *, succeeded: bool) -> None:
        """Print one line per table that was to be built."""
        table = Table("table", "what became of it", "rows", "set aside", "seconds")
        for name in self._names:
            facts = self._built.get(name)
            if facts is not None:
                aside = str(sum(facts["set_aside"].values())) if facts.get("set_aside") else ""
                table.add_row(name, "empty" if "note" in facts else "built", _rows(facts), aside, str(facts["seconds"]))
            else:
                table.add_row(name, escape(self._failed.get(name, SKIPPED)), "", "", "")
        self._console.print(table)
        for name, facts in self._built.items():
            if "advice" in facts:
                self._console.print(f"{name}: {escape(str(facts['advice']))}", soft_wrap=True)
        where = escape(str(paths.published))
        if succeeded:
            self._console.print(f"Published in {seconds:.1f} s: {where}", soft_wrap=True)
            self._console.print('Query it: shop query "FROM marts.recommendations LIMIT 5"')
        else:
            self._console.print(f"[red]Not published[/red]: {where} is as it was. {seconds:.1f} s", soft_wrap=True)


def _rows(facts: dict[str, Any]) -> str:
    return f"{facts['dagster/row_count']:,}"


def _told(facts: dict[str, Any]) -> str:
    aside = sum(facts.get("set_aside", {}).values())
    return f"{_rows(facts)} rows{f', {aside:,} set aside' if aside else ''}, {facts['seconds']} s"


def _why(failure: Any) -> str:
    if failure.user_failure_data and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    return _innermost(failure.error)


def _innermost(error: Any) -> str:
    while error.cause:
        error = error.cause
    return str(error.message).strip()
