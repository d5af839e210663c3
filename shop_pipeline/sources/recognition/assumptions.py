"""What a guessed mapping of events assumes where no column says it.

Here: the price of one unit from the total of a line, one unit where nothing counts them, and what happened where no
column has event words: purchases if there is an order or money and its state does not say otherwise, refunds where it
is negative, reviews if there are marks; titles for products without ids. Each is noted as assumed. Not here: columns
that are there by name (`mapping`), what a total is repeated for (`totals`), the states (`order_states`).
"""

import re

from ..quoting import identifier
from .guess import Guess
from .numbers import read_numbers
from .order_states import STANDS_NOT, state_columns, told
from .synonyms import AMOUNT, spoken
from .totals import repeated_in_orders

MONEY = "DECIMAL(30, 4)"
NEGATIVE = re.compile(r"\s*[^\d.,+-]{0,5}-|\s*-")


def take_product(guess: Guess) -> None:
    """Titles instead of ids: exports for bookkeeping often have no others."""
    if "product_id" not in guess.mapping and "title" in guess.mapping:
        guess.mapping["product_id"] = guess.mapping["title"]
        guess.notes["product_id"] = (
            f"assumed: {guess.taken['title']} stands for the product, because no column has its id"
        )


def take_amount(guess: Guess) -> None:
    """A line total instead of a price: divided by the quantity, or taken for one unit."""
    if "unit_price" in guess.mapping:
        return
    for name in guess.free(AMOUNT):
        amount = read_numbers(name, guess.columns.values(name))
        if amount is None:
            continue
        if repeated := repeated_in_orders(guess, name):
            guess.messages.append(f"unit_price: not from {name}: {repeated}")
            continue
        guess.taken[AMOUNT] = name
        if "quantity" in guess.mapping:
            units = f"nullif(TRY_CAST({guess.mapping['quantity']} AS DOUBLE), 0)"
            guess.mapping["unit_price"] = f"round(abs(TRY_CAST({amount} AS {MONEY}) / {units}), 4)"
            guess.notes["unit_price"] = f"{name} is taken for the total of the line"
        else:
            guess.mapping["unit_price"] = f"abs(TRY_CAST({amount} AS {MONEY}))"
            guess.notes["unit_price"] = f"{name} is taken for the price of one unit: there is no quantity"
        return


def take_event_type(guess: Guess) -> None:
    """Without a column that says what happened: purchases if there is an order or money, reviews if there are marks."""
    has_money = "unit_price" in guess.mapping
    is_order = "order_id" in guess.mapping or (has_money and ("quantity" in guess.mapping or AMOUNT in guess.taken))
    if is_order:
        if is_assumed := "event_type" not in guess.mapping:
            _assume_purchases(guess)
        _look_at_states(guess, is_assumed=is_assumed)
    elif "event_type" not in guess.mapping:
        if "rating" in guess.mapping:
            _assume_reviews(guess)
        elif guess.mapping.keys() & {"event_at", "product_id"}:
            guess.messages.append(
                "event_type: no column says what happened, and nothing looks like an order or a review"
            )
    if has_money and "quantity" not in guess.mapping:
        guess.mapping["quantity"] = "'1'"
        guess.notes["quantity"] = "assumed: one unit per line, because no column counts them"


def _assume_reviews(guess: Guess) -> None:
    guess.mapping["event_type"] = "'review'"
    guess.notes["event_type"] = "assumed: every line is a review, because it has a mark and no order"
    if spoken(guess.taken.get("title", "")) == "title" and guess.mapping.get("product_id") != guess.mapping["title"]:
        guess.messages.append("title: left out: that of a review is not that of the product")
        del guess.mapping["title"], guess.notes["title"], guess.taken["title"]


def _assume_purchases(guess: Guess) -> None:
    signed = next((column for column in ("quantity", "unit_price", AMOUNT) if _has_negative(guess, column)), None)
    guess.mapping["event_type"], guess.notes["event_type"] = "'purchase'", "assumed: every line is a purchase"
    if signed is None:
        return
    name = identifier(guess.taken[signed])
    guess.mapping["event_type"] = f"CASE WHEN contains({name}, '-') THEN 'refund' ELSE 'purchase' END"
    guess.notes["event_type"] = f"assumed: every line is a purchase, a negative {guess.taken[signed]} a refund"
    if signed != AMOUNT:
        guess.mapping[signed] = f"replace({guess.mapping[signed]}, '-', '')"


def _look_at_states(guess: Guess, *, is_assumed: bool) -> None:
    """Assumed purchases of orders whose sale stands; what else there is of states is told."""
    found = [one for one in state_columns(guess.columns) if one.column not in guess.taken.values()]
    if is_assumed and found and found[0].is_known:
        chosen = found.pop(0)
        guess.mapping["event_type"] = chosen.expression(guess.mapping["event_type"])
        guess.notes["event_type"] += f" {chosen.says}"
    elif is_assumed and found:
        words = f"none of the words in {found[0].column} is a known state of orders: {told(found[0].counts)}"
        guess.messages.append(f"event_type: every line counts as a sale: {words}")
    for one in found:
        if undone := one.words(STANDS_NOT):
            guess.messages.append(f"event_type: the states in {one.column} are not looked at: {told(undone)}")


def _has_negative(guess: Guess, column: str) -> bool:
    name = guess.taken.get(column)
    return name is not None and any(NEGATIVE.match(value) for value in guess.columns.values(name))
