"""Stage 1, `raw`: the feeds as they landed, typed; what can't be read goes to quarantine.

`raw.events` is filled day by day and reads a landing file again only if the file is new, has changed, or has rows of
the days in question (`ops.landing_files` remembers); a new file that names another day is left for later. The other
feeds are small and read whole. Not here: how a file is read (`sources/`), and what is possible but wrong (`clean`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import dagster as dg
import pandas as pd

from ..checks import Part
from ..contracts import FEEDS, TABLES, Table
from ..settings import Feed
from ..sources.landing import LandingFile, content_hash, list_files
from ..sources.reader import stage_feed
from .gated import Builder, Built, Run, gated_asset

# A file that is still being copied in can be read a moment later. A refusal can't be helped by trying again, and is
# raised as a failure that allows no retry.
RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)
LANDED = "landed_{}"
SPAN = "event_date BETWEEN getvariable('since') AND getvariable('until')"
ONE_DAY = timedelta(days=1)


def assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The ten feeds."""
    events = gated_asset(FEEDS["events"], build_events, (), kinds={"csv"}, partitions=partitions, retry=RETRY)
    others = [table for name, table in FEEDS.items() if name != "events"]
    return [events, *(gated_asset(t, builder_of(t), (), kinds={"csv"}, retry=RETRY) for t in others)]


def builder_of(table: Table) -> Builder:
    def build(run: Run) -> Built:
        feed, files = _files(run, table.name)
        if feed and not files:
            # Unmounted, mistyped or tidied away: no reason to forget what is loaded.
            judged = "NULL::VARCHAR AS _rule, NULL::VARCHAR AS _reason, NULL::VARCHAR AS _source"
            kept = f"SELECT *, {judged} FROM {table.qualified}"
            return Built(kept, refused="false", metadata={"note": f"no file under {feed.files}: stays as it was"})
        landed = _stage(run, table, feed, files)
        note = {} if feed else {"note": f"shop.yaml names no files for the feed {table.name}: the table is empty"}
        return Built(f"SELECT * FROM {landed}", is_stored=True, metadata={"files": len(files)} | note)

    return build


def build_events(run: Run) -> Built:
    """The rows of the run's days from the landing files, and from stored files that have left the landing folder."""
    table = FEEDS["events"]
    feed, files = _files(run, "events")
    if feed is None:
        raise dg.Failure("shop.yaml: feeds.events: the one feed that is needed is missing", allow_retries=False)
    chosen = files if run.is_full else _needed(run, files)
    if run.is_full and not files:
        text = f"feeds.events: no file under {feed.files}: a full refresh would forget everything"
        raise dg.Failure(text, allow_retries=False)
    landed = _stage(run, table, feed, chosen)
    _refuse_impossible_days(run, landed)
    _register(run, "present_files", files)
    _register(run, "read_files", chosen)
    if not run.is_full:
        _keep_stored_rows(run, landed)
    files_read = {"files_read": len(chosen), "files_in_landing": len(files)}
    return Built(
        f"SELECT * FROM {landed} WHERE _rule IS NOT NULL OR {SPAN}",
        (_ledger(landed),),
        refused="file IN (SELECT file FROM read_files)",
        # Bad rows of other days count against all rows of the files, not against those of the run's days alone.
        checked=f"SELECT count(*) FROM {landed} WHERE _file IN (SELECT file FROM read_files)",
        is_stored=True,
        metadata=files_read,
    )


def _files(run: Run, name: str) -> tuple[Feed | None, list[LandingFile]]:
    feed = next((f for named, f in run.session.settings.feeds.items() if named == name), None)
    return feed, list_files(run.session.paths.data, feed) if feed else []


def _stage(run: Run, table: Table, feed: Feed | None, files: Sequence[LandingFile]) -> str:
    target = LANDED.format(table.name)
    stage_feed(run.duck, table, feed or Feed(files=""), files, run.session.settings.shop, target)
    return target


def _needed(run: Run, files: Sequence[LandingFile]) -> list[LandingFile]:
    since, until = _days(run)
    rows = run.duck.execute("SELECT file, fingerprint, first_day, last_day FROM ops.landing_files").fetchall()
    known = {fingerprint for _, fingerprint, *_ in rows}
    # Also of a file that has changed: the rows that its earlier state had of these days are replaced now.
    loaded = {file for file, _, first, last in rows if first is not None and first <= until and last >= since}
    return [
        file
        for file in files
        if file.name in loaded or (file.fingerprint not in known and not _is_of_another_day(run, file))
    ]


def _is_of_another_day(run: Run, file: LandingFile) -> bool:
    """By the day in its name, give or take one: the names may follow another time zone than the shop.

    A day that no run can have says nothing. What such a file has of other days than its name says comes in when the
    file itself comes up as new (`automation/landing_days.py`), whose days are the range of a run then.
    """
    since, until = _days(run)
    named, shop = file.named_date, run.session.settings.shop
    if named is None or not shop.first_day <= named <= datetime.now(shop.zone).date():
        return False
    return not since - ONE_DAY <= named <= until + ONE_DAY


def _days(run: Run) -> tuple[date, date]:
    if run.days is None:
        raise ValueError("raw.events is filled by days")
    return run.days


def _refuse_impossible_days(run: Run, landed: str) -> None:
    """No partition will ever ask for these days, so they are refused as soon as their file is read."""
    run.duck.execute(
        f"""UPDATE {landed} SET
            _rule = CASE WHEN event_date < getvariable('first_day') THEN 'before_first_day' ELSE 'in_the_future' END,
            _reason = 'event_at: ' || event_at,
            _source = to_json({landed})
        WHERE _rule IS NULL AND (event_date < getvariable('first_day') OR event_at > getvariable('now'))"""
    )


def _keep_stored_rows(run: Run, landed: str) -> None:
    """What was loaded from a file that is gone (landing folders are emptied), or left for later, stays.

    But only if a good run had the file: a file that a gate refused, and that was then taken away, must not spoil its
    day for ever.
    """
    run.duck.execute(
        f"INSERT INTO {landed} BY NAME SELECT * FROM raw.events"
        f" WHERE {SPAN} AND _file NOT IN (SELECT file FROM read_files)"
        " AND _file IN (SELECT unnest(json_keys(inputs)) FROM ops.run_manifest)"
    )


def _register(run: Run, name: str, files: Sequence[LandingFile]) -> None:
    hashes = [content_hash(f) for f in files] if name == "read_files" else [""] * len(files)
    frame = pd.DataFrame(
        {"file": [f.name for f in files], "fingerprint": [f.fingerprint for f in files], "sha256": hashes}, dtype="str"
    )
    run.duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} (file VARCHAR, fingerprint VARCHAR, sha256 VARCHAR)")
    run.duck.register("listed_files", frame)
    run.duck.execute(f"INSERT INTO {name} SELECT * FROM listed_files")
    run.duck.unregister("listed_files")


def _ledger(landed: str) -> Part:
    """The read files whose every day is loaded now; a file with days that are not stays unread, and comes up again."""
    source = f"""
        SELECT
            file, fingerprint, sha256, count(_file) AS n_rows, count(_rule) AS n_refused,
            min(event_date) FILTER (_rule IS NULL) AS first_day, max(event_date) FILTER (_rule IS NULL) AS last_day,
            fingerprint IN (SELECT fingerprint FROM ops.landing_files WHERE is_clean) AS is_clean
        FROM read_files LEFT JOIN {landed} ON _file = file
        GROUP BY ALL
        HAVING first_day IS NULL OR (first_day >= getvariable('since') AND last_day <= getvariable('until'))
            OR fingerprint IN (SELECT fingerprint FROM ops.landing_files)"""
    gone = "file NOT IN (SELECT file FROM present_files)"
    return Part(TABLES["ops.landing_files"], source, f"file IN (SELECT file FROM read_files) OR {gone}")
