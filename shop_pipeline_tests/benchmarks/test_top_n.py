"""The comparison of models on a pair of files: both layouts, the split, the figures, the deadline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(FOLDER))

from children import call_in_child  # noqa: E402
from pairs import hold_out, read_file, read_pair  # noqa: E402

MODELS = "popularity,ease,popularity_trending"


@pytest.fixture(scope="module")
def lists() -> dict[str, dict[int, list[int]]]:
    """80 users of two tastes: six training items and two test items of the ten of theirs; user 7 has no test item."""
    rng = np.random.default_rng(0)
    drawn = {user: (rng.permutation(10)[:8] + 10 * (user % 2)).tolist() for user in range(80)}
    test = {user: items[6:] for user, items in drawn.items() if user != 7}
    return {"train": {user: items[:6] for user, items in drawn.items()}, "test": test}


def write(folder: Path, lists: dict[str, dict[int, list[int]]], layout: str) -> tuple[Path, Path]:
    for name, rows in lists.items():
        if layout == "lists":
            text = "".join(f"{user} {' '.join(map(str, items))}\n" for user, items in rows.items())
        else:
            pairs = "".join(f"{user},{item}\n" for user, items in rows.items() for item in items)
            text = "user_id,item_id\n" + pairs
        (folder / name).write_text(text)
    return folder / "train", folder / "test"


def run(train: Path, test: Path, *options: str) -> Any:
    command = [sys.executable, str(FOLDER / "top_n.py"), "--train", str(train), "--test", str(test)]
    done = subprocess.run([*command, "--json", *options], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, lists: dict[str, dict[int, list[int]]]) -> Any:
    return run(*write(tmp_path_factory.mktemp("columns"), lists, "columns"), "--models", MODELS)


def test_each_model_has_its_figures_under_its_name(told: Any) -> None:
    assert (told["n_users"], told["n_items"], told["n_train"], told["n_test"], told["n_test_users"]) == (
        80,
        20,
        480,
        158,
        79,
    )
    for name in ("popularity", "ease"):
        row = told[name]
        assert 0 < row["ndcg@20"] <= row["recall@20"] <= 1
        assert row["status"] == "done"
        assert row["seconds"] >= row["tuning_seconds"] > 0
        assert 0 < row["peak_gb"] <= told["peak_gb"]
    # 14 items are left, and a list has 20 places: popularity misses nothing, and only the order tells them apart.
    assert told["popularity"]["recall@20"] == 1
    assert told["ease"]["ndcg@20"] > told["popularity"]["ndcg@20"]


def test_the_chosen_one_is_the_best_on_the_validation_part(told: Any) -> None:
    assert told["chosen"] == {"model": "ease", **told["ease"]}
    assert told["ease"]["validation_ndcg@20"] > told["popularity"]["validation_ndcg@20"]
    assert told["ease"]["n_trials"] > 1


def test_a_model_whose_needs_the_files_do_not_meet_says_so(told: Any) -> None:
    assert told["popularity_trending"]["status"] == "needs times"
    assert told["popularity_trending"]["recall@20"] is None


def test_lists_give_what_columns_give(tmp_path: Path, lists: dict[str, dict[int, list[int]]], told: Any) -> None:
    again = run(*write(tmp_path, lists, "lists"), "--models", "popularity")
    for figure in ("recall@20", "ndcg@20", "validation_ndcg@20"):
        assert again["popularity"][figure] == told["popularity"][figure]


def test_a_model_above_the_memory_is_not_run(tmp_path: Path, lists: dict[str, dict[int, list[int]]]) -> None:
    """100 kB is enough for counts, and not for links."""
    again = run(*write(tmp_path, lists, "lists"), "--models", "popularity,ease", "--memory-gb", "0.00001")
    assert (again["popularity"]["status"], again["ease"]["status"]) == ("done", "too_large")
    assert again["chosen"]["model"] == "popularity"


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("u1\tb\nu1\ta\n", ["u1 b", "u1 a"]),
        ("user item\n1 2\n1 3\n", ["1 2", "1 3"]),
        ("1 2\n1 3\n", ["1 2", "1 3"]),
        ("\ufeffuserId, itemId\r\n1, 2\r\n01, 3\r\n", ["1 2", "01 3"]),
        ("1 2 3\n2\n3 9\n", ["1 2", "1 3", "3 9"]),
        # The first line that is no pair comes after those that are looked at.
        ("1 2\n" * 1500 + "1 2 3\n", ["1 2"] * 1501 + ["1 3"]),
    ],
)
def test_layouts(tmp_path: Path, text: str, pairs: list[str]) -> None:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    found = read_file(tmp_path / "file")
    assert (found["user"] + " " + found["item"]).tolist() == pairs


@pytest.mark.parametrize("text", ["user,item,rating\n1,2,5\n", "1\t2\t3\n", ""])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(ValueError, match=r"two columns|empty"):
        read_file(tmp_path / "file")


def test_an_item_of_the_test_file_alone_counts_as_missed(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("1 10 11\n2 10\n")
    (tmp_path / "test").write_text("1 12\n3 10\n")
    pair = read_pair(tmp_path / "train", tmp_path / "test")
    assert list(pair.train.product_ids) == ["10", "11", "12"]
    assert list(pair.train.customer_ids) == ["1", "2", "3"]
    np.testing.assert_array_equal(pair.test.toarray(), [[0, 0, 1], [0, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(pair.train.matrix.toarray(), [[1, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_a_share_of_each_user_is_held_out(tmp_path: Path) -> None:
    """Of 1, 2 and 20 items: none, one, and 15 % of 20. Nothing is lost and nothing is in both."""
    counts = {"a": 1, "b": 2, "c": 20}
    text = "".join(f"{user} {' '.join(map(str, range(100, 100 + count)))}\n" for user, count in counts.items())
    (tmp_path / "file").write_text(text)
    data = read_pair(tmp_path / "file", tmp_path / "file").train
    rest, drawn = hold_out(data, 0.15, np.random.default_rng(0))
    assert np.diff(drawn.indptr).tolist() == [0, 1, 3]
    assert ((rest.matrix + drawn) != data.matrix).nnz == 0
    assert rest.matrix.multiply(drawn).nnz == 0


def endless() -> None:
    import time

    time.sleep(60)


def test_a_child_is_ended_at_its_deadline_and_its_errors_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    late = call_in_child(endless, 0.2)
    assert (late.status, late.value) == ("out_of_time", None)
    assert late.seconds < 30
    assert call_in_child(lambda: 1 / 0, 30).status == "failed"
    assert "ZeroDivisionError" in capfd.readouterr().err
    done = call_in_child(lambda: np.arange(3_000_000).sum(), 30)
    assert (done.status, done.value) == ("done", 2_999_999 * 1_500_000)
    assert done.peak_gb > 0.02
