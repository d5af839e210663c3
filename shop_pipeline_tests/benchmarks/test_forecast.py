"""The benchmark of forecasts: how files are read, what is told, and the official figures of M4 Weekly."""

import json
import os
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(FOLDER))

from forecast import errors_of, main, read_panel, simulate  # noqa: E402

from shop_pipeline.models.forecasting.panel import Panel  # noqa: E402
from shop_pipeline.models.forecasting.smoothing import seasonal_naive  # noqa: E402

REAL_DATA = os.environ.get("SHOP_REAL_DATA")


def options(train: Path, test: Path, season: int = 2, horizon: int = 2) -> Namespace:
    return Namespace(train=train, test=test, season=season, horizon=horizon)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Quoted names, short series that end in empty fields or NA, the test in another order and one value longer."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text('"V1","V2","V3","V4","V5"\n"W1",1,2,3.5,4\n"W2","5","6",,\n"W3",7,8,9,NA\n')
    test.write_text("id,a,b,c\nW3,30,31,32\nW1,10,11,12\nW2,20,21,22\n")
    return train, test


def test_series_end_at_one_clock(files: tuple[Path, Path]) -> None:
    panel, came = read_panel(options(*files))
    nan = np.nan
    np.testing.assert_array_equal(panel.y, [[1, 2, 3.5, 4], [nan, nan, 5, 6], [nan, 7, 8, 9]])
    np.testing.assert_array_equal(came, [[10, 11], [20, 21], [30, 31]])
    assert (panel.season, panel.horizon, panel.non_negative) == (2, 2, True)


def test_files_that_do_not_fit_are_refused(files: tuple[Path, Path]) -> None:
    with pytest.raises(SystemExit, match="fewer than 4"):
        read_panel(options(*files, horizon=4))
    files[1].write_text("id,a,b\nW1,1,2\n")
    with pytest.raises(SystemExit, match="different series"):
        read_panel(options(*files))


def test_errors_by_hand() -> None:
    """Scale at season 2: |3 - 1|, |6 - 2| average 3; at season 1: 1, 1, 3 average 5/3. Errors 2 and 0 average 1."""
    panel = Panel(np.array([[1.0, 2.0, 3.0, 6.0], [np.nan] * 4]), 2, 2)
    found = errors_of(panel, np.array([[4.0, 8.0], [1.0, 1.0]]), np.array([[6.0, 8.0], [np.nan] * 2]))
    assert found["mase"] == pytest.approx(1 / 3)
    assert found["mase_season_1"] == pytest.approx(3 / 5)
    assert found["smape"] == pytest.approx(200 * (2 / 10) / 2)
    assert (found["wape"], found["n_series"]) == (2 / 12, 1)


def test_simulated_days_are_the_same_again() -> None:
    """30 series of two years; a mean of e^1.5 e^(1/2) = 7.4 before the patterns, which add up to about 9."""
    drawn = [simulate(Namespace(simulate=30, season=7, horizon=28, seed=1)) for _ in range(2)]
    np.testing.assert_array_equal(drawn[0][0].y, drawn[1][0].y)
    assert drawn[0][0].y.shape == (30, 730)
    assert drawn[0][1].shape == (30, 28)
    assert 3 < drawn[0][0].y.mean() < 30


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["forecast.py", "--season", "4", "--horizon", "4", *arguments])
    main()


def test_json_is_one_object_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(2)
    for name, width in (("train", 80), ("test", 4)):
        lines = [f"S{row}," + ",".join(f"{value:.2f}" for value in 50 + rng.normal(size=width)) for row in range(5)]
        (tmp_path / f"{name}.csv").write_text("\n".join([",".join(["id", *map(str, range(width))]), *lines]) + "\n")
    call(monkeypatch, "--train", str(tmp_path / "train.csv"), "--test", str(tmp_path / "test.csv"), "--json")
    printed = capfd.readouterr()
    assert printed.out.count("\n") == 1
    assert printed.err == ""
    told = json.loads(printed.out)
    assert told["n_series"] == 5
    assert {"mase", "smape", "wape", "coverage_80", "coverage_95", "seconds", "baseline", "naive"} <= told.keys()
    assert told["models"]["seasonal_naive"] == told["baseline"]
    assert told["mase"] < told["baseline"]["mase"]
    assert sum(told["published"].values()) == 5


@pytest.mark.parametrize(
    "arguments", [(), ("--train", "a.csv"), ("--train", "a.csv", "--test", "b.csv", "--simulate", "3")]
)
def test_either_files_or_a_simulation(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        call(monkeypatch, *arguments)
    assert "either" in capsys.readouterr().err


def test_the_table_names_every_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    call(monkeypatch, "--simulate", "2")
    printed = capsys.readouterr().out
    for word in ("published", "naive", "gradient_boosting", "ets", "Intervals: ", " GB"):
        assert word in printed


@pytest.mark.skipif(not REAL_DATA, reason="SHOP_REAL_DATA names no folder")
def test_official_figures_of_m4_weekly() -> None:
    """Naive: sMAPE 9.161, MASE 2.777 (M4, official). Seasonal naive at season 52: MASE 1.22 (published)."""
    folder = Path(REAL_DATA or "") / "m4_weekly"
    panel, came = read_panel(options(folder / "Weekly-train.csv", folder / "Weekly-test.csv", 52, 13))
    naive = errors_of(panel, came, seasonal_naive(panel.y, 1, 13))
    assert naive["smape"] == pytest.approx(9.161, abs=5e-4)
    assert naive["mase_season_1"] == pytest.approx(2.777, abs=5e-4)
    seasonal = errors_of(panel, came, seasonal_naive(panel.y, 52, 13))
    assert seasonal["mase"] == pytest.approx(1.22, abs=5e-3)
    assert naive["n_series"] == 359
