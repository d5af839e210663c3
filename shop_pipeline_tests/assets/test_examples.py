"""Pages of examples on hand-made tables: who is on them, what they say, and titles that would be more than text.

P1 to P6 have the titles Cup, Plate, Bowl, a hostile one, a Chinese one, and none.
"""

import html
import logging
import re
from datetime import date, timedelta

import pytest

from shop_pipeline.assets import examples
from shop_pipeline.assets.examples import LARGEST_PAGE, cell, markdown
from shop_pipeline.assets.gated import Afterthought, Run
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

HOSTILE = 'a|b\n| c |\n\n# <img src="http://x/y.png" onerror=1> ![z](http://x) **`w`** \\| [l](j) &amp; ' + "x" * 500
CHINESE = "青花瓷茶杯 | 手工"
RECOMMENDED = "customer_id rank product_id model fallback_level reason_code reason_product_ids reason_share"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    titles = (("P1", "Cup"), ("P2", "Plate"), ("P3", "Bowl"), ("P4", HOSTILE), ("P5", CHINESE), ("P6", None))
    bench.fill("clean.products", "product_id title", *titles)
    return bench


def text(bench: Bench, afterwards: Afterthought) -> str:
    found = afterwards(Run(bench.session, AS_OF, None, {}, logging.getLogger(__name__)))
    return str(found["examples"].md_str) if found else ""


def rows(page: str) -> list[list[str]]:
    """The cells of the table, without its head; every line of it has as many as the head."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[part.strip() for part in line.strip("|").split("|")] for line in lines]
    assert len({len(line) for line in cells}) == 1, "a cell broke the table"
    return cells[2:]


def bought(bench: Bench, customer: str, *products: str) -> None:
    """One product a day, the last one yesterday."""
    days = [AS_OF - timedelta(days=len(products) - at) for at in range(len(products))]
    columns = "order_id line_number product_id customer_id line_at line_date"
    sold = enumerate(zip(products, days, strict=True), 1)
    lines = ((f"O-{customer}", n, product, customer, day, day.date()) for n, (product, day) in sold)
    bench.fill("clean.order_lines", columns, *lines)
    bench.fill("features.interactions", "customer_id product_id", *((customer, p) for p in dict.fromkeys(products)))


def test_what_a_customer_bought_gets_and_why(shop: Bench) -> None:
    """Bought newest first with dates, a product once at its last day; what comes after the clock is not there."""
    bought(shop, "C1", "P1", "P2", "P1")
    later = AS_OF + timedelta(days=1)
    shop.fill(
        "clean.order_lines",
        "order_id line_number product_id customer_id line_at line_date is_return is_service",
        ("O2", 1, "P3", "C1", later, later.date(), False, False),
        ("O2", 2, "P3", "C1", AS_OF - timedelta(days=9), date(2025, 2, 20), True, False),
        ("O2", 3, "POST", "C1", AS_OF - timedelta(days=9), date(2025, 2, 20), False, True),
    )
    shop.fill(
        "marts.recommendations",
        RECOMMENDED,
        ("C1", 1, "P3", "hybrid", 0, "similar_to_yours", ["P1", "P2", "P6"], 0.724),
        ("C1", 2, "P5", "hybrid", 0, "your_taste", None, None),
        ("C1", 3, "P6", "popularity", 1, "popular", None, None),
    )
    assert rows(text(shop, examples.recommendations_page)) == [
        ["C1", "2 products", "Cup (2025-02-28)", "1", "Bowl", "like Cup and Plate (72 % of the score)"],
        ["", "", "Plate (2025-02-27)", "2", "青花瓷茶杯 &#124; 手工", "fits their taste"],
        ["", "", "", "3", "P6", "popular"],
    ]


def test_every_reason_is_in_words(shop: Bench) -> None:
    codes = ("similar_to_yours", "customers_like_you", "bought_next", "bought_again", "new")
    places = ((f"C{n}", 1, "P3", "hybrid", 0, code, ["P1"], 0.5) for n, code in enumerate(codes))
    shop.fill("marts.recommendations", RECOMMENDED, *places)
    assert {row[-1] for row in rows(text(shop, examples.recommendations_page))} == {
        "like Cup (50 % of the score)",
        "customers with Cup have it (50 % of the score)",
        "comes next after Cup (50 % of the score)",
        "is bought again and again, and the usual time is over (50 % of the score)",
        "new, and like Cup (50 % of the score)",
    }


def test_cold_customers_and_those_with_little_and_much_take_turns(shop: Bench) -> None:
    """A dozen customers with one product, as many with five and two without any: four, four and both of the two."""
    for n in range(12):
        bought(shop, f"L{n}", "P1")
        bought(shop, f"M{n}", "P1", "P2", "P3", "P4", "P5")
    names = [*(f"{kind}{n}" for kind in "LM" for n in range(12)), "N0", "N1"]
    places = ((name, 1, "P6", "hybrid", 2 * name.startswith("N"), "popular", None, None) for name in names)
    shop.fill("marts.recommendations", RECOMMENDED, *places)
    page = text(shop, examples.recommendations_page)
    shown = [row for row in rows(page) if row[0]]
    assert [row[1] for row in shown] == ["nothing yet"] * 2 + ["1 product"] * 4 + ["5 products"] * 4
    assert {row[0] for row in shown if row[0].startswith("N")} == {"N0", "N1"}
    assert page == text(shop, examples.recommendations_page)


def test_titles_are_text_whatever_they_contain(shop: Bench) -> None:
    shop.fill("marts.popular_products", "scope rank product_id", ("all", 1, "P4"), ("category: a|b", 1, "P5"))
    page = text(shop, examples.popular_products_page)
    (everything, category) = rows(page)
    assert everything[0] == "all"
    assert category[0] == "category: a&#124;b"
    assert everything[1].startswith("a&#124;b &#124; c &#124; # &#60;")
    assert everything[1].endswith("…")
    assert len(re.sub(r"&#\d+;", "?", everything[1])) <= 36
    assert "x" * 50 not in page


def test_a_cell_has_no_mark_up_and_no_second_line() -> None:
    assert cell(None) == ""
    assert cell(" a\r\n\tb\u2028c \u202e d\x00 ") == "a b c d"
    assert cell("**x** _y_ `z` ~q~ [l](u) \\| <b>&lt;") == (
        "&#42;&#42;x&#42;&#42; &#95;y&#95; &#96;z&#96; &#126;q&#126; &#91;l&#93;(u) &#92;&#124; &#60;b&#62;&#38;lt;"
    )
    assert cell(CHINESE) == "青花瓷茶杯 &#124; 手工"


def test_a_reader_of_markdown_sees_the_title_as_it_is() -> None:
    """Rendered by markdown-it, with tables as GitHub has them: the one cell holds text and nothing else."""
    from markdown_it import MarkdownIt

    shown = MarkdownIt("commonmark").enable("table").render(markdown("About.", ["title"], [(HOSTILE,)], 0))
    (body,) = re.findall(r"<tbody>\s*<tr>\s*<td>(.*)</td>\s*</tr>\s*</tbody>", shown, re.DOTALL)
    assert "<" not in body
    assert html.unescape(body) == " ".join(HOSTILE.split())


def test_a_page_is_cut_where_it_gets_too_large() -> None:
    """Rows of 1,000 bytes: 19 of 50 fit beside the head, and the page says what is missing."""
    page = markdown("About.", ["owner", "title"], [(n, "杯" * 330) for n in range(50)], 1)
    assert len(page.encode()) <= LARGEST_PAGE
    assert len(rows(page)) == 19
    assert page.endswith("\n31 more rows are in the table.\n")
    small = markdown("About.", ["owner", "title"], [(1, "a"), (1, "b"), (2, "b")], 1)
    assert small == "About.\n\n| owner | title |\n| --- | --- |\n| 1 | a |\n|  | b |\n| 2 | b |\n"


def test_similar_products_by_two_measures(shop: Bench) -> None:
    """Content and cosine come before others; who is in both comes before who is in one."""
    alike = (("P1", "cosine", 1, "P2"), ("P1", "cosine", 2, "P6"), ("P1", "content", 1, "P3"), ("P1", "bm25", 1, "P5"))
    shop.fill("marts.similar_products", "product_id measure rank similar_product_id", *alike)
    assert rows(text(shop, examples.similar_products_page)) == [
        ["Cup", "content", "Bowl", "", ""],
        ["", "cosine", "Plate", "P6", ""],
    ]


def test_ten_products_are_enough(shop: Bench) -> None:
    many = ((f"X{n}", "cosine", 1, "P1") for n in range(40))
    shop.fill("marts.similar_products", "product_id measure rank similar_product_id", *many)
    after = ((f"X{n}", 1, "P2") for n in range(40))
    shop.fill("marts.session_recommendations", "product_id rank next_product_id", *after)
    assert len(rows(text(shop, examples.similar_products_page))) == 10
    assert len(rows(text(shop, examples.session_recommendations_page))) == 10


def test_at_most_ten_best_seller_lists_of_every_kind(shop: Bench) -> None:
    scopes = ["all", "trending", *(f"category: {n:02}" for n in range(20)), *(f"country: {n:02}" for n in range(20))]
    places = ((scope, rank, f"P{rank}", 1.0) for scope in scopes for rank in (1, 2, 6))
    shop.fill("marts.popular_products", "scope rank product_id score", *places)
    found = rows(text(shop, examples.popular_products_page))
    assert [row[0] for row in found] == [
        *("all", *(f"category: {n:02}" for n in range(4)), *(f"country: {n:02}" for n in range(4)), "trending")
    ]
    assert found[0][1:] == ["Cup", "Plate", "", "", ""]
    shop.fill("marts.home_page_recommendations", "list rank product_id", ("segment: new", 1, "P6"))
    assert rows(text(shop, examples.home_page_recommendations_page)) == [["segment: new", "P6", "", "", "", ""]]


def test_what_similar_customers_have_in_common(shop: Bench) -> None:
    columns = "customer_id rank similar_customer_id score n_common_products"
    shop.fill("marts.similar_customers", columns, ("C1", 1, "C2", 0.5, 2))
    weights = (("C1", "P1", 1.0), ("C1", "P6", 9.0), ("C1", "P3", 9.0), ("C2", "P1", 9.0), ("C2", "P6", 2.0))
    shop.fill("features.interactions", "customer_id product_id weight", *weights)
    assert rows(text(shop, examples.similar_customers_page)) == [["C1", "C2", "0.5", "2", "P6", "Cup", ""]]


def test_what_is_shown_next_and_by_which_model(shop: Bench) -> None:
    places = (("P1", rank, f"P{rank + 1}", "transitions") for rank in range(1, 5))
    shop.fill("marts.session_recommendations", "product_id rank next_product_id model", *places)
    found = rows(text(shop, examples.session_recommendations_page))
    assert [row[:2] for row in found] == [["Cup", "1"], ["", "2"], ["", "3"]]
    assert [row[3] for row in found] == ["transitions"] * 3
    assert found[0][2] == "Plate"


def test_pages_and_e_mails(shop: Bench) -> None:
    columns = "customer_id rank product_id title reason_code reason_title is_holdout has_email_consent"
    shop.fill(
        "marts.email_recommendations",
        columns,
        ("C1", 1, "P1", "Cup", "popular", None, False, True),
        ("C2", 1, "P6", None, "new", "Cup", True, True),
        ("C3", 1, "P6", None, "new", None, False, False),
    )
    sent = {row[0]: row[1:] for row in rows(text(shop, examples.email_recommendations_page))}
    assert sent == {
        "C1": ["yes", "1", "Cup", "popular", ""],
        "C2": ["no: held out", "1", "P6", "new", "Cup"],
        "C3": ["no: no consent", "1", "P6", "new", ""],
    }
    places = (("P1", "similar", 1, "P2"), ("P1", "bought_with", 1, "P6"), ("P1", "bought_with", 2, "P3"))
    shop.fill("marts.product_page_recommendations", "product_id list rank shown_product_id", *places)
    assert rows(text(shop, examples.product_page_recommendations_page)) == [
        ["Cup", "similar", "Plate", "", ""],
        ["", "bought&#95;with", "P6", "Bowl", ""],
    ]


PAGES = {name: made for name, made in vars(examples).items() if name.endswith("_page")}


def test_empty_tables_have_no_page(shop: Bench) -> None:
    assert {name: text(shop, made) for name, made in PAGES.items()} == dict.fromkeys(PAGES, "")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_reads_personal_data(name: str) -> None:
    """The only columns that could tell who somebody is stand in clean.customers and clean.events."""
    from shop_pipeline.assets import example_queries

    sql = getattr(example_queries, name.removesuffix("_page").upper())
    assert not re.search(r"clean\.(customers|events)|raw\.", sql)
