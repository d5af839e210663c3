"""The two benchmarks of order, as commands, on files whose answers are forced."""

from __future__ import annotations

import json
import subprocess
import sys
from math import log2
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(script: str, *options: object) -> dict[str, Any]:
    command = [sys.executable, str(BENCHMARKS / script), *map(str, options), "--json", "--budget-seconds", "4"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def test_the_only_item_left_is_found(tmp_path: Path) -> None:
    """Four users have had all but pear when they are tested; the fifth, too short to be tested, tells of pear."""
    file = tmp_path / "sequences.txt"
    file.write_text("".join(f"u{n} apple plum pear\n" for n in range(4)) + "short plum pear\n")
    told = run("next_product.py", "--sequences", file)
    assert [told[f"{name}@{k}"] for name in ("hr", "ndcg") for k in (5, 10, 20)] == [1.0] * 6
    assert told["mrr"] == 1.0
    assert (told["n_users"], told["n_items"], told["n_trained_only"]) == (4, 3, 1)
    assert {"seconds", "chosen", "popularity"} <= set(told)
    assert set(told["chosen"]) == {"model", "settings"}


def test_ties_and_repeated_items_count_against_us(tmp_path: Path) -> None:
    """By popularity, the first user's c has one buyer as d has, rank 2; the last user's a was bought before: missed."""
    file = tmp_path / "sequences.txt"
    file.write_text("1 a b c\n2 c\n3 d\n4 a b a\n")
    popularity = run("next_product.py", "--sequences", file)["popularity"]
    assert popularity["hr@5"] == 0.5
    assert popularity["ndcg@10"] == pytest.approx(1 / log2(3) / 2)
    assert popularity["mrr"] == 0.25


def test_what_always_follows_is_found(tmp_path: Path) -> None:
    """After x comes y. Item z is unknown and taken out; the session of one click asks nothing."""
    train, test = tmp_path / "train.csv", tmp_path / "test.tsv"
    train.write_text("Time,SessionId,ItemId\n" + "".join(f"{n}00,{n},x\n{n}10,{n},y\n" for n in range(1, 6)))
    test.write_text(
        "SessionId\tItemId\tTime\nA\ty\t2020-01-01T00:00:09\nA\tx\t2020-01-01T00:00:01\n"
        "A\tz\t2020-01-01T00:00:05\nB\tx\t2020-01-02T00:00:00\n"
    )
    told = run("sessions.py", "--train", train, "--test", test)
    assert [told[f"{name}@{k}"] for name in ("hr", "mrr") for k in (5, 10, 20)] == [1.0] * 6
    assert (told["n_sessions"], told["n_events"], told["n_items"]) == (1, 1, 2)
    # Both items are in all five sessions, and of equals the first is listed first.
    assert told["rivals"]["popularity"]["mrr@20"] == 0.5
