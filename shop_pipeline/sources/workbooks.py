"""Excel workbooks (`.xlsx`): the names of their sheets, and a sheet as a CSV file.

Here: the names, which stand in a small file of the package, so that listing a folder opens no sheet; and the copy, in
which cells are the text that a CSV export would have: times as ISO 8601, whole numbers without a point. Not here: what
the columns mean (`inspection` goes on with the copy as with any CSV file).
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from xml.etree import ElementTree

import python_calamine

LARGEST_EXACT = 2**53
UNREADABLE = (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for packages that are damaged, packed in a way that it does not know, or locked."""


class BrokenWorkbookError(Exception):
    """The workbook or one of its sheets can't be read; the message says why."""


def sheet_names(path: Path) -> list[str]:
    """The worksheets, in order; none of a workbook that can't be read, of which `write_sheet_copy` says why."""
    try:
        with zipfile.ZipFile(path) as package:
            # Python's expat knows entities that explode.
            links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
            book = ElementTree.fromstring(package.read("xl/workbook.xml"))  # noqa: S314
    except UNREADABLE:
        return []
    kinds = {link.get("Id"): link.get("Type", "") for link in links}
    # The namespaces differ between the two forms of the standard; the names do not.
    sheets = [{key.rpartition("}")[2]: value for key, value in tag.items()} for tag in book.iter() if _is_sheet(tag)]
    return [sheet["name"] for sheet in sheets if kinds.get(sheet.get("id"), "").endswith("/worksheet")]


def write_sheet_copy(path: Path, sheet: str, folder: Path) -> tuple[Path, int]:
    """The sheet as UTF-8 CSV in `folder`, and the number of empty rows that were left out in front of it.

    An empty row further down is an empty line. Raises `BrokenWorkbookError`.
    """
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            found = workbook.get_sheet_by_name(sheet)
            copy = folder / str(len(list(folder.iterdir())))
            skipped = _write(copy, _texts(found.iter_rows()))
    except (python_calamine.CalamineError, OSError) as error:
        raise BrokenWorkbookError(str(error) or type(error).__name__) from error
    return copy, skipped


def _write(copy: Path, rows: Iterator[list[str]]) -> int:
    skipped = 0
    with copy.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for row in rows:
            if row:
                writer.writerow(row)
                writer.writerows(rows)
            else:
                skipped += 1
    return skipped


def _is_sheet(tag: ElementTree.Element) -> bool:
    return tag.tag.rpartition("}")[2] == "sheet"


def _texts(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    """From the first row of the sheet on, nothing for an empty one."""
    for row in rows:
        texts = [_text(value) for value in row]
        yield texts if any(texts) else []


def _text(value: object) -> str:
    """17850.0 is the number 17850: a sheet knows no other kind of number."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n")
