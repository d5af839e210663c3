"""The total of an order that stands on each of its lines: taken for that of the line, it would be counted many times.

Here: how it shows in the values. Not here: what becomes of an amount (`assumptions`).
"""

from collections.abc import Mapping

from .guess import Guess

NEARLY_ALL = 0.9
"""Share of the orders with several different lines that have one value on all of them."""


def repeated_in_orders(guess: Guess, name: str) -> str:
    """Why column `name` is an order's total; empty if it may be that of a line, or if there are no orders to tell.

    Lines with the same product and quantity have the same total by right, and so have all lines of a shop with one
    price: neither says anything.
    """
    orders = [[line[name] for line in lines] for lines in _orders(guess, name) if _differ(guess, lines)]
    repeated = [values for values in orders if len(set(values)) == 1]
    says_nothing = len(orders) > 1 and len({value for values in orders for value in values}) == 1
    if not orders or says_nothing or len(repeated) < NEARLY_ALL * len(orders):
        return ""
    return (
        f"it is the same on all lines of {len(repeated):,} of {len(orders):,} orders with several different lines,"
        " so it is the total of the order, not of the line"
    )


def _orders(guess: Guess, name: str) -> list[list[Mapping[str, str]]]:
    """The lines of each order that have a value."""
    orders: dict[str, list[Mapping[str, str]]] = {}
    for row in guess.columns.rows:
        if (order := row.get(guess.taken.get("order_id", ""))) and row.get(name):
            orders.setdefault(order, []).append(row)
    return list(orders.values())


def _differ(guess: Guess, lines: list[Mapping[str, str]]) -> bool:
    kinds = [guess.taken[column] for column in ("product_id", "title", "quantity") if column in guess.taken]
    return len({tuple(line.get(kind) for kind in kinds) for line in lines}) > 1
