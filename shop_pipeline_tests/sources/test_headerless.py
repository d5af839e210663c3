"""Text files without a header line: line 1 is data, and every line keeps its number, whatever separates the values."""

import pytest
from pydantic import ValidationError

from shop_pipeline.sources.presets import FeedPreset

from .conftest import Landing

SEPARATED = {"taobao": ",", "movielens_dat": "::", "movielens_100k": "\t"}
GOOD = {
    "taobao": "1,P,9,pv,1511544070",
    "movielens_dat": "1::P::3::1511544070",
    "movielens_100k": "1\tP\t3\t1511544070",
}
NAMES = {"taobao": "a.csv", "movielens_dat": "a.dat", "movielens_100k": "a.data"}


@pytest.mark.parametrize("format_", GOOD)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_keep_their_numbers_past_empty_and_broken_ones(landing: Landing, format_: str, end: str) -> None:
    short = GOOD[format_].rpartition(SEPARATED[format_])[0]
    quoted = GOOD[format_].replace("P", '"P, ""the"" product"')
    lines = [
        GOOD[format_],
        "",
        short,
        GOOD[format_],
        quoted,
        "",
        "",
        GOOD[format_] + SEPARATED[format_] + "x",
        GOOD[format_],
    ]
    landing.write(NAMES[format_], end.join(lines) + end)
    rows = landing.stage(format=format_)
    assert [(row["_row"], row["_rule"]) for row in rows] == [
        (1, None),
        (3, "broken_line"),
        (4, None),
        (5, None),
        (8, "broken_line"),
        (9, None),
    ]
    assert rows[3]["product_id"] == 'P, "the" product'
    assert rows[1]["_source"] == short


def test_values_between_runs_of_blanks(landing: Landing) -> None:
    lines = ["  1  20240501\t2   3.00 ", "", "1 20240501 2", "\t", "1 20240501 2 3.00 4", "1 20240501 2 3.00"]
    landing.write("a.txt", "\r\n".join(lines))
    rows = landing.stage(format="cdnow")
    broken = [(row["_row"], row["_reason"], row["_source"]) for row in rows if row["_rule"] == "broken_line"]
    assert broken == [(3, "not 4 values", lines[2]), (5, "not 4 values", lines[4])]
    assert [(row["_row"], row["customer_id"], str(row["unit_price"])) for row in rows if row["_rule"] is None] == [
        (1, "1", "1.5000"),
        (6, "1", "1.5000"),
    ]


def test_a_packed_file_and_its_record(landing: Landing) -> None:
    path = landing.folder / "a.csv.zst"
    landing.connection.execute(
        f"COPY (SELECT '1,P,9,pv,soon' AS x) TO '{path}' (HEADER false, QUOTE '', COMPRESSION zstd)"
    )
    (row,) = landing.stage(format="taobao")
    assert (row["_row"], row["_rule"]) == (1, "wrong_type")
    assert row["_source"] == '{"user_id":"1","item_id":"P","category_id":"9","behavior":"pv","timestamp":"soon"}'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"header": ["b"]}, "header has no a"),
        ({"delimiter": " "}, "runs of blanks are read with `header` only"),
        ({"lookups": {"b": {"needed": ["c"]}}}, r"the SQL does not read \{records\}"),
        ({"sql": "FROM {records}", "lookups": {"b": {"needed": ["c"]}}}, r"the SQL does not read \{b\}"),
    ],
)
def test_a_preset_that_contradicts_itself_is_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        FeedPreset.model_validate({"needed": ["a"], "columns": {}, **given})
