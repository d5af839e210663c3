"""`shop run --plan` against a real run of the sample shop, its refusals, and rows of every kind of file."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from shop_pipeline.cli.costs import Counts, needs
from shop_pipeline.cli.plan import check_disk, fit, show_plan
from shop_pipeline.cli.plan_counts import Estimate, estimate
from shop_pipeline.cli.run import Order
from shop_pipeline.models.similarity.size import MatrixSize
from shop_pipeline.models.similarity.top_k import similarity_memory
from shop_pipeline.sections import Recommend
from shop_pipeline.settings import Paths, load_settings
from shop_pipeline.storage import NoRoom, Room
from shop_pipeline_tests.pipeline.finished import FinishedShop
from shop_pipeline_tests.pipeline.grown import GrownShop
from shop_pipeline_tests.robustness.folder import Shop

ENOUGH = Room(disk=1 << 40, memory=1 << 40)


def landed(shop: FinishedShop, folder: Path) -> Paths:
    """The files and settings of the finished shop, as if it had never run."""
    paths = Paths(folder)
    shutil.copytree(shop.paths.landing, paths.landing)
    shutil.copy(shop.paths.shop_yaml, paths.shop_yaml)
    return paths


def test_rows_are_within_ten_percent(grown_shop: GrownShop) -> None:
    for feed in grown_shop.estimate.feeds:
        ((real,),) = grown_shop.rows(
            f"SELECT (SELECT count(*) FROM raw.{feed.name})"
            f" + (SELECT count(*) FROM clean.quarantine WHERE table_name = 'raw.{feed.name}')"
        )
        assert real > 0
        assert feed.rows == pytest.approx(real, rel=0.10), feed.name


def test_days_are_those_of_the_run(grown_shop: GrownShop) -> None:
    """The first and the last file are always in the sample, and late events are earlier than their file's day."""
    found = grown_shop.rows("SELECT min(event_date), max(event_date) FROM raw.events")
    assert [(grown_shop.estimate.since, grown_shop.estimate.until)] == found


def test_the_matrix_is_of_the_right_size(grown_shop: GrownShop) -> None:
    """Products within a fifth, customers and entries within half as much again, multiply-adds within four times."""
    ((customers, products, entries),) = grown_shop.rows(
        "SELECT count(DISTINCT customer_id), count(DISTINCT product_id), count(*) FROM features.interactions"
    )
    squares = "SELECT sum(n * n) FROM (SELECT count(*) AS n FROM features.interactions GROUP BY customer_id)"
    ((multiply_adds,),) = grown_shop.rows(squares)
    found = grown_shop.estimate.matrix
    assert len(found.degrees) == pytest.approx(products, rel=0.2)
    assert 1 / 1.5 < found.n_customers / customers < 1.5
    assert 1 / 1.5 < found.n_entries / entries < 1.5
    assert 1 / 4 < found.multiply_adds / multiply_adds < 4


def test_disk_and_memory_are_within_a_factor_of_two(grown_shop: GrownShop) -> None:
    settings = load_settings(grown_shop.paths.shop_yaml)
    plan = fit(grown_shop.estimate, settings.recommend, ENOUGH)
    assert 0.5 < plan.needs.disk / grown_shop.disk < 2
    if grown_shop.peak:  # Linux says
        assert 0.5 < plan.needs.peak / grown_shop.peak < 2


def test_after_a_run_the_matrix_is_counted_and_not_guessed(grown_shop: GrownShop) -> None:
    """No new file: the newest day is read again from its file, and the stored matrix grows by nothing."""
    found = estimate(grown_shop.paths, load_settings(grown_shop.paths.shop_yaml), Order())
    ((last, entries, multiply_adds),) = grown_shop.rows(
        """SELECT (SELECT max(event_date) FROM raw.events), (SELECT count(*) FROM features.interactions),
        (SELECT sum(n * n) FROM (SELECT count(*) AS n FROM features.interactions GROUP BY customer_id))"""
    )
    assert (found.since, found.until) == (last, last)
    assert (found.matrix.n_entries, found.matrix.multiply_adds) == (entries, multiply_adds)
    assert found.matrix_from.startswith("from the last run")
    ((again, stored),) = grown_shop.rows(
        f"""SELECT (SELECT sum(n_rows) FROM ops.landing_files
            WHERE first_day <= DATE '{last}' AND last_day >= DATE '{last}'), (SELECT count(*) FROM clean.events)"""
    )
    others = sum(feed.rows for feed in found.feeds if feed.name != "events")
    assert found.counts.new_rows == others + again
    assert found.counts.stored_rows == stored - again


def test_given_days_count_their_part_of_the_rows(grown_shop: GrownShop) -> None:
    """The second half of the days has about half of the events; --full reads all files all the same."""
    settings, days = load_settings(grown_shop.paths.shop_yaml), grown_shop.estimate
    assert days.since is not None
    assert days.until is not None
    middle = days.since + (days.until - days.since) / 2
    found = estimate(grown_shop.paths, settings, Order(since=middle, full=True))
    assert found.since == middle
    assert found.feeds[0].rows == days.feeds[0].rows
    ((kept,),) = grown_shop.rows(f"SELECT count(*) FROM raw.events WHERE event_date >= DATE '{middle}'")
    others = sum(feed.rows for feed in found.feeds if feed.name != "events")
    assert found.counts.kept_rows - others == pytest.approx(kept, rel=0.15)


def test_a_plan_loads_nothing(finished_shop: FinishedShop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = landed(finished_shop, tmp_path)
    before = sorted(paths.data.rglob("*"))
    assert show_plan(paths, Order(), ENOUGH) == 0
    assert sorted(paths.data.rglob("*")) == before
    said = " ".join(capsys.readouterr().out.split())
    assert "It fits. Nothing was loaded." in said
    assert "1,099.51 GB are free" in said


# 1,000 products, of which the most popular has 50,000 of 100,000 customers; 5,000,000 entries, so that the similarity
# step would like lists of 8 x 5,000,000 = 40 MB.
DEGREES = np.full(1000, 4954, np.int64)
DEGREES[0] = 50_000
MATRIX = MatrixSize(DEGREES, 100_000, 1e9)
COUNTS = Counts(
    new_rows=1_000_000, kept_rows=1_000_000, stored_rows=0, n_customers=100_000, n_entries=MATRIX.n_entries,
    multiply_adds=1e9, list_length=20, als_memory=0, n_measures=0, n_similar=0,
)  # fmt: skip
LARGE = Estimate((), None, None, COUNTS, MATRIX, "made up")
WANTED = similarity_memory(100_000, DEGREES, 50, memory_limit_bytes=2**30)
PEAK = needs(COUNTS, WANTED.peak).peak


def test_a_disk_that_is_too_small_is_refused() -> None:
    disk = needs(COUNTS, WANTED.peak).disk
    assert fit(LARGE, Recommend(), Room(disk, PEAK)).needs.disk == disk
    with pytest.raises(NoRoom, match=r"the run needs about 0\.\d\d GB of disk beside what is there, and .* are free"):
        fit(LARGE, Recommend(), Room(disk - 1, PEAK))


def test_memory_gb_that_is_too_small_is_refused_with_what_would_do() -> None:
    """One list of 50,000 entries takes 400,000 bytes; the rest are the working arrays of one thread."""
    least = similarity_memory(100_000, DEGREES, 50, memory_limit_bytes=2**30, n_threads=1).fixed + 8 * 50_000
    assert fit(LARGE, Recommend(memory_gb=least / 2**30), ENOUGH).n_blocks > 1
    with pytest.raises(NoRoom, match=r"needs at least .* for 1,000 products, and recommend\.memory_gb of shop\.yaml"):
        fit(LARGE, Recommend(memory_gb=(least - 1) / 2**30), ENOUGH)


def test_smaller_blocks_where_they_are_enough() -> None:
    """30 MB too few: blocks of what is left, and the plan says so. Without even one list left, it is refused."""
    whole = fit(LARGE, Recommend(), Room(1 << 40, PEAK))
    assert (whole.is_smaller, whole.n_blocks) == (False, 1)
    smaller = fit(LARGE, Recommend(), Room(1 << 40, PEAK - 30_000_000))
    assert smaller.is_smaller
    assert smaller.n_blocks > 1
    assert smaller.needs.peak <= PEAK - 30_000_000
    with pytest.raises(NoRoom, match="Smaller similarity blocks would not be enough"):
        fit(LARGE, Recommend(), Room(1 << 40, PEAK - WANTED.lists))


def test_more_rows_take_more_of_everything() -> None:
    small, large = needs(COUNTS, 0), needs(replace(COUNTS, new_rows=2_000_000, kept_rows=2_000_000), 0)
    assert (large.memory - small.memory, large.disk - small.disk) == (450 * 1_000_000, 105 * 1_000_000)
    assert large.seconds > small.seconds
    # The warehouse's own limit, 4 GB: what is over it goes to disk while it is worked on.
    huge = needs(replace(COUNTS, new_rows=10_000_000, kept_rows=10_000_000), 0)
    assert huge.memory - small.memory == 4_000_000_000 - 450 * 1_000_000
    assert huge.disk - small.disk == 105 * 9_000_000 + 4_500_000_000 - 4_000_000_000


def test_the_command_refuses_with_status_2(finished_shop: FinishedShop, tmp_path: Path) -> None:
    paths = landed(finished_shop, tmp_path)
    text = paths.shop_yaml.read_text("utf-8")
    paths.shop_yaml.write_text(f"{text}\nrecommend: {{memory_gb: 0.000001}}\n", "utf-8")
    refused = Shop(paths.data).call("run", "--plan")
    assert refused.exit_code == 2
    assert "recommend.memory_gb of shop.yaml gives it 0.00 MB" in refused.output


def test_a_run_does_not_start_where_the_files_alone_would_not_fit(finished_shop: FinishedShop, tmp_path: Path) -> None:
    paths = landed(finished_shop, tmp_path)
    size = sum(file.stat().st_size for file in (paths.landing / "events").rglob("*.csv"))
    check_disk(paths, Order(), Room(size, 0))
    with pytest.raises(NoRoom, match="of disk beside what is there"):
        check_disk(paths, Order(), Room(size - 1, 0))


ROWS = 150_000
EVENTS = f"""SELECT TIMESTAMP '2025-01-01' + INTERVAL 1 MINUTE * i AS event_at, 'view' AS event_type,
    'P' || i % 50 AS product_id, 'E' || i AS event_id, repeat('x', (i % 97)::INTEGER) AS channel
    FROM range({ROWS}) AS numbers(i)"""
WRITERS: dict[str, Callable[[Path], str]] = {
    "a.csv": lambda path: f"COPY ({EVENTS}) TO '{path}' (HEADER)",
    "a.csv.gz": lambda path: f"COPY ({EVENTS}) TO '{path}' (HEADER, COMPRESSION gzip)",
    "a.csv.zst": lambda path: f"COPY ({EVENTS}) TO '{path}' (HEADER, COMPRESSION zstd)",
    "a.jsonl": lambda path: f"COPY ({EVENTS}) TO '{path}' (FORMAT json)",
    "a.parquet": lambda path: f"COPY ({EVENTS}) TO '{path}' (FORMAT parquet)",
}


@pytest.mark.parametrize("name", WRITERS)
def test_rows_of_one_large_file_of_each_kind(tmp_path: Path, name: str) -> None:
    """150,000 rows of uneven length, 15 MB as text: more than is looked at. Parquet says it to the row."""
    paths = Paths(tmp_path)
    paths.landing.mkdir()
    duckdb.connect().execute(WRITERS[name](paths.landing / name))
    feeds = {"shop": {"currency": "GBP"}, "feeds": {"events": {"files": "landing/*"}}}
    paths.shop_yaml.write_text(json.dumps(feeds), "utf-8")
    found = estimate(paths, load_settings(paths.shop_yaml), Order())
    assert found.feeds[0].rows == pytest.approx(ROWS, rel=0 if name.endswith("parquet") else 0.10)
    if name == "a.csv":  # read from its end, too; of a packed file only the beginning is known
        assert str(found.until) == "2025-04-15"


def test_a_few_files_of_another_kind_are_not_left_out(tmp_path: Path) -> None:
    """30 files of 100 rows as CSV, and two as JSON lines, in the middle of them: 3,200 rows."""
    paths = Paths(tmp_path)
    paths.landing.mkdir()
    some = f"SELECT * FROM ({EVENTS}) LIMIT 100"
    for n in range(32):
        kind = "(FORMAT json)" if n in (14, 15) else "(HEADER)"
        name = f"{n:02}.{'jsonl' if n in (14, 15) else 'csv'}"
        duckdb.connect().execute(f"COPY ({some}) TO '{paths.landing / name}' {kind}")
    paths.shop_yaml.write_text(json.dumps({"feeds": {"events": {"files": "landing/*"}}}), "utf-8")
    assert estimate(paths, load_settings(paths.shop_yaml), Order()).feeds[0].rows == 3200


def test_products_and_customers_of_a_sample_are_not_taken_for_all(tmp_path: Path) -> None:
    """600,000 rows at random over 400,000 products and 500,000 customers, 35 MB: a ninth is looked at."""
    paths = Paths(tmp_path)
    paths.landing.mkdir()
    with duckdb.connect() as duck:
        duck.execute("SELECT setseed(0.5)").fetchall()
        duck.execute(
            """CREATE TABLE made AS SELECT TIMESTAMP '2025-01-01' + INTERVAL 20 SECOND * i AS event_at,
            'view' AS event_type, 'P' || floor(random() * 400000)::INTEGER AS product_id,
            'C' || floor(random() * 500000)::INTEGER AS customer_id, 'E' || i AS event_id
            FROM range(600000) AS numbers(i)"""
        )
        duck.execute(f"COPY made TO '{paths.landing / 'a.csv'}' (HEADER)")
        counted = duck.execute("SELECT count(DISTINCT product_id), count(DISTINCT customer_id) FROM made").fetchone()
    assert counted is not None
    paths.shop_yaml.write_text(json.dumps({"feeds": {"events": {"files": "landing/*"}}}), "utf-8")
    found = estimate(paths, load_settings(paths.shop_yaml), Order()).matrix
    for guess, truth in zip((len(found.degrees), found.n_customers), counted, strict=True):
        assert 1 / 1.3 < guess / truth < 1.3


GOOD = "event_at,event_type,product_id,event_id\n2025-01-01T10:00:00Z,view,P1,E1\n"
HEADER_ONLY = GOOD.splitlines(keepends=True)[0]
FEED = {"events": {"files": "landing/*.csv"}}


@pytest.mark.parametrize(
    ("files", "settings", "options", "said"),
    [
        ({}, {"feeds": FEED}, (), "feeds.events: no file under landing/*.csv holds an event"),
        ({"a.csv": HEADER_ONLY}, {"feeds": FEED}, (), "feeds.events: no file under landing/*.csv holds an event"),
        ({"a.csv": GOOD}, None, (), "feeds.events: the one feed that is needed is missing"),
        ({"a.csv": GOOD}, {}, (), "feeds.events: the one feed that is needed is missing"),
        ({"a.csv": GOOD}, {"feeds": FEED, "limits": {"no_such": 0.5}}, (), "limits: ['no_such']: no such row rule"),
        ({"a.csv": GOOD}, {"feeds": {"events": {**FEED["events"], "format": "nix"}}}, (), "nix"),
        ({"a.csv": GOOD}, {"feeds": FEED}, ("--until", "2024-12-31"), "--since 2025-01-01 is after --until 2024-12-31"),
        ({"a.csv": GOOD}, {"feeds": FEED}, ("--until", "2999-01-01"), "--until 2999-01-01 is after today"),
    ],
)
def test_what_a_run_refuses_at_once_its_plan_refuses_in_the_same_words(
    tmp_path: Path, files: dict[str, str], settings: dict[str, object] | None, options: tuple[str, ...], said: str
) -> None:
    paths = Paths(tmp_path)
    paths.landing.mkdir()
    for name, text in files.items():
        (paths.landing / name).write_text(text, "utf-8")
    if settings is not None:
        paths.shop_yaml.write_text(json.dumps(settings), "utf-8")
    planned, run = Shop(tmp_path).call("run", "--plan", *options), Shop(tmp_path).call("run", *options)
    assert (planned.exit_code, run.exit_code) == (2, 2)
    assert said in planned.output
    assert planned.output == run.output


def test_a_plan_of_an_empty_folder_tells_of_the_sample_shop_and_makes_none(tmp_path: Path) -> None:
    planned = Shop(tmp_path).call("run", "--plan")
    assert planned.exit_code == 0
    said = " ".join(planned.output.split())
    assert "would make a sample shop of 180 days, 5,000 customers and 800 products there" in said
    assert not (tmp_path / "landing").exists()
    assert not (tmp_path / "shop.yaml").exists()


def test_a_first_day_after_the_files_moves_the_last_along_as_in_a_run(tmp_path: Path) -> None:
    """`--since` alone asks for that day at least: nothing to load there, but no wrong order."""
    paths = Paths(tmp_path)
    paths.landing.mkdir()
    (paths.landing / "a.csv").write_text(GOOD, "utf-8")
    paths.shop_yaml.write_text(json.dumps({"feeds": FEED}), "utf-8")
    assert Shop(tmp_path).call("run", "--plan", "--since", "2025-02-01").exit_code == 0
