"""A small Excel workbook, written by hand as the standard (ECMA-376) has it: numbers, texts, booleans, times."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Cell format 1 is number format 22 of the standard: a day with its time.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
# Serial numbers of days count from here (the standard takes 1900 for a leap year, so not from the last day of 1899).
DAY_ZERO = datetime(1899, 12, 30)
Cell = str | float | bool | datetime | None


def write_workbook(path: Path, sheets: Mapping[str, Mapping[int, Sequence[Cell]]], charts: Sequence[str] = ()) -> Path:
    """Each sheet is row number -> cells; rows that are not named do not stand in the file."""
    names = [*sheets, *charts]
    ids = range(1, len(names) + 1)
    kinds = ["worksheet"] * len(sheets) + ["chartsheet"] * len(charts)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(ids, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/{kind}" Target="{kind}s/sheet{n}.xml"/>'
        for n, kind in zip(ids, kinds, strict=True)
    )
    links += f'<Relationship Id="rIdS" Type="{LINKS}/styles" Target="styles.xml"/>'
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="{TYPES}.sheet.main+xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            "</Types>",
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>'
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'
        )
        package.writestr("xl/styles.xml", STYLES)
        for n, rows in enumerate(sheets.values(), start=1):
            body = "".join(f'<row r="{row}">{_cells(row, cells)}</row>' for row, cells in rows.items())
            package.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>',
            )
        for n in range(len(sheets) + 1, len(names) + 1):
            package.writestr(f"xl/chartsheets/sheet{n}.xml", f'<chartsheet xmlns="{MAIN}"/>')
    return path


def _cells(row: int, cells: Sequence[Cell]) -> str:
    return "".join(_cell(f"{chr(ord('A') + column)}{row}", value) for column, value in enumerate(cells))


def _cell(place: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f'<c r="{place}" s="1"><v>{(value - DAY_ZERO).total_seconds() / 86400!r}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'
