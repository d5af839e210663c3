"""A page of examples for each published list, in its asset's metadata: what people get to see, and why.

Here: from a query to a table in markdown, and the page of each list. Not here: the queries (`example_queries.py`).

A page is made from the stored table, and the same table gives the same page. It holds ids and titles of products and
ids of customers, no name and no address. The UI shows markdown without HTML, so a title is text whatever it contains.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from . import example_queries as queries
from .gated import Afterthought, Run

LARGEST_PAGE = 20_000
"""Bytes: every run of an asset stores its page once more."""
# What would be a mark-up, an entity or the end of a cell.
ESCAPED = {ord(sign): f"&#{ord(sign)};" for sign in "&<>|\\`*_[]~"}


def page(sql: str, about: str, n_grouped: int = 1) -> Afterthought:
    """The metadata `examples`: a sentence and the rows of the query; none of an empty table.

    The query names the head of the table. Rows that begin with the same `n_grouped` values say them once.
    """

    def show(run: Run) -> dict[str, Any]:
        found = run.duck.execute(sql)
        head = [column[0] for column in found.description or ()]
        rows = found.fetchall()
        return {"examples": dg.MetadataValue.md(markdown(about, head, rows, n_grouped))} if rows else {}

    return show


def markdown(about: str, head: Sequence[str], rows: Sequence[Sequence[Any]], n_grouped: int) -> str:
    """A sentence and a table of at most `LARGEST_PAGE` bytes; it says how many rows did not fit."""
    text = f"{about}\n\n{_line(head)}\n{_line(['---'] * len(head))}\n"
    room = LARGEST_PAGE - len(text.encode()) - len(_left_out(len(rows)).encode())
    for n_shown, line in enumerate(_lines(rows, n_grouped)):
        room -= len(line.encode()) + 1
        if room < 0:
            return text + _left_out(len(rows) - n_shown)
        text += f"{line}\n"
    return text


def _lines(rows: Sequence[Sequence[Any]], n_grouped: int) -> Iterator[str]:
    before: Sequence[Any] | None = None
    for row in rows:
        repeats = before is not None and before[:n_grouped] == row[:n_grouped]
        yield _line([""] * n_grouped + [cell(value) for value in row[n_grouped:]] if repeats else map(cell, row))
        before = row


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _left_out(n_rows: int) -> str:
    return f"\n{n_rows} more rows are in the table.\n"


def cell(value: Any) -> str:
    """One line of plain text; null is empty."""
    words = "" if value is None else str(value)
    plain = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(plain.split()).translate(ESCAPED)


recommendations_page = page(
    queries.RECOMMENDATIONS, "What ten customers bought last, newest first; what they get, and why.", 2
)
similar_products_page = page(queries.SIMILAR_PRODUCTS, "Ten products, and what is most like them by two measures.")
popular_products_page = page(queries.POPULAR_PRODUCTS, "The first five of at most ten best-seller lists.")
similar_customers_page = page(
    queries.SIMILAR_CUSTOMERS, "Ten customers, who is most like them, and some of what both have to do with."
)
session_recommendations_page = page(
    queries.SESSION_RECOMMENDATIONS, "What a visitor whom nobody knows is shown after each of ten products."
)
email_recommendations_page = page(
    queries.EMAIL_RECOMMENDATIONS, "Ten customers: whether an e-mail may go to them, and what stands in it.", 2
)
product_page_recommendations_page = page(
    queries.PRODUCT_PAGE_RECOMMENDATIONS, "What is shown on the pages of ten products: similar, and bought with."
)
home_page_recommendations_page = page(
    queries.HOME_PAGE_RECOMMENDATIONS, "The first five of at most ten lists for the home page."
)
