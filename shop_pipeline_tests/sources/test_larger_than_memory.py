"""A file larger than the memory that DuckDB may take is read, judged and stored: what does not fit goes to disk."""

from datetime import date, datetime
from pathlib import Path

from shop_pipeline.checks import Gate, Part
from shop_pipeline.contracts import FEEDS, TABLES
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed
from shop_pipeline.storage import open_warehouse, set_variables

ROWS = 400_000
MEMORY_GB = 0.12


def test_a_file_larger_than_memory_goes_through_the_gate(tmp_path: Path) -> None:
    """The text alone is 1.5 times the limit; every 1,000th line is broken."""
    path = tmp_path / "events.csv"
    filler = "x" * 400
    with path.open("w") as file:
        file.write("event_at,event_type,product_id,event_id,review_text\n")
        for n in range(ROWS):
            moment = "never" if n % 1000 == 0 else f"2025-01-{n % 28 + 1:02d}T10:00:00Z"
            file.write(f"{moment},view,P{n % 50},E{n},{n}{filler}\n")
    assert path.stat().st_size > 1.4e9 * MEMORY_GB
    duck = open_warehouse(tmp_path / "warehouse.duckdb", memory_gb=MEMORY_GB)
    set_variables(duck, {"run_id": "r", "since": date(2025, 1, 1), "until": date(2025, 1, 31), "as_of": datetime.now()})
    stage_feed(duck, FEEDS["events"], Feed(files="*.csv"), list_files(tmp_path, Feed(files="*.csv")), Shop(), "landed")
    gate = Gate(duck, "r", TABLES["clean.quarantine"], TABLES["ops.check_results"])
    report = gate.write(Part(FEEDS["events"], "FROM landed", is_stored=True))
    assert (report.n_rows, report.set_aside) == (ROWS - ROWS // 1000, {"wrong_type": ROWS // 1000})
    assert duck.execute("SELECT max(_row) FROM raw.events").fetchall() == [(ROWS + 1,)]
    duck.close()
