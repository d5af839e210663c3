"""Excel workbooks: each sheet is a file, cells become text, rows keep the numbers that they have in the sheet."""

from datetime import datetime

import pytest

from shop_pipeline.settings import Feed
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.problems import LandingError

from .conftest import Landing
from .workbook_files import write_workbook

HEADER = ("event_at", "event_type", "product_id", "quantity", "unit_price", "is_service", "title")
NOON = datetime(2024, 5, 1, 12)
LINE = (NOON, "view", 17850.0, 6.0, 2.55, False, 'a "quoted", title')


def test_cells_become_the_text_that_the_types_read(landing: Landing) -> None:
    service = (datetime(2024, 5, 2, 8, 26, 30), "purchase", "85123A", 1.0, 18.0, True, "first\nsecond")
    write_workbook(landing.folder / "a.xlsx", {"Orders": {1: HEADER, 2: LINE, 3: service}})
    first, second = landing.stage()
    assert (first["_file"], first["_row"], first["_rule"]) == ("a.xlsx#Orders", 2, None)
    assert (first["event_at"], first["product_id"], first["quantity"]) == (NOON, "17850", 6)
    assert (str(first["unit_price"]), first["is_service"], first["title"]) == ("2.5500", False, 'a "quoted", title')
    assert (second["event_at"], second["is_service"]) == (datetime(2024, 5, 2, 8, 26, 30), True)
    assert second["title"] == "first\nsecond"


def test_rows_have_the_numbers_of_the_sheet(landing: Landing) -> None:
    """Two empty rows in front of the header, one between, one that holds nothing but an empty text."""
    bad = (NOON, "view", "P", "six", 1.0, False, "")
    write_workbook(landing.folder / "a.xlsx", {"S": {3: HEADER, 4: LINE, 6: LINE, 7: ("",), 8: bad}})
    assert [(row["_row"], row["_rule"]) for row in landing.stage()] == [(4, None), (6, None), (8, "wrong_type")]


def test_every_worksheet_is_a_file_and_a_pattern_can_choose(landing: Landing) -> None:
    rows = {1: HEADER, 2: LINE}
    sheets = {"Year 2010-2011": rows, "Year 2009-2010": rows, "Notes & <more>": {1: ("just", "text")}}
    write_workbook(landing.folder / "in" / "a.xlsx", sheets, charts=("Chart1",))

    def names(pattern: str) -> list[str]:
        return [file.name for file in list_files(landing.folder, Feed(files=pattern))]

    years = ["in/a.xlsx#Year 2009-2010", "in/a.xlsx#Year 2010-2011"]
    assert names("in/*.xlsx") == ["in/a.xlsx#Notes & <more>", *years]
    assert names("in/*.xlsx#Year*") == years
    assert [row["_file"] for row in landing.stage(files="**/*.xlsx#Year*")] == years
    with pytest.raises(LandingError, match=r"in/a\.xlsx#Notes & <more>, line 1, column event_at: missing_column"):
        landing.stage(files="in/*")


def test_a_missing_column_names_the_row_of_the_header(landing: Landing) -> None:
    write_workbook(landing.folder / "a.xlsx", {"S": {4: ("event_at", "event_type")}})
    with pytest.raises(LandingError, match=r"a\.xlsx#S, line 4, column product_id: missing_column"):
        landing.stage()


def test_an_empty_sheet_gives_no_rows(landing: Landing) -> None:
    write_workbook(landing.folder / "a.xlsx", {"Empty": {}, "Full": {1: HEADER, 2: LINE}})
    assert [row["_file"] for row in landing.stage()] == ["a.xlsx#Full"]


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_broken_workbook_is_told_by_name_when_it_is_read(landing: Landing, kept: float) -> None:
    path = write_workbook(landing.folder / "a.xlsx", {"S": {1: HEADER, 2: LINE}})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert [file.name for file in list_files(landing.folder, Feed(files="*"))] == ["a.xlsx"]
    with pytest.raises(LandingError, match=r"a\.xlsx: broken_workbook: found .*, expected an Excel workbook"):
        landing.stage()


def test_a_sheet_that_is_damaged_inside_is_told_by_name(landing: Landing) -> None:
    path = write_workbook(landing.folder / "a.xlsx", {"S": {1: HEADER, 2: LINE}})
    damaged = bytearray(path.read_bytes())
    place = damaged.index(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    damaged[place : place + 60] = bytes(60)
    path.write_bytes(damaged)
    with pytest.raises(LandingError, match=r"a\.xlsx#S: broken_workbook"):
        landing.stage()


def test_a_packed_workbook_is_no_kind_that_is_read(landing: Landing) -> None:
    landing.write("a.xlsx.gz", "x")
    with pytest.raises(LandingError, match=r"a\.xlsx\.gz: unknown_kind"):
        landing.stage()


def test_the_two_sheets_of_online_retail_ii(landing: Landing) -> None:
    """As the UCI repository has it: a sheet per year, invoice and product numbers as numbers, times as times."""
    header = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
    first = (489434.0, 85048.0, "15CM CHRISTMAS GLASS BALL", 12.0, datetime(2009, 12, 1, 7, 45), 6.95, 13085.0, "UK")
    second = ("C536379", "D", "Discount", -1.0, datetime(2011, 7, 1, 9, 41), 27.5, None, "UK")
    sheets = {"Year 2009-2010": {1: header, 2: first}, "Year 2010-2011": {1: header, 2: second}}
    write_workbook(landing.folder / "online_retail_II.xlsx", sheets)
    sale, returned = landing.stage(format="online_retail_ii", zone="Europe/London")
    assert (sale["_file"], sale["event_type"], sale["order_id"]) == (
        "online_retail_II.xlsx#Year 2009-2010",
        "purchase",
        "489434",
    )
    assert (sale["product_id"], sale["quantity"], sale["customer_id"]) == ("85048", 12, "13085")
    assert sale["event_at"] == datetime(2009, 12, 1, 7, 45)
    # In July London is an hour ahead of UTC.
    assert (returned["event_type"], returned["event_at"]) == ("cancel", datetime(2011, 7, 1, 8, 41))
    assert (returned["quantity"], returned["customer_id"], returned["is_service"]) == (1, None, True)
