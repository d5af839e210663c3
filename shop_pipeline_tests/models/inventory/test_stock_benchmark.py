"""The benchmark of stock: how a file of sales is read, and that it prints one JSON object."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"
sys.path.insert(0, str(FOLDER))

from stock import read_sales  # noqa: E402


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["product_id,ds,units", *lines]), "utf-8")
    return path


def test_days_without_a_row_are_days_without_a_sale(tmp_path: Path) -> None:
    """Two years from 1 January 2023 on; 002 begins in the replayed year and is left out, 001 sold 2 + 1 on a day."""
    path = write(tmp_path / "sales.csv", "001,2023-01-01,2", "001,2023-01-01,1", "002,2024-06-01,5", "001,2024-12-30,4")
    shop = read_sales(path, (5, 5), np.random.default_rng(1))
    assert shop.demand.shape == (1, 730)
    assert (shop.demand[0, 0], shop.demand[0, -1], shop.demand.sum()) == (3, 4, 7)
    assert shop.lead.tolist() == [5]


def test_a_short_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", "1,2023-01-01,2", "1,2024-12-29,1")
    with pytest.raises(SystemExit, match="729 days"):
        read_sales(path, (5, 5), np.random.default_rng(1))


def test_it_prints_one_json_object() -> None:
    """Four looks a year: the plan is not good at it, but all figures are there."""
    command = [sys.executable, str(FOLDER / "stock.py"), "--products", "1", "--review-days", "90", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told["products"] == 4
    assert told["fixed"]["mean_stock"] >= told["plan"]["mean_stock"]
    assert set(told["plan"]) >= {"service_level", "lost_units", "orders"}
    for kind in ("fast", "slow", "seasonal", "lumpy"):
        assert told[kind]["fixed"]["mean_stock"] >= told[kind]["plan"]["mean_stock"]
