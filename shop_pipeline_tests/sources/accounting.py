"""Files on disk to `clean.events` through every gate, in a real warehouse, and the books that have to balance.

Here: one warehouse for many small loads, and what must hold of each of them: rows in = rows kept + rows in quarantine
+ rows dropped, file by file; or a refusal that says why and changes nothing. Not here: the files (`dirty_files`), and
what is asked of them (`test_properties`).
"""

import logging
from collections import Counter
from collections.abc import Mapping
from shutil import rmtree
from typing import Any

from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.raw import build_events
from shop_pipeline.assets.session import FULL_REFRESH_TAG, Session
from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline.checks import GateRefused, Part, Report
from shop_pipeline.contracts import FEEDS, TABLES
from shop_pipeline.contracts.feeds import ORIGIN
from shop_pipeline.settings import Feed, Paths, ShopSettings
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed
from shop_pipeline.storage import drop_scratch
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

SMALL_FEEDS = ("products", "rates")
CLEAN = ("clean.products", "clean.prices", "clean.rates", "clean.events")
STORED = ("raw.events", "raw.products", "raw.rates", *CLEAN, "clean.quarantine", "ops.landing_files")
SETTINGS = ShopSettings.model_validate(
    {
        "shop": {"timezone": "Europe/London", "currency": "GBP", "first_day": "2011-01-01"},
        "feeds": {feed: {"files": f"{feed}/*"} for feed in ("events", *SMALL_FEEDS)},
    }
)
GOOD = b"event_id,event_at,event_type,product_id\nbefore,2024-02-02T10:00:00Z,view,P0\n"
"""What is loaded before every load, and has to be there after a refusal."""
Files = Mapping[str, bytes]
"""Content by name, such as events/a.csv."""
Counts = dict[tuple[str, str | None], int]
"""Rows by file and rule; None is the rule of good rows."""


class Books:
    """Loads files into one warehouse again and again."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.duck, self.data = bench, bench.duck, bench.session.paths.data / "data"
        bench.session = Session(bench.duck, bench.gate, Paths(self.data), SETTINGS, "run-1")
        bench.set(since=SETTINGS.shop.first_day, until=AS_OF.date().replace(year=2100))
        bench.set(first_day=SETTINGS.shop.first_day, currency="GBP")
        self._write({"events/good.csv": GOOD})
        assert self._load() is None
        self.duck.execute("CREATE SCHEMA before")
        for name in STORED:
            self.duck.execute(f"CREATE TABLE before.{name.replace('.', '_')} AS FROM {name}")

    def load(self, files: Files) -> GateRefused | None:
        """Everything from the landing folder to `clean.events`. Raises `LandingError`; a refusal ends the load.

        The sums are checked on the way, whatever comes of it.
        """
        for name in STORED:
            self.duck.execute(f"DELETE FROM {name}")
            self.duck.execute(f"INSERT INTO {name} FROM before.{name.replace('.', '_')}")
        self._write(files)
        return self._load()

    def rows_in(self) -> Counter[str]:
        """Rows of `raw.events` and its quarantine by file: what came in, as it was judged first."""
        return Counter(dict(self.bench.rows("SELECT file, n_rows FROM ops.landing_files")))

    def _write(self, files: Files) -> None:
        rmtree(self.data, ignore_errors=True)
        for name, content in files.items():
            path = self.data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _load(self) -> GateRefused | None:
        try:
            for feed in SMALL_FEEDS:
                self._write_raw(feed)
            built = build_events(Run(self.bench.session, AS_OF, None, {FULL_REFRESH_TAG: ""}, logging.getLogger()))
            part = Part(TABLES["raw.events"], built.source, refused=built.refused, checked=built.checked)
            self._write_checked(part, self._counted("landed_events"), *built.companions)
            for name in CLEAN:
                self._write_clean(name)
        except GateRefused as refusal:
            return refusal
        finally:
            drop_scratch(self.duck)
        return None

    def _write_raw(self, feed: str) -> None:
        given = Feed(files=f"{feed}/*")
        landed = f"landed_{feed}"
        stage_feed(self.duck, FEEDS[feed], given, list_files(self.data, given), SETTINGS.shop, landed)
        self._write_checked(Part(FEEDS[feed], f"SELECT * FROM {landed}"), self._counted(landed))

    def _write_clean(self, name: str) -> None:
        part = Part(TABLES[name], sql_text(name))
        if not TABLES[name].row_rules:
            self.bench.gate.write(part)
            return
        judged = self._counted(f"({part.source}) WHERE _file IS NOT NULL")
        came = dict(self.bench.rows(f"SELECT _file, count(*) FROM raw.{name.split('.')[1]} GROUP BY 1"))
        if came or name != "clean.products":  # which is made of events where no feed is
            assert by_file(judged) == came
        self._write_checked(part, judged)
        if name == "clean.events":
            self._check_duplicates()

    def _check_duplicates(self) -> None:
        """Of equal rows exactly one is not dropped."""
        columns = ", ".join(c.name for c in FEEDS["events"] if c not in ORIGIN)
        judged = (
            "raw.events JOIN (SELECT _file, _row, _part, _rule FROM arrived_clean_events) USING (_file, _row, _part)"
        )
        dropped = "count_if(_rule IS NOT DISTINCT FROM 'exact_duplicate')"
        counts = f"{dropped} AS dropped, count(*) AS n, count_if(_rule IS NULL) AS kept"
        found = f"SELECT {counts} FROM {judged} GROUP BY {columns}"
        assert self.bench.rows(f"FROM ({found}) WHERE dropped = n OR kept > 1") == []

    def _counted(self, relation: str) -> Counts:
        return {
            (f, rule): n
            for f, rule, n in self.bench.rows(f"SELECT _file, _rule, count(*) FROM {relation} GROUP BY ALL")
        }

    def _write_checked(self, part: Part, judged: Counts, *companions: Part) -> None:
        before = self.state()
        try:
            report = self.bench.gate.write(part, *companions)
        except GateRefused as refusal:
            assert self.state() == before, "a refusal changed something"
            check_refusal(refusal, judged)
            raise
        self._check_taken(report, judged)

    def _check_taken(self, report: Report, judged: Counts) -> None:
        name = report.table.qualified
        dropped = {rule.name for rule in report.table.row_rules if rule.dropped}
        quarantined = f"SELECT file, rule, count(*) FROM clean.quarantine WHERE table_name = '{name}' GROUP BY ALL"
        stands = {(file, rule): n for file, rule, n in self.bench.rows(quarantined)}
        assert stands == {key: n for key, n in judged.items() if key[1] is not None and key[1] not in dropped}
        if name.startswith("raw."):
            stored = dict(self.bench.rows(f"SELECT _file, count(*) FROM {name} GROUP BY 1"))
            assert stored == {file: n for (file, rule), n in judged.items() if rule is None}
        kept = self.bench.rows(f"SELECT count(*) FROM {name}")[0][0]
        told = sum(n for rule, n in report.set_aside.items() if rule in dropped)
        if name != "clean.products":  # it also keeps what has left the feed
            assert kept + sum(stands.values()) + told == sum(judged.values())

    def state(self) -> list[Any]:
        """All stored rows but the outcomes of checks."""
        return [self.bench.rows(f"FROM {name} ORDER BY ALL") for name in STORED]


def by_file(counts: Counts) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (file, _), n in counts.items():
        total[file] += n
    return dict(total)


def check_refusal(refusal: GateRefused, judged: Counts) -> None:
    """Only shares of row rules refuse what has landed; the message names each, with its count and a place."""
    rules = {rule.name: rule for rule in refusal.report.table.row_rules}
    assert refusal.report.refusing
    total = sum(judged.values())
    for outcome in refusal.report.refusing:
        assert outcome.rule in rules, f"no row rule has caught this: {refusal}"
        found = {file: n for (file, rule), n in judged.items() if rule == outcome.rule}
        n_failed = sum(found.values())
        assert n_failed > rules[outcome.rule].limit * total
        assert f"{outcome.rule}: {n_failed} of {total} rows" in str(refusal)
        assert any(file in str(refusal) for file in found)
    assert f"{refusal.report.table.qualified} was refused and is as it was" in str(refusal)
