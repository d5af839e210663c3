"""The `clean.tickets` table: service cases in the state that landed last.

Not here: what a service desk reads of a customer (`customer_pages.py`).
"""

from .table import Column, Repair, RowRule, Rule, Table

LIMIT = 0.05
HIGHEST_MARK = 1000
"""Stars, school marks and per cent all end below it."""

TICKETS = Table(
    "clean",
    "tickets",
    "one service case, in the state that landed last; also of people who are no customer yet: they ask before they buy",
    (
        Column("ticket_id", "VARCHAR", "case"),
        Column("customer_id", "VARCHAR", "who asked; clean.customers need not have them"),
        Column("opened_at", "TIMESTAMP", "when (UTC)"),
        Column(
            "closed_at",
            "TIMESTAMP",
            "when (UTC); null while it is open; opened_at where only the day is told, and is the day of both",
            required=False,
        ),
        Column("topic", "VARCHAR", "topic, as the source words it; free text, so it may name somebody", required=False),
        Column(
            "satisfaction",
            "DOUBLE",
            "the customer's mark, on the source's scale",
            required=False,
            minimum=0,
            maximum=HIGHEST_MARK,
        ),
    ),
    ("ticket_id",),
    rules=(
        Rule(
            "closed_after_it_was_opened",
            "SELECT ticket_id, opened_at, closed_at FROM {batch} WHERE closed_at < opened_at",
            "no case ends before it begins",
        ),
        Rule(
            "most_cases_are_of_customers",
            "SELECT n_cases, n_known FROM (SELECT count(*) AS n_cases FROM {batch}),"
            " (SELECT count(*) AS n_known FROM {batch} SEMI JOIN clean.customers USING (customer_id))"
            " WHERE n_known < n_cases / 2",
            "at least half of the cases are of known customers: else the feed may write their ids in another way",
            "WARN",
        ),
    ),
    row_rules=(
        RowRule("exact_duplicate", "all columns equal to another row's; one of them stays", 1, dropped=True),
        RowRule(
            "older_state",
            "another state of the case that landed later holds, also if it is of another customer",
            1,
            dropped=True,
        ),
        RowRule("duplicate_ticket", "the id of another customer's case in the same file", LIMIT),
        RowRule("in_the_future", "opened or closed after the start of the run", LIMIT),
        RowRule("closed_before_opened", "it ends before it begins", LIMIT),
        RowRule("impossible_mark", "a mark under zero or over 1,000, or no number", LIMIT),
    ),
    repairs=(Repair("closed_on_its_day", "closed on the day of its opening, told without a time: when it was opened"),),
)
