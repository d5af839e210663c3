"""The benchmark of price elasticities: one JSON object, whichever shops are asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "elasticity.py"


def run(*options: str) -> dict[str, Any]:
    """All that is printed, which must be one JSON object."""
    command = [sys.executable, str(PROGRAM), "--json", "--seeds", "1", *options]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(told)
    return found


def test_simulated_shops_are_told_as_one_object() -> None:
    """Half a year of a small shop: every figure is there, and some products speak for themselves."""
    found = run("--days", "180", "--customers", "300", "--products", "40")
    (shop,) = found["shops"]
    assert {"coverage", "coverage_own", "rmse", "rmse_own", "rmse_poisson_units", "rmse_log_units"} <= set(found)
    assert 0 < shop["n_own"] <= shop["n_products"] <= 40
    assert found["coverage"] == shop["coverage"]


def test_where_all_prices_move_together_there_is_nothing_to_tell() -> None:
    found = run("--together", "--days", "364", "--products", "40")
    (shop,) = found["shops"]
    assert shop["none"] == {"n_own": 0, "n_products": 0, "coverage": None, "mean_error": None}
    assert shop["28"]["n_own"] > 30
    assert shop["28"]["coverage"] > 0.8
