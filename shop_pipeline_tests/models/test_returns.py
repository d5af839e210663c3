"""Returns matched to sales: cases worked by hand, a plain reference on random lines, and what causality promises."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pytest

from shop_pipeline.contracts.returns import METHODS as KNOWN_METHODS
from shop_pipeline.contracts.returns import REASONS as KNOWN_REASONS
from shop_pipeline.models.returns import METHODS, REASONS, Lines, match_returns

WINDOW = 30
Part = tuple[int, int, int, int, str]


class Line(NamedTuple):
    """One line of the hand-worked cases: one customer, one product, order 0, one unit at 5."""

    is_return: bool
    day: int
    order: int = 0
    customer: int = 0
    product: int = 0
    quantity: int = 1
    unit_price: int = 5


def sale(day: int, order: int, **given: int) -> Line:
    return Line(False, day, order, **given)


def back(day: int, order: int = 99, **given: int) -> Line:
    """A return under an order number of its own."""
    return Line(True, day, order, **given)


def lines_of(*lines: Line) -> Lines:
    return Lines(*(np.array(column) for column in zip(*lines, strict=True)))


def parts(lines: Lines, window: int = WINDOW) -> list[Part]:
    """(return, number, sale, units, method or reason) per row."""
    found = match_returns(lines, window)
    told = [
        REASONS[reason] if METHODS[method] == "unmatched" else METHODS[method]
        for method, reason in zip(found.method, found.reason, strict=True)
    ]
    columns = (found.return_line, found.match_number, found.sale_line, found.quantity)
    return [(*row, word) for *row, word in zip(*(column.tolist() for column in columns), told, strict=True)]


def test_the_contract_knows_the_words_of_the_model() -> None:
    assert (METHODS, REASONS) == (KNOWN_METHODS, KNOWN_REASONS)


BY_HAND: dict[str, tuple[list[Line], list[Part]]] = {
    "its own order, although another sale is newer": (
        [sale(0, 1), sale(5, 2), back(9, 1)],
        [(2, 1, 0, 1, "order_id")],
    ),
    "its own order has no window, asks for no customer and for no price": (
        [sale(0, 1, customer=3, unit_price=2), back(500, 1, customer=-1, unit_price=9)],
        [(1, 1, 0, 1, "order_id")],
    ),
    "its own order, but another product of it": (
        [sale(0, 1, product=1), back(9, 1, product=2)],
        [(1, 1, -1, 1, "never_bought")],
    ),
    "the newest of two sales at its price": (
        [sale(0, 1), sale(5, 2), back(9)],
        [(2, 1, 1, 1, "customer_product_price")],
    ),
    "an older sale at its price before a newer one at another": (
        [sale(0, 1), sale(5, 2, unit_price=6), back(9)],
        [(2, 1, 0, 1, "customer_product_price")],
    ),
    "the newest sale for no less, where none has its price": (
        [sale(0, 1, unit_price=7), sale(2, 2, unit_price=6), sale(5, 3, unit_price=4), back(9)],
        [(3, 1, 1, 1, "customer_product")],
    ),
    "sold for less than is refunded": (
        [sale(0, 1, unit_price=4), back(9)],
        [(1, 1, -1, 1, "sold_for_less")],
    ),
    # Two from its own order, one at its price, three of the dearer sale's four, newest first throughout.
    "one return takes from several sales in all three ways": (
        [
            sale(0, 1, quantity=4, unit_price=8),
            sale(1, 2),
            sale(2, 3, quantity=2, unit_price=3),
            back(3, 3, quantity=6),
        ],
        [(3, 1, 2, 2, "order_id"), (3, 2, 1, 1, "customer_product_price"), (3, 3, 0, 3, "customer_product")],
    ),
    # Five units of one sale: two, then two, then one of the two that the third return wants.
    "one sale serves several returns until it is used up": (
        [sale(0, 1, quantity=5), back(1, quantity=2), back(2, 1, quantity=2), back(3, quantity=2)],
        [
            (1, 1, 0, 2, "customer_product_price"),
            (2, 1, 0, 2, "order_id"),
            (3, 1, 0, 1, "customer_product_price"),
            (3, 2, -1, 1, "more_than_bought"),
        ],
    ),
    "on the last day of the window": ([sale(0, 1), back(WINDOW)], [(1, 1, 0, 1, "customer_product_price")]),
    "a day behind it": ([sale(0, 1), back(WINDOW + 1)], [(1, 1, -1, 1, "outside_window")]),
    "a dearer one on the last day of the window": (
        [sale(0, 1, unit_price=9), back(WINDOW)],
        [(1, 1, 0, 1, "customer_product")],
    ),
    "a dearer one a day behind it": (
        [sale(0, 1, unit_price=9), back(WINDOW + 1)],
        [(1, 1, -1, 1, "outside_window")],
    ),
    # What is in the window is used up first; the unit that is left has only the old sale, which has its unit still.
    "partly within the window": (
        [sale(0, 1), sale(20, 2), back(WINDOW + 1, quantity=2)],
        [(2, 1, 1, 1, "customer_product_price"), (2, 2, -1, 1, "outside_window")],
    ),
    "a return before its sale": ([back(0), sale(1, 1)], [(0, 1, -1, 1, "never_bought")]),
    "a return before its sale, under its number": ([back(0, 1), sale(1, 1)], [(0, 1, -1, 1, "never_bought")]),
    "nobody's return has its order alone": (
        [sale(0, 1, customer=-1), back(1, customer=-1), back(2, 1, customer=-1, quantity=2)],
        [(1, 1, -1, 1, "no_customer"), (2, 1, 0, 1, "order_id"), (2, 2, -1, 1, "more_than_bought")],
    ),
    "nobody is not one customer": ([sale(0, 1, customer=-1), back(1)], [(1, 1, -1, 1, "never_bought")]),
    "another customer's sale": ([sale(0, 1, customer=2), back(1)], [(1, 1, -1, 1, "never_bought")]),
    "another customer's sale under its number, used up": (
        [sale(0, 1, customer=2), back(1, 1, quantity=2)],
        [(1, 1, 0, 1, "order_id"), (1, 2, -1, 1, "more_than_bought")],
    ),
    "for nothing": ([sale(0, 1, unit_price=0), back(1, unit_price=0)], [(1, 1, 0, 1, "customer_product_price")]),
}


@pytest.mark.parametrize(("lines", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_by_hand(lines: list[Line], expected: list[Part]) -> None:
    assert parts(lines_of(*lines)) == expected


def test_no_lines_and_only_sales_give_no_rows() -> None:
    assert parts(lines_of(sale(0, 1), sale(1, 1))) == []
    assert parts(Lines(np.zeros(0, bool), *(np.zeros(0, int) for _ in fields(Lines)[1:]))) == []


def random_lines(seed: int, n: int = 400) -> Lines:
    """Few customers, products, prices and orders over a hundred days, so that every way and every reason comes up."""
    rng = np.random.default_rng(seed)
    return Lines(
        is_return=rng.random(n) < 0.4,
        day=np.sort(rng.integers(0, 100, n)),
        order=rng.integers(0, 60, n),
        customer=rng.integers(-1, 4, n),
        product=rng.integers(0, 4, n),
        quantity=rng.integers(1, 6, n),
        unit_price=rng.integers(0, 4, n),
    )


def reference(lines: Lines, window: int) -> list[Part]:
    """The same rules as plain loops over all earlier sales, without keys, links or anything shared but `left`."""
    left, found = lines.quantity.tolist(), []
    for line in np.flatnonzero(lines.is_return).tolist():
        before = [sale for sale in range(line - 1, -1, -1) if not lines.is_return[sale]]
        same_order = [
            s for s in before if lines.order[s] == lines.order[line] and lines.product[s] == lines.product[line]
        ]
        own = [
            s
            for s in before
            if lines.customer[s] == lines.customer[line] >= 0 and lines.product[s] == lines.product[line]
        ]
        recent = [s for s in own if lines.day[line] - lines.day[s] <= window]
        ways = {
            "order_id": same_order,
            "customer_product_price": [s for s in recent if lines.unit_price[s] == lines.unit_price[line]],
            "customer_product": [s for s in recent if lines.unit_price[s] >= lines.unit_price[line]],
        }
        number = 0
        for way, sales in ways.items():
            for one in sales:
                taken = min(left[line], left[one])
                if taken:
                    number += 1
                    left[line] -= taken
                    left[one] -= taken
                    found.append((line, number, one, taken, way))
        if left[line]:
            if not own and not same_order:
                reason = "no_customer" if lines.customer[line] < 0 else "never_bought"
            elif any(left[s] for s in recent):
                reason = "sold_for_less"
            else:
                reason = "outside_window" if any(left[s] for s in own) else "more_than_bought"
            found.append((line, number + 1, -1, left[line], reason))
    return found


@pytest.mark.parametrize("seed", range(25))
def test_the_plain_reference_finds_the_same(seed: int) -> None:
    lines = random_lines(seed)
    assert parts(lines) == reference(lines, WINDOW)


def test_the_random_lines_hold_every_case() -> None:
    words = {word for seed in range(25) for *_, word in parts(random_lines(seed))}
    assert words == {*METHODS, *REASONS} - {"unmatched"}


@pytest.mark.parametrize("end", [1, 57, 200, 399])
def test_what_comes_later_changes_no_earlier_match(end: int) -> None:
    whole = random_lines(3)
    begun = Lines(*(getattr(whole, field.name)[:end] for field in fields(Lines)))
    assert parts(begun) == [part for part in parts(whole) if part[0] < end]


def test_a_sale_is_never_given_back_twice_and_no_unit_of_a_return_is_lost() -> None:
    lines = random_lines(5, 5000)
    found = match_returns(lines, WINDOW)
    came_back = np.bincount(found.return_line, found.quantity, minlength=5000)
    np.testing.assert_array_equal(came_back, np.where(lines.is_return, lines.quantity, 0))
    matched = found.sale_line >= 0
    given = np.bincount(found.sale_line[matched], found.quantity[matched], minlength=5000)
    assert (given <= np.where(lines.is_return, 0, lines.quantity)).all()
    assert given.sum() > 1000


def test_one_customer_for_everybody_is_no_slower() -> None:
    """A shop that books all its counter sales on one account: 200,000 cheap sales before 200,000 dear returns. Looking
    at every sale for every return would be 40,000,000,000 looks, minutes; the walk takes a tenth of a second.
    """
    n = 200_000
    same, later = np.zeros(2 * n, int), np.arange(2 * n) >= n
    lines = Lines(later, same, np.arange(2 * n), same, same, same + 1, np.where(later, 2, 1))
    match_returns(lines_of(sale(0, 1), back(1)), WINDOW)  # compiles
    began = time.perf_counter()
    found = match_returns(lines, WINDOW)
    assert time.perf_counter() - began < 10
    assert {REASONS[reason] for reason in found.reason} == {"sold_for_less"}
    # The other way round, all of them find a sale, each the newest that is left.
    found = match_returns(replace(lines, unit_price=np.where(later, 1, 2)), WINDOW)
    np.testing.assert_array_equal(found.sale_line, np.arange(n)[::-1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantity": np.array([1, 0])}, "quantity holds 0"),
        ({"unit_price": np.array([-1, 1])}, "unit_price holds -1"),
        ({"customer": np.array([-2, 0])}, "customer holds -2"),
        ({"order": np.array([0, -1])}, "order holds -1"),
        ({"day": np.array([0])}, "day has 1 lines"),
    ],
)
def test_lines_that_can_not_be_are_refused(change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(lines_of(sale(0, 1), back(1)), **change)


def test_a_window_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="window_days is 0"):
        match_returns(lines_of(sale(0, 1), back(1)), 0)
