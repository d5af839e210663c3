"""The benchmark of lifetime value: how files are read and split, what is told, and that the peer can't stop it."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.value_model import fit_value

FOLDER = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(FOLDER))

from children import Answer  # noqa: E402
from clv import rivals_of  # noqa: E402
from clv_peer import beside  # noqa: E402
from transactions import TRUTH, Lines, read_lines, simulated_days, simulated_lines, split  # noqa: E402

NAMES = ("who", "when", "paid")


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "clv.py"), *options, "--peer-seconds", "0"]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("who,when,paid\n007,2020-01-02,1.5\n7,2020-01-03,2\n", NAMES),
        ("who;note;when;paid\n007;a, b;2020-01-02 23:59:00;1.5\n7;;2020-01-03 00:00:00;2\n", NAMES),
        (" 007 1 20200102  9    1.5\n   7 1 20200103 10    2\n", ("1", "3", "5")),
        ('"who","when","paid"\n"007","2020-01-02T10:00:00Z","1.5"\n"7","2020-01-03T10:00:00Z","2"\n', ("1", "2", "3")),
        ("\ufeffwho\tunits\tprice\twhen\n007\t3\t.5\t1/2/2020\n7\t1\t2\t1/3/2020\n", ("who", "when", "units*price")),
    ],
)
def test_layouts(tmp_path: Path, text: str, columns: tuple[str, str, str]) -> None:
    """Two customers, who stay two: 007 is not 7."""
    for path, content in (("file.txt", text.encode()), ("file.txt.gz", gzip.compress(text.encode()))):
        (tmp_path / path).write_bytes(content)
        found = read_lines(str(tmp_path / path), columns)
        assert found.customer.tolist() == [0, 1]
        assert found.day.tolist() == [day("2020-01-02").item(), day("2020-01-03").item()]
        assert found.amount.tolist() == [1.5, 2]


def test_parquet_and_folders_and_what_is_left_out(tmp_path: Path) -> None:
    table = pd.DataFrame({"who": ["a", None, "b"], "when": pd.Timestamp("2020-01-02 15:00"), "paid": [1.0, 2, 3]})
    table.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("paid,when,who\n,2020-01-05,a\n5,2020-01-05,a\n")
    found = read_lines(str(tmp_path), NAMES)
    assert (found.customer.tolist(), found.amount.tolist(), found.n_left_out) == ([0, 1, 0], [1, 3, 5], 2)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("who,when\na,2020-01-01\n")
    with pytest.raises(ValueError, match=r"file\.csv has no column paid, but who, when"):
        read_lines(str(tmp_path / "file.csv"), NAMES)


@pytest.mark.parametrize(
    "dates",
    [
        ("2024-03-30T23:30:00+01:00", "2024-07-01T00:30:00+02:00"),  # summer time began between them
        ("2024-03-30", "2024-07-01 10:00:00"),
        ("2024-03-30 23:30:00.123", "2024-07-01T00:30Z"),
        ("03/30/2024 23:30:00 +01:00", "07/01/2024 00:30:00 +02:00"),
        ("20240330", "20240701"),
    ],
)
def test_the_day_is_the_one_that_is_written(tmp_path: Path, dates: tuple[str, str]) -> None:
    """Half past midnight in summer is the day of the till, not the day before, as in UTC."""
    (tmp_path / "a.csv").write_text(f"who,when,paid\na,{dates[0]},1\nb,,1\na,{dates[1]},2\n")
    found = read_lines(str(tmp_path / "a.csv"), NAMES)
    assert found.day.tolist() == [day("2024-03-30").item(), day("2024-07-01").item()]
    assert found.n_left_out == 1


def test_days_of_parquet(tmp_path: Path) -> None:
    """Whole numbers, which a gap makes broken ones, and times with a zone: the day there."""
    whole = pd.DataFrame({"who": "a", "when": [20240330, None, 20240701], "paid": 1.0})
    zoned = whole.assign(
        when=pd.to_datetime(["2024-03-29T23:30Z", None, "2024-06-30T22:30Z"]).tz_convert("Europe/Rome")
    )
    for table in (whole, zoned):
        table.to_parquet(tmp_path / "a.parquet")
        found = read_lines(str(tmp_path / "a.parquet"), NAMES)
        assert found.day.tolist() == [day("2024-03-30").item(), day("2024-07-01").item()]


def test_spaces_around_names_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("who , when, units ,price\na,2020-01-02,3,.5\n")
    assert read_lines(str(tmp_path / "a.csv"), (" who", "when ", "units * price")).amount.tolist() == [1.5]
    pd.DataFrame({"who ": ["a"], " when": ["2020-01-02"], "paid": [1.5]}).to_parquet(tmp_path / "a.parquet")
    assert read_lines(str(tmp_path / "a.parquet"), ("who", "when", " paid")).amount.tolist() == [1.5]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('a,2020-01-02,"2,503.00"', "b.csv: column paid has '2,503.00', which is no number"),
        ("a,2020-01-02,$25.03", "b.csv: column paid has '$25.03', which is no number"),
        ("a,2020-01-02,inf", "b.csv: column paid has 'inf', which is no number"),
        ("a,2020-02-30,1", "b.csv: column when has '2020-02-30', which is no day"),
        ("a,44197,1", "b.csv: column when has '44197', which is no day"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, row: str, told: str) -> None:
    (tmp_path / "a.csv").write_text("who,when,paid\na,2020-01-01,1\n")
    (tmp_path / "b.csv").write_text(f"when,paid,who\n2020-01-01,1,a\n{row[2:]},a\n")
    with pytest.raises(ValueError, match=re.escape(told)):
        read_lines(str(tmp_path), NAMES)


@pytest.mark.parametrize("text", ['{"who": 1, "when": "2020-01-02", "paid": 1}\n', '[{"who": 1}]', "[\n{}\n]\n"])
def test_json_is_said_to_be_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(ValueError, match=r"a\.jsonl is JSON, which is not read"):
        read_lines(str(tmp_path / "a.jsonl"), NAMES)


def test_what_counts_as_a_purchase() -> None:
    """Histories to 01-20. a: 01-01, a returned 01-04, a free 01-06 and 01-11 of 8 + 2; b: two free days; c comes later.

    a bought twice again, for 10 in all; of b, whose repeat was free, one purchase is left.
    """
    rows = [
        ("a", "2020-01-01", 4), ("a", "2020-01-04", -3), ("a", "2020-01-06", 0), ("a", "2020-01-11", 8),
        ("a", "2020-01-11", 2), ("a", "2020-01-20", -1), ("a", "2020-01-21", 6), ("a", "2020-01-22", -6),
        ("b", "2020-01-10", 0), ("b", "2020-01-12", 0), ("c", "2020-01-21", 9), ("a", "2020-02-01", 50),
    ]  # fmt: skip
    who, days, amount = zip(*rows, strict=True)
    lines = Lines(np.array([ord(each) for each in who]), np.array([day(d) for d in days]), np.array(amount, float), 0)
    found = split(lines, day("2020-01-20"), day("2020-01-31"))
    histories = found.calibration
    assert histories.frequency.tolist() == [2, 0]
    assert histories.recency.tolist() == [10, 0]
    assert histories.age.tolist() == [19, 10]
    assert histories.spend[0] == 5
    assert np.isnan(histories.spend[1])
    assert (found.outcome.purchases.tolist(), found.outcome.revenue.tolist()) == ([1, 0], [6, 0])
    assert found.horizon == 11


def test_simulated_buyers_are_those_of_the_published_parameters() -> None:
    """A purchase costs p v / (q - 1) = 35.17 on the mean; how many there are, BG/NBD says for each age.

    A little fewer than that, for two purchases of one day are one.
    """
    lines = simulated_lines(20_000, np.random.default_rng(0))
    end, last = simulated_days()
    assert lines.day.max() <= last
    found = split(lines, end, last)
    assert (len(found.calibration), found.horizon) == (20_000, 273)
    assert lines.amount.mean() == pytest.approx(35.17, rel=0.03)
    model = BgNbd(TRUTH["r"], TRUTH["alpha"], TRUTH["a"], TRUTH["b"])
    expected = np.mean([model.expected_purchases_of_a_new_customer(week) for week in np.arange(27.5, 39)])
    assert 0.92 * expected < found.calibration.frequency.mean() < 1.02 * expected


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 simulated buyers."""
    lines = simulated_lines(500, np.random.default_rng(1))
    path = tmp_path_factory.mktemp("clv") / "lines.csv"
    pd.DataFrame({"who": lines.customer, "when": lines.day, "paid": lines.amount.round(2)}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def told(file: Path) -> Any:
    end = str(simulated_days()[0])
    options = ["--customer", "who", "--date", "when", "--amount", "paid", "--calibration-end", end, "--unit", "weeks"]
    done = run("--transactions", str(file), *options, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_model_has_parameters_errors_and_seconds(told: Any) -> None:
    assert (told["n_customers"], told["lifetimes"]) == (500, None)
    for name, parameters in (
        ("bg_nbd", {"r", "alpha", "a", "b"}),
        ("mbg_nbd", {"r", "alpha", "a", "b"}),
        ("pareto_nbd", {"r", "alpha", "s", "beta"}),
        ("gamma_gamma", {"p", "q", "v"}),
    ):
        fitted = told["models"][name]
        assert set(fitted["parameters"]) == set(fitted["standard_errors"]) == parameters
        assert fitted["log_likelihood"] < 0
        assert told["seconds"]["fitting"][name] > 0
    assert set(told["models"]["nbd"]["parameters"]) == {"r", "alpha"}
    used = {name for name, fitted in told["models"].items() if fitted["is_used"]}
    assert used == set(told["model"].split("+"))


def test_the_hold_out_is_that_of_the_file(told: Any, file: Path) -> None:
    table = pd.read_csv(file)
    later = table[table["when"] > str(simulated_days()[0])]
    assert set(told["holdout"]) >= {"past_rate", told["model"]}
    for groups in told["holdout"].values():
        assert groups["all"]["purchases_actual"] == len(later.drop_duplicates(["who", "when"]))
        assert groups["all"]["revenue_actual"] == pytest.approx(later["paid"].sum())
    deciles = told["deciles"][told["model"]]
    assert sum(row["n_customers"] for row in deciles) == 500
    assert sum(row["actual_revenue"] for row in deciles) == pytest.approx(later["paid"].sum())
    low, high = told["intervals"]["past_rate"]["all"]["purchases_mae"]
    assert low < told["holdout"]["past_rate"]["all"]["purchases_mae"] < high
    assert told["beats_past_rate"]["past_rate"] is False


def test_nbd_is_a_yardstick_and_no_rival(told: Any) -> None:
    """Drop-out of 500 buyers of CDNOW's parameters shows: every model gains more than 6 on NBD, which is not judged."""
    models = told["models"]
    for name in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        gain = 2 * (models[name]["log_likelihood"] - models["nbd"]["log_likelihood"])
        assert models[name]["twice_log_likelihood_over_nbd"] == pytest.approx(gain)
        assert gain > 6
    assert models["nbd"]["twice_log_likelihood_over_nbd"] is None
    for part in ("holdout", "intervals", "deciles", "beats_past_rate"):
        assert [each.split("+")[0] for each in told[part]] == ["bg_nbd", "mbg_nbd", "pareto_nbd", "past_rate"]


def test_nbd_is_a_rival_where_it_is_used() -> None:
    """600 customers who never leave: each buys at a rate of his or her own, for a year, and pays about the same."""
    rng = np.random.default_rng(3)
    age = np.full(600, 52.0)
    bought = [np.sort(rng.uniform(0, 52, count)) for count in rng.poisson(rng.gamma(1.5, 1 / 10, 600) * age)]
    frequency = np.array([len(times) for times in bought], float)
    recency = np.array([times[-1] if len(times) else 0 for times in bought])
    spend = np.where(frequency > 0, rng.gamma(20, 1, 600), np.nan)
    model = fit_value(Purchases(frequency, recency, age, spend))
    assert model.kinds[0] == "nbd"
    assert [each.kinds[0] for each in rivals_of(model)] == ["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"]


def test_what_decides_is_told(told: Any) -> None:
    """The rule of `ValueReport.beats`, from the figures of the JSON alone."""
    error, ratio = told["decided_by"]
    times_off = {}
    for model, groups in told["holdout"].items():
        times_off[model] = max(groups["all"][ratio], 1 / groups["all"][ratio])
    for model, beats in told["beats_past_rate"].items():
        high = told["intervals"][model]["all"].get(error, [0, 0])[1]
        assert beats == (high < 0 and (times_off[model] <= 2 or times_off[model] < times_off["past_rate"]))


def test_without_json_it_is_a_page() -> None:
    page = run("--simulate", "300", "--unit", "days").stdout
    assert page.startswith("300 customers")
    assert "purchases_mae" in page
    assert "beat past_rate by revenue_mse_difference" in page.replace("beats", "beat")
    heads = [line.split() for line in page.splitlines() if line.startswith("all ")]
    assert heads == [["all", "bg_nbd", "mbg_nbd", "pareto_nbd", "past_rate"]]


def test_a_split_outside_the_file_is_said(file: Path) -> None:
    columns = ["--customer", "who", "--date", "when", "--amount", "paid"]
    done = run("--transactions", str(file), *columns, "--calibration-end", "2001-01-01")
    assert done.returncode == 1
    assert "not within" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_peer_that_is_late_or_fails_has_a_bound_or_nothing() -> None:
    assert beside(Answer("done", {"seconds": 3.0}, 4.0, 0.1), 2.0)["seconds_over_ours"] == 1.5
    late = beside(Answer("out_of_time", None, 5.0, 0.1), 2.0)
    assert (late["seconds"], late["seconds_over_ours"], late["is_at_least"]) == (None, 2.5, True)
    failed = beside(Answer("failed", None, 1.0, 0.1), 2.0)
    assert (failed["seconds_over_ours"], failed["is_at_least"]) == (None, False)
