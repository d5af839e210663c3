"""Dirty landing files, as Hypothesis strategies: cells, records, and whole files with the number of each row in them.

Here: what shops send, and worse. Two kinds: `csv_file` and `json_file` know the records that they made, however bad
each of them is, so that a reader can be asked for every one; `chaos` is fragments in any order, where nobody can say
what a record is. Not here: what must hold of them (`test_properties`, `test_equivalences`).
"""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

Row = dict[str, str | None]

THOROUGH = 1
"""Times as many examples; 50 takes about half an hour. (The tests themselves are the same on every run.)"""


def examples(n: int) -> settings:
    """The same `n` examples on every machine, and no time limit for one: the machine may be busy."""
    return settings(max_examples=n * THOROUGH, derandomize=True, deadline=None, database=None)


NUMBERS = (
    "1",
    "3",
    "0",
    "-1",
    "1e3",
    "+5",
    "0x1F",
    "1_000",
    "١٢",
    "NaN",
    "inf",
    "-inf",
    "1,5",
    "1.",
    ".5",
    "1.0",
    "6.5",
)
HUGE = (
    "9" * 18,
    "9223372036854775807",
    "9223372036854775808",
    "1" * 40,
    "1e308",
    "1e400",
    "99999999999999.99999",
    "-0.00",
)
MOMENTS = (
    *("2024-03-31T01:30:00", "2024-10-27 01:30", "2024-10-27T01:30:00+00:00", "2024-03-31T02:30:00 +0100"),
    *("2024-02-30", "2023-02-29T10:00:00Z", "2024-13-01", "2024-01-01T24:00:00Z", "2024-06-30T23:59:60Z", "0000-01-01"),
    *("0001-01-01", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2010-12-31T23:59:59Z", "31.12.2024"),
    *("1704067200", "infinity", "epoch", "2024-1-2", "2024-01-02t03:04:05.1234567z", "2024-01-02T03:04:05+99:99"),
)
WORDS = ("view", "View", "purchase", "refund", "page_view", "加购", "unheard_of", "search", "review")
# No lone surrogates, which no file can hold as UTF-8; everything else, with the dangerous characters more often.
TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \t\n\"',;\0\x01\x1f\x7f\u00a0\u2028\ufeff%[]{}\\"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=8,
)
COLUMNS: dict[str, st.SearchStrategy[str]] = {
    "product_id": st.sampled_from(("P1", "P2", "007")),
    "event_at": st.sampled_from(("2024-05-01T10:00:00Z", "2024-05-01T10:20:00Z", "2024-10-27T00:30:00Z")),
    "event_type": st.sampled_from(("view", "purchase", "click", "page_view")),
    "event_id": st.sampled_from(("E1", "E2", "E3", "E4", "")),
    "customer_id": st.sampled_from(("C1", "C2", "")),
    "quantity": st.sampled_from(("1", "2", "12")),
    "unit_price": st.sampled_from(("9.99", "1", "0")),
    "currency": st.sampled_from(("GBP", "", "EUR")),
    "review_text": st.sampled_from(("", "fine", 'a "quoted", one\nof two lines')),
    "is_service": st.sampled_from(("", "false", "true")),
}
"""The usual content of each column."""
ODD = st.one_of(st.sampled_from(NUMBERS + HUGE + MOMENTS + WORDS + ("", " ", "null", "\\N", "x" * 70_000)), TEXTS)


@dataclass(frozen=True)
class File:
    """Content, and the numbers of its records that hold something, whether or not they can be read."""

    content: bytes
    records: tuple[int, ...]
    head: bytes = b""
    lines: tuple[bytes, ...] = ()
    """Of a CSV file: its first line, and its records with their ends."""


@st.composite
def rows(draw: st.DrawFn, odd: int = 1) -> Row:
    """A row, of whose cells up to `odd` hold anything."""
    row: Row = {name: draw(usual) for name, usual in COLUMNS.items()}
    for name in draw(st.lists(st.sampled_from(list(COLUMNS)), max_size=odd)):
        row[name] = draw(ODD)
    return row


def padding(n: int) -> list[Row]:
    """Clean rows, of other events than any other."""
    return [
        {"product_id": "P9", "event_at": f"2024-06-01T10:{i % 60:02}:00Z", "event_type": "view", "event_id": f"pad{i}"}
        for i in range(n)
    ]


def csv_line(cells: Sequence[str | None], delimiter: str = ",", *, all_quoted: bool = False) -> bytes:
    """One record without its end. Line ends and quotes inside are quoted; so are carriage returns."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=quoting).writerow(
        ["" if c is None else c for c in cells]
    )
    return out.getvalue()[:-2].encode()


def csv_damage(good: bytes, delimiter: str) -> st.SearchStrategy[bytes]:
    """What can become of one line. Quotes stay balanced: where they don't, nobody can tell where the record ends."""
    sign = delimiter.encode()
    return st.sampled_from(
        [
            b"", b" ", b"\t \t", b"x", sign, sign * 50, b"\0", b"\xef\xbb\xbf", b'""', b'"x"y', b'5" nail' + sign * 3,
            good + sign + b"more", good.rsplit(sign, 1)[0] if b'"' not in good else b"cut",
            b"\xff\xfe" + sign + good, b"Z\xfcrich" + sign * 9, b"a\0b" + sign + good, b"x" * 200_000,
        ]
    )  # fmt: skip


@st.composite
def csv_file(draw: st.DrawFn, pad: int = 0, max_rows: int = 8, *, numbered: bool = False) -> File:
    """A file that can be read, with lines that can't; copies of lines within it; `pad` clean rows per other one.

    Where it is `numbered`, there are no copies, and the product of each row is the number of its record.
    """
    delimiter = draw(st.sampled_from(",;\t"))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    names = draw(st.permutations(list(COLUMNS)))
    name_of = draw(st.sampled_from([str, str.upper, lambda name: f" {name} ", lambda name: f'"{name}"']))
    all_quoted = draw(st.booleans())
    lines: list[bytes] = []
    for number, row in enumerate(draw(st.lists(rows(), max_size=max_rows)), start=2):
        row |= {"product_id": str(number)} if numbered else {}
        good = csv_line([row[name] for name in names], delimiter, all_quoted=all_quoted)
        changed = st.one_of(st.just(good), st.just(good), csv_damage(good, delimiter))
        lines.append(draw(st.one_of(changed, st.sampled_from(lines)) if lines and not numbered else changed))
    lines += [csv_line([row.get(name) for name in names], delimiter) for row in padding(pad * len(lines))]
    header = delimiter.join(map(name_of, names)).encode()
    ends = [draw(st.sampled_from([end, end, b"\n"])) if pad == 0 else end for _ in lines]
    head = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + header + end
    ended = tuple(line + each for line, each in zip(lines, ends, strict=True))
    content = head + b"".join(ended)
    content = content.removesuffix(end) if lines and lines[-1] and draw(st.booleans()) else content
    return File(content, tuple(number for number, line in enumerate(lines, start=2) if line), head, ended)


SMALL: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "products": {
        "product_id": st.sampled_from(("P1", "P2", "P9", "007")),
        "title": st.sampled_from(("", "a title")),
        "unit_price": st.sampled_from(("9.99", "")),
        "attributes": st.sampled_from(("", "{}", '{"size": 1', "[1]")),
        "valid_from": st.sampled_from(("", "2024-05-01T10:10:00Z", "2024-01-01")),
    },
    "rates": {
        "rate_date": st.sampled_from(("2024-01-01", "2024-05-02")),
        "currency": st.sampled_from(("EUR", "eur ", "GBP")),
        "rate": st.sampled_from(("0.85", "1", "0", "-1")),
    },
}
"""The usual content of the feeds beside the events."""


@st.composite
def small_file(draw: st.DrawFn, feed: str) -> bytes:
    """Products or rates, some of their cells odd, behind 60 clean rows of other products or days."""
    usual = SMALL[feed]
    lines = [csv_line(list(usual))]
    for number in range(60):
        cells = {"product_id": f"pad{number}", "rate_date": f"{1900 + number}-01-01", "currency": "CHF", "rate": "1"}
        lines.append(csv_line([cells.get(name) for name in usual]))
    for _ in range(draw(st.integers(0, 3))):
        cells = {name: draw(content) for name, content in usual.items()}
        cells |= draw(st.dictionaries(st.sampled_from(list(usual)), ODD, max_size=1))
        lines.append(csv_line(list(cells.values())))
    return b"\n".join(lines)


JSON_DAMAGE = (
    *(b"", b" ", b"\t", b"null", b"[]", b"[{}]", b'"text"', b"12", b"{}", b'{"event_at"', b"{]", b"\xff", b"{'a': 1}"),
    *(b'{"product_id": "\\ud800"}', b'{"product_id": "a\\u0000b", "event_type": "view", "event_at": "2024-05-01"}'),
    *(b'{"event_type": "view", "event_type": "click", "event_at": "2024-05-01", "product_id": "P1"}',),
    *(b'{"event_at": {"at": "2024-05-01"}, "event_type": ["view"], "product_id": [1, {"a": null}]}', b"[" * 3000),
    *(b'{"event_at": "2024-05-01", "event_type": "view", "product_id": 123456789012345678901234567890}',),
    *(b'{"event_at": "2024-05-01", "event_type": "view", "quantity": 1e400}', b'{"a\x01": 1}', b'{"a": NaN}', b"{} {}"),
    *(b'\xef\xbb\xbf{"event_at": "2024-05-01", "event_type": "view"}', b'{"event_at": "' + b"x" * 200_000, b"\0"),
)
FIRST = b'{"event_at": "2024-05-01T10:00:00Z", "event_type": "view", "product_id": "P1", "event_id": "first"}'


@st.composite
def json_file(draw: st.DrawFn, pad: int = 0, max_rows: int = 8) -> File:
    """JSON lines: the first is good, so that every needed key is in some line."""
    lines = [FIRST]
    for row in draw(st.lists(rows(), max_size=max_rows)):
        good = json.dumps(row, ensure_ascii=draw(st.booleans())).encode()
        damage = st.one_of(st.sampled_from(JSON_DAMAGE), st.integers(0, len(good)).map(lambda n, good=good: good[:n]))
        lines.append(draw(st.one_of(st.just(good), st.just(good), damage, st.sampled_from(lines))))
    lines += [json.dumps(row).encode() for row in padding(pad * len(lines))]
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    numbers = tuple(number for number, line in enumerate(lines, start=1) if line.strip(b" \t"))
    return File(end.join(lines) + draw(st.sampled_from([b"", end, end + end])), numbers)


def mark(number: int) -> bytes:
    """A word that stands nowhere else, to find again."""
    return b"@%d@" % number


FRAGMENTS = (
    *(b'"', b'"', b'""', b",", b",", b"\n", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b" ", b"\\", b";", b"'", b"\x01"),
    *(b"2024-05-01,view,", b'2024-05-01,view,"', b'{"event_at": "2024-05-01", "event_type": "view", "product_id": "'),
    *(b'"}\n', b"{", b"}", b"[", b"]", b"\xef\xbb\xbf", "茶".encode(), b"\x1a", b"\xed\xa0\x80", b"\xc2"),
)


@st.composite
def chaos(draw: st.DrawFn) -> bytes:
    """Fragments in any order, each third of them followed by a mark of its own."""
    parts = draw(st.lists(st.sampled_from(FRAGMENTS), max_size=25))
    return b"".join(part + (mark(number) if number % 3 == 0 else b"") for number, part in enumerate(parts))


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
