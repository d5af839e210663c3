"""Hand-worked sales, returns and visits before the clock of the bench, for the SQL that tells of customers.

The clock is the end of Friday, 28 February 2025: what is `days_ago=1` was at the first moment of that day.
"""

from datetime import timedelta
from typing import Any

from shop_pipeline_tests.assets.conftest import AS_OF, Bench

DAY = timedelta(days=1)


def open_shop(bench: Bench, *customers: str) -> Bench:
    """P1 and P2 are of the category home, P3 is of none; W buys to sell on, S works there."""
    bench.set(timezone="UTC")
    products = (("P1", "mug", "home > mugs"), ("P2", "pot", " home"), ("P3", None, None), ("P4", "tea", "food > tea"))
    bench.fill("clean.products", "product_id title category", *products)
    bench.fill("clean.prices", "product_id version", *((product, 1) for product, *_ in products))
    columns = "customer_id first_event_at"
    bench.fill("clean.customers", columns, *((name, AS_OF - 100 * DAY) for name in (*customers, "W", "S")))
    labels = (("W", "wholesale", "bulk_units"), ("S", "staff", "listed_id"))
    bench.fill("clean.customer_labels", "customer_id label rule", *labels)
    return bench


def sell(bench: Bench, event: str, customer: str | None, days_ago: float, amount: float, **given: Any) -> None:
    """A sold line: one unit of P1 under an order of its own, but for what is given; and the event behind it."""
    at = AS_OF - days_ago * DAY
    told = {"event_id": event, "order_id": f"O-{event}", "customer_id": customer, "product_id": "P1", "quantity": 1}
    told |= {"gross_amount": amount, "line_at": at, "line_date": at.date(), "line_number": 1} | given
    bench.fill("clean.order_lines", " ".join(told), tuple(told.values()))
    do(bench, event, customer, days_ago, "purchase")


def give_back(bench: Bench, sale: str | None, days_ago: float, quantity: int, amount: float, **given: Any) -> None:
    """A return of that sale, or of nobody knows which."""
    at = AS_OF - days_ago * DAY
    told = {"return_event_id": f"R-{sale}-{days_ago}", "match_number": 1, "sale_event_id": sale, "quantity": quantity}
    told |= {"returned_at": at, "return_date": at.date(), "amount": amount, "customer_id": None} | given
    bench.fill("clean.returns", " ".join(told), tuple(told.values()))


def do(bench: Bench, event: str, customer: str | None, days_ago: float, kind: str, **given: Any) -> None:
    """An event of P1 in no visit, but for what is given."""
    at = AS_OF - days_ago * DAY
    told = {"event_id": event, "customer_id": customer, "event_at": at, "event_date": at.date(), "event_type": kind}
    told |= {"product_id": "P1"} | given
    bench.fill("clean.events", " ".join(told), tuple(told.values()))


def ask(bench: Bench, ticket: str, customer: str, days_ago: float, **given: Any) -> None:
    """A service case."""
    told = {"ticket_id": ticket, "customer_id": customer, "opened_at": AS_OF - days_ago * DAY} | given
    bench.fill("clean.tickets", " ".join(told), tuple(told.values()))
