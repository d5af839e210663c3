"""What a run costs for its rows: the one place of the measured constants, and their arithmetic.

Here: memory, disk and seconds from counts. Not here: the counts (`plan.py`), the similarity step's own memory
(`models/similarity/top_k.py`).

Measured on 2 cores on 2026-11-21, nothing else running, with `benchmarks/simulated.py --events N` (which prints peak
memory, seconds, and the size of what a run leaves), N = 1,000,000 and 3,000,000; rows of all feeds that it has:

| rows      | peak memory | warehouse | published | seconds |
|-----------|-------------|-----------|-----------|---------|
| 1,254,929 | 1.44 GB     | 133 MB    |  9.2 MB   |  23.6   |
| 3,752,189 | 2.56 GB     | 391 MB    | 22.3 MB   |  46.8   |

To change them: run the two again and draw the lines through the points.
"""

from dataclasses import dataclass

BASE_MEMORY = 870_000_000
"""Interpreter, libraries and compiled kernels: the line through the first column, at no rows."""
MEMORY_PER_NEW_ROW = 450
"""Slope of the same line."""
MEMORY_PER_STORED_ROW = 290
"""One more day on 541,909 stored rows of Online Retail peaks at 1.02 GB (`benchmarks/online_retail.py`)."""
DUCKDB_MEMORY = 4_000_000_000
"""The limit that the run gives the warehouse (`assets/session.py`); beyond it rows go to disk while they are worked
on. 5,000,000 events peak at 3.8 GB."""
BYTES_PER_ENTRY = 20
"""An entry of the interaction matrix, once by its ids' positions and once in rows."""
DISK_PER_ROW = 105
"""Warehouse: 106 and 104 bytes."""
DISK_PER_LISTED_PRODUCT = 45
"""Published file, by rows of marts.recommendations; it was 45 to 30 bytes from the smallest shop to the largest."""
DISK_PER_SIMILAR_ROW = 10
"""In models and in marts, and in each published file: 1,454,783 rows of Online Retail are 14 MB."""
PUBLISHED_COPIES = 3
"""The new file, its kept version, and the one that it replaces."""
DISK_BESIDE = 60_000_000
"""What a shop of a few rows takes: the blocks of each table in the warehouse and in the published files, write-ahead
logs, and Dagster's event log."""
BASE_SECONDS = 12.0
SECONDS_PER_NEW_ROW = 9.3e-6
SECONDS_PER_STORED_ROW = 7.6e-6
"""One more day on 541,909 stored rows of Online Retail takes 16.0 s."""
SECONDS_PER_SIMILAR_ROW = 1.5e-6
"""Writing and checking them: the same rows took 2.2 s beside the search."""
MULTIPLY_ADDS_PER_SECOND = 5.5e8
"""`benchmarks/similarity.py`: 1.7 G in 3.1 s on 2 cores."""


@dataclass(frozen=True)
class Counts:
    """What goes through a run."""

    new_rows: int
    """Read from landing files, all feeds."""
    kept_rows: int
    """Those of them that are of the days of the run."""
    stored_rows: int
    """Events that earlier runs have loaded."""
    n_customers: int
    n_entries: int
    """Of the interaction matrix."""
    multiply_adds: float
    list_length: int
    als_memory: int
    n_measures: int
    """Of product similarity."""
    n_similar: int
    """Rows of models.product_similarity."""


@dataclass(frozen=True)
class Needs:
    """Bytes and seconds; `memory` is the peak without the similarity step, `similarity` what that step adds."""

    memory: int
    similarity: int
    disk: int
    seconds: float

    @property
    def peak(self) -> int:
        return self.memory + self.similarity


def needs(counts: Counts, similarity: int) -> Needs:
    """Memory, disk and time of a run whose similarity step takes `similarity` bytes beside its input."""
    worked_on = counts.new_rows * MEMORY_PER_NEW_ROW + counts.stored_rows * MEMORY_PER_STORED_ROW
    matrix = counts.n_entries * BYTES_PER_ENTRY
    listed = counts.n_customers * counts.list_length * DISK_PER_LISTED_PRODUCT * PUBLISHED_COPIES
    spilled = max(0, worked_on - DUCKDB_MEMORY)
    seconds = (
        BASE_SECONDS
        + counts.new_rows * SECONDS_PER_NEW_ROW
        + counts.stored_rows * SECONDS_PER_STORED_ROW
        # Once for each measure, and for the item neighbours in their table and in the evaluation.
        + (counts.n_measures + 2) * counts.multiply_adds / MULTIPLY_ADDS_PER_SECOND
        + counts.n_similar * SECONDS_PER_SIMILAR_ROW
    )
    similar = counts.n_similar * DISK_PER_SIMILAR_ROW * (2 + PUBLISHED_COPIES)
    # ALS and the similarity step come one after the other: what one needs more than the other is added once.
    memory = BASE_MEMORY + min(worked_on, DUCKDB_MEMORY) + matrix + max(0, counts.als_memory - similarity)
    return Needs(
        memory, similarity, counts.kept_rows * DISK_PER_ROW + listed + similar + spilled + DISK_BESIDE, seconds
    )
