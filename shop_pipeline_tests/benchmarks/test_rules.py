"""The benchmark of association rules: how files are read, what is told, and that nothing else is printed."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
REAL = os.environ.get("SHOP_REAL_DATA")
sys.path.insert(0, str(FOLDER))

from rules_data import LARGE_SIZE, N_ITEMS, read_lines, simulated_lines  # noqa: E402

BREAKFAST = "transaction_id,item\n1,bread\n1,butter\n2,bread\n2,butter\n3,salt\n03,NA\n3,salt\n"


def run(*options: str) -> dict[str, Any]:
    """All that is printed, which must be one JSON object."""
    command = [sys.executable, str(FOLDER / "rules.py"), "--json", "--rounds", "1", *options]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(told)
    return found


def test_ids_are_text_and_the_columns_may_stand_anywhere(tmp_path: Path) -> None:
    """007 is not 7, and NA is a name."""
    (tmp_path / "a.csv").write_text(BREAKFAST)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfitem,note,transaction_id\nbread,x,1\nsalt,,01\n"))
    (tmp_path / "c.csv").write_text('order,product\n1,"salt, fine"\n')
    found = [read_lines(str(tmp_path / name)) for name in ("a.csv", "b.csv.gz", "c.csv")]
    assert [(lines.n_baskets, lines.n_items, len(lines.item)) for lines in found] == [(4, 4, 7), (2, 2, 2), (1, 1, 1)]
    (tmp_path / "d.csv").write_text("item\nbread\n")
    with pytest.raises(SystemExit, match="two columns"):
        read_lines(str(tmp_path / "d.csv"))


def test_made_up_baskets_are_as_asked() -> None:
    lines = simulated_lines(50_000, np.random.default_rng(1))
    sizes = np.bincount(lines.basket, minlength=50_000)
    assert sizes.min() >= 1
    assert sizes[sizes < LARGE_SIZE].mean() == pytest.approx(5, abs=0.05)
    assert 20 <= (sizes == LARGE_SIZE).sum() <= 90
    # Zipf: the first item twice as often as the second.
    first, second = np.bincount(lines.item, minlength=N_ITEMS)[:2]
    assert first / second == pytest.approx(2, abs=0.1)


def test_what_is_told(tmp_path: Path) -> None:
    """Bread and butter are in two of four baskets, always together: two rules, lift 1 / .5. Salt and NA are alone."""
    (tmp_path / "a.csv").write_text(BREAKFAST)
    told = run("--baskets", str(tmp_path / "a.csv"), "--support", ".5", "--confidence", ".9", "--peer-seconds", "0")
    assert (told["n_itemsets"], told["n_rules"], told["max_lift"], told["by_length"]) == (3, 2, 2.0, {"2": 2})
    assert (told["n_baskets"], told["n_lines"], told["support_was_raised"]) == (4, 7, False)
    assert told["seconds"] > 0
    assert told["peak_gb"] > 0
    assert "mlxtend" not in told


def test_simulated_baskets_with_a_bound(tmp_path: Path) -> None:
    asked = ("--simulate", "2000", "--support", ".002", "--confidence", ".1", "--peer-seconds", "0")
    told = run(*asked, "--most-itemsets", "50")
    assert (told["n_baskets"], told["support_was_raised"]) == (2000, True)
    assert told["n_itemsets"] <= 50


@pytest.mark.skipif(REAL is None, reason="SHOP_REAL_DATA names no folder")
def test_groceries_beside_mlxtend() -> None:
    """463 rules as arules has them; mlxtend finds the same, some 30 times slower (not asserted: clocks are noisy)."""
    pytest.importorskip("mlxtend")
    path = str(Path(REAL or "") / "groceries" / "groceries.csv")
    told = run("--baskets", path, "--support", ".006", "--confidence", ".25")
    wanted = {"n_itemsets": 747, "n_rules": 463, "by_length": {"2": 150, "3": 297, "4": 16}}
    for side in (told, told["mlxtend"]):
        assert {name: side[name] for name in wanted} == wanted
        assert side["max_lift"] == pytest.approx(3.9565, abs=5e-5)
    assert told["times_as_fast"] > 1
