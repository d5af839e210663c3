"""What the values of a column say about times and numbers, and that DuckDB reads the expression as said.

The expected moments are what a person reads in the text; those of unix times are `date -u -d @...`.
"""

import duckdb
import pytest

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.sources.presets import DERIVED
from shop_pipeline.sources.recognition.encoding import guess_encoding
from shop_pipeline.sources.recognition.numbers import read_numbers
from shop_pipeline.sources.recognition.synonyms import columns_named_so, load_synonyms
from shop_pipeline.sources.recognition.times import read_times

COLUMN = 'The "when"'


def evaluated(expression: str, text: str | None) -> str | None:
    """The expression over one value."""
    with duckdb.connect() as connection:
        sql = f'SELECT CAST({expression} AS VARCHAR) FROM (SELECT $1::VARCHAR AS "The ""when""")'
        return connection.execute(sql, [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("values", "says", "read"),
    [
        (["2024-01-05 10:00"], "without offset", "2024-01-05 10:00"),
        (["2024-01-05"], "days without a time", "2024-01-05"),
        (["2024-01-05T10:00:00+08:00"], "with offset", "2024-01-05T10:00:00+08:00"),
        # date -u -d @1704448800 is Fri Jan 5 10:00:00 UTC 2024.
        (["1704448800"], "unix seconds", "2024-01-05 10:00:00Z"),
        (["1704448800.25"], "unix seconds", "2024-01-05 10:00:00.25Z"),
        (["1704448800123"], "unix milliseconds", "2024-01-05 10:00:00.123Z"),
        (["1704448800123456"], "unix microseconds", "2024-01-05 10:00:00.123456Z"),
        (["1704448800123456789"], "unix nanoseconds", "2024-01-05 10:00:00.123456Z"),
        (["20240105"], "%Y%m%d", "2024-01-05 00:00:00"),
        (["20240105100000"], "%Y%m%d%H%M%S", "2024-01-05 10:00:00"),
        (["05/01/2024 9:05", "13/01/2024 10:00"], "day first", "2024-01-05 09:05:00"),
        (["05/01/2024 9:05", "05/13/2024 10:00"], "month first", "2024-05-01 09:05:00"),
        (["5.1.2024", "31.1.2024"], "day first", "2024-01-05 00:00:00"),
        (["1/13/24 1:05 PM"], "month first", "2024-01-13 13:05:00"),
        (["2024/1/5 9:05:01"], "without offset", "2024-01-05 09:05:01"),
        (["2024年1月5日 10:00"], "without offset", "2024-01-05 10:00:00"),
        (["2024年1月5日10时05分"], "without offset", "2024-01-05 10:05:00"),
        (["5-Jan-24"], "without offset", "2024-01-05 00:00:00"),
        (["January 5, 2024"], "without offset", "2024-01-05 00:00:00"),
    ],
)
def test_times_are_read_as_they_are_written(values: list[str], says: str, read: str) -> None:
    found = read_times(COLUMN, values)
    assert found is not None
    assert found.expression is not None
    assert (says in found.says, evaluated(found.expression, values[0])) == (True, read)
    # What is no such time stays, so that the reader can show it; what is too large for a moment is no crash.
    assert [evaluated(found.expression, text) for text in ("soon", "9" * 30, None)] == ["soon", "9" * 30, None]


@pytest.mark.parametrize("values", [["05/01/2024", "06/02/2024"], ["31/01/2024", "01/31/2024"]])
def test_day_and_month_that_nothing_decides_are_not_guessed(values: list[str]) -> None:
    found = read_times("t", values)
    assert found is not None
    assert (found.expression, found.is_undecided) == (None, True)


@pytest.mark.parametrize("values", [[], ["red"], ["12", "7"], ["1.5"], ["123456"]])
def test_other_values_are_no_times(values: list[str]) -> None:
    assert read_times("t", values) is None


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["2.50"], "2.50"),
        (["£1,234.50"], "1234.50"),
        (["-£3.00"], "-3.00"),
        (["US$ 5", "US$ 6"], "5"),
        (["99.00元"], "99.00"),
        (["1.234,50 €"], "1234.50"),
        (["12,5"], "12.5"),
        (["1,234", "12"], "1234"),
        (["1,234", "12,50"], "1.234"),
    ],
)
def test_numbers_are_read_as_they_are_written(values: list[str], read: str) -> None:
    expression = read_numbers(COLUMN, values)
    assert expression is not None
    assert evaluated(expression, values[0]) == read


@pytest.mark.parametrize("values", [["1,234", "5,678"], ["dear"], ["C536379-A-B"]])
def test_what_can_be_read_in_two_ways_is_no_number(values: list[str]) -> None:
    assert read_numbers("n", values) is None


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("订单编号,下单时间,¥9", "gb18030", "gb18030"),
        ("订单编号,下单时间", "utf-8", "utf-8"),
        ("order,title\n1,plain", "ascii", "utf-8"),
        ("order,title\n1,Müller\n2,Käse für alle, Größe", "cp1252", "cp1252"),
        ("order,titre\n1,£5 café déjà", "cp1252", "cp1252"),
        ("order,title", "utf-16", "utf-16"),
    ],
)
def test_the_bytes_tell_their_encoding(text: str, encoding: str, expected: str) -> None:
    assert guess_encoding(text.encode(encoding)) == expected


def test_a_character_cut_at_the_end_of_the_sample_is_no_other_encoding() -> None:
    assert guess_encoding("时间".encode()[:-1]) == "utf-8"


def test_every_column_that_a_file_may_have_has_names() -> None:
    for feed, table in FEEDS.items():
        columns = {name for name in table.column_names if name not in {*DERIVED, "is_service"}}
        assert set(load_synonyms()[feed]) - {"amount"} == columns, feed


def test_names_are_equal_whatever_their_habit_of_writing() -> None:
    events = load_synonyms()["events"]
    for name in ("Order Date", "orderDate", "ORDER_DATE", "order-date (UTC)", "下单时间(北京)", "下单时间"):
        assert columns_named_so([name], events["event_at"]) == [name]
    assert columns_named_so(["date", "Order Date", "x"], events["event_at"]) == ["Order Date", "date"]
