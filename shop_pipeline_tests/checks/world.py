"""A hand-made shop of a few rows in which every table keeps every promise, and what is done to its rows to break one.

`GOOD` is the clean frame of each table. Bad rows for nulls, ranges, values, keys and foreign keys are made from the
contract itself; rules by name are planted by hand in `planted.py`. Tables about customers have a module per area.

The shop, worked by hand: order O1 sells 2 x P1 at 10 and postage at 3, and takes 1 x P1 back: 20 + 3 - 10 = 13. Order
O2 sells one P2 for nothing and takes three back, one of which it sold: a missing amount there leaves every total as it
is. P1 has two versions, each event is of a first one.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import duckdb

from shop_pipeline.checks import Gate, Part, Report
from shop_pipeline.contracts import TABLES, Table
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline_tests.checks import (
    baskets_rows,
    customer_rows,
    demand_rows,
    inventory_rows,
    market_rows,
    pricing_rows,
    propensity_rows,
    segment_rows,
    value_rows,
)
from shop_pipeline_tests.checks.rows import AS_OF, DAY, MOMENT, Row, row

JUDGED = {"_row": "BIGINT", "_part": "INTEGER"}
"""Types of the judgement columns that are not text."""


def _event(event_id: str, event_type: str, product: str, customer: str, **given: Any) -> Row:
    ids = {"event_id": event_id, "event_type": event_type, "product_id": product, "customer_id": customer}
    return row("clean.events", **ids, **given)


def _line(order: str, number: int, event: str, product: str, **given: Any) -> Row:
    """A sold unit without price, and what is given; net follows."""
    ids = {"order_id": order, "line_number": number, "event_id": event, "product_id": product, "customer_id": "C1"}
    zero = ("gross_amount", "returned_amount", "booked_amount", "returned_quantity", "matched_quantity", "unit_price")
    told = dict.fromkeys(zero, 0) | {"quantity": 1, "is_return": False} | given
    sold = 0 if told["is_return"] else told["quantity"]
    net = {
        "net_amount": told["gross_amount"] - told["returned_amount"],
        "net_quantity": sold - told["returned_quantity"],
    }
    return row("clean.order_lines", **ids, **net, **told)


def _part(event: str, number: int, order: str, product: str, sale: str | None, **given: Any) -> Row:
    """A part of a return, matched by its order or not at all."""
    ids = {"return_event_id": event, "match_number": number, "order_id": order, "product_id": product}
    method = {"method": "order_id" if sale else "unmatched", "reason": None if sale else "more_than_bought"}
    sold = {"sale_event_id": sale, "sale_order_id": order if sale else None, "sold_at": MOMENT if sale else None}
    return row("clean.returns", **ids, **method, **sold, customer_id="C1", days_after=0 if sale else None, **given)


def _day(category: str, gross: int, returned: int) -> Row:
    money = {"gross_revenue": gross, "returned_revenue": returned, "net_revenue": gross - returned}
    return row("marts.sales_daily", category=category, **money)


def _each(name: str, column: str, values: Iterable[Any]) -> list[Row]:
    return [row(name, **{column: value}) for value in values]


def _ranked(name: str, lists: Mapping[str, Iterable[str]], owner: str, product: str, **given: Any) -> list[Row]:
    """Lists of products by owner, ranked in the order given."""
    return [
        row(name, **{owner: key, "rank": rank, product: id_}, **given)
        for key, ids in lists.items()
        for rank, id_ in enumerate(ids, 1)
    ]


def _fitted(table: Table) -> list[Row]:
    """A few rows of a fitted model, by the shape of its table."""
    name, columns = table.qualified, table.column_names
    if "linked_product_id" in columns:
        return _ranked(name, LIKE, "product_id", "linked_product_id")
    if "linked_customer_id" in columns:
        return _ranked(name, {"C1": ("C2", "C3"), "C2": ("C1",)}, "customer_id", "linked_customer_id")
    if "group_name" in columns:
        pairs = (("customer", "C1", None), ("product", "P1", 0.5), ("product", "P2", 0.5))
        return [row(name, group_name="all", entity=entity, id=id_, score=score) for entity, id_, score in pairs]
    if "factors" in columns:
        return [
            row(name, entity=entity, id=id_)
            for entity, id_ in (("customer", "C1"), ("product", "P1"), ("customer", "C2"))
        ]
    return [row(name, position=position) for position in (0, 1)]


EVALUATIONS = ("models.evaluation", "marts.model_evaluation", "marts.model_evaluation_by_activity")
SERVICE = {"is_service": True, "product_version": None}
LIKE = {"P1": ("P2", "P3", "P4"), "P2": ("P1",)}

# The last row of each table is the one that column plants spoil.
GOOD: dict[str, list[Row]] = {
    **{name: _each(name, "_row", (2, 3)) for name in TABLES if name.startswith("raw.")},
    # P6 is announced for the clock, and not there yet.
    "clean.products": [
        row("clean.products", product_id=id_, is_listed=True) for id_ in ("P6", "P1", "P2", "P3", "P4", "P5")
    ],
    "clean.prices": [
        row("clean.prices", product_id="P1", version=1, valid_from=None, valid_until=MOMENT),
        row("clean.prices", product_id="P1", version=2, valid_until=None),
        row("clean.prices", product_id="P6", valid_from=AS_OF, valid_until=None),
        # Of no day: two of them would follow one another.
        *(row("clean.prices", product_id=id_, valid_from=None, valid_until=None) for id_ in ("P2", "P3", "P4", "P5")),
    ],
    "clean.rates": [
        row("clean.rates", currency="EUR", valid_from=date(2025, 1, 1), valid_until=DAY),
        row("clean.rates", currency="EUR", valid_until=None),
    ],
    "clean.stock": _each("clean.stock", "product_id", ("P1", "P2")),
    "clean.customers": [row("clean.customers", customer_id=id_, birth_year=1990) for id_ in ("C1", "C2", "C3")],
    "clean.events": [
        _event("E1", "purchase", "P1", "C1", order_id="O1", quantity=2, unit_price=10),
        _event("E2", "purchase", "P2", "C1", order_id="O2", quantity=1, unit_price=0),
        _event("E3", "refund", "P1", "C1", order_id="O1", quantity=1, unit_price=10),
        _event("E4", "purchase", "POST", "C1", order_id="O1", quantity=1, unit_price=3, is_service=True),
        _event("E6", "refund", "P2", "C1", session_id=None, order_id="O2", quantity=3, unit_price=0),
        _event("E5", "view", "P3", "C2", order_id=None, quantity=None, unit_price=None),
    ],
    "clean.returns": [
        _part("E3", 1, "O1", "P1", "E1", quantity=1, unit_price=10, amount=10),
        _part("E6", 2, "O2", "P2", None, quantity=2, unit_price=0, amount=0),
        _part("E6", 1, "O2", "P2", "E2", quantity=1, unit_price=0, amount=0),
    ],
    "clean.order_lines": [
        _line(
            *("O1", 1, "E1", "P1"),
            quantity=2,
            unit_price=10,
            gross_amount=20,
            booked_amount=20,
            returned_quantity=1,
            returned_amount=10,
        ),
        _line("O1", 2, "E3", "P1", unit_price=10, matched_quantity=1, booked_amount=-10, is_return=True),
        _line("O1", 3, "E4", "POST", unit_price=3, gross_amount=3, booked_amount=3, **SERVICE),
        _line("O2", 2, "E6", "P2", quantity=3, matched_quantity=1, returned_quantity=2, is_return=True),
        _line("O2", 1, "E2", "P2", returned_quantity=1),
    ],
    "clean.orders": [
        row("clean.orders", order_id="O1", customer_id="C1", gross_revenue=23, returned_revenue=10, net_revenue=13),
        row("clean.orders", order_id="O2", customer_id="C1", gross_revenue=0, returned_revenue=0, net_revenue=0),
    ],
    # The five events above, and a bot at the end.
    "clean.sessions": [
        row("clean.sessions", session_id=id_, customer_id=customer, n_events=n, n_views=0, n_carts=0, n_purchases=0)
        | {"is_bot": rule is not None, "bot_rule": rule}
        for id_, customer, n, rule in (("S1", "C1", 3, None), ("S2", "C2", 2, "rate"))
    ],
    "clean.customer_labels": [
        row("clean.customer_labels", customer_id=customer, label=label, rule=rule, value=value, threshold=threshold)
        for customer, label, rule, value, threshold in (
            ("C1", "wholesale", "units_per_line", 12.0, 10.0),
            ("C2", "staff", "listed_id", 1.0, 1.0),
        )
    ],
    "clean.quarantine": _each("clean.quarantine", "line", (7, 8)),
    # P5 is no product of the lists: it is hidden. P1 is bought again and again.
    "features.product_rules": [
        row("features.product_rules", product_id=id_, is_shown=rule is None, rule=rule, n_buyers=2, rebuy_share=share)
        | {"rebuy_days": 5.0 if share else None, "is_rebought": share > 0}
        for id_, rule, share in (
            ("P1", None, 0.5),
            ("P5", "blocked", 0.0),
            ("P3", None, 0.0),
            ("P4", None, 0.0),
            ("P2", None, 0.0),
        )
    ],
    "features.repurchases": [
        row("features.repurchases", customer_id=customer, product_id="P1", due_at=datetime(2025, 1, 7), is_due=True)
        for customer in ("C3", "C1")
    ],
    "features.interactions": [
        row("features.interactions", customer_id=customer, product_id=product, last_event_at=datetime(2025, 1, 31))
        for customer, product in (("C1", "P1"), ("C2", "P2"), ("C1", "P2"))
    ],
    "models.product_similarity": _ranked("models.product_similarity", LIKE, "product_id", "similar_product_id"),
    "models.customer_similarity": _ranked(
        "models.customer_similarity", {"C1": ("C2", "C3"), "C2": ("C1",)}, "customer_id", "similar_customer_id"
    ),
    "models.rating_factors": [
        row("models.rating_factors", entity=entity, id=id_) for entity, id_ in (("shop", ""), ("product", "P1"))
    ],
    **{table.qualified: _fitted(table) for table in FITTED.values()},
    "marts.recommendations": _ranked(
        "marts.recommendations", {"C2": ("P1", "P3", "P4"), "C1": ("P3",)}, "customer_id", "product_id"
    ),
    "marts.similar_products": _ranked("marts.similar_products", LIKE, "product_id", "similar_product_id"),
    "marts.popular_products": _ranked(
        "marts.popular_products", {"all": ("P1", "P2", "P3"), "trending": ("P1",)}, "scope", "product_id"
    ),
    "marts.similar_customers": _ranked(
        "marts.similar_customers", {"C1": ("C2", "C3"), "C2": ("C1",)}, "customer_id", "similar_customer_id"
    ),
    "marts.email_recommendations": _ranked(
        "marts.email_recommendations", {"C2": ("P1", "P3", "P4"), "C1": ("P3",)}, "customer_id", "product_id"
    ),
    "marts.product_page_recommendations": _ranked(
        "marts.product_page_recommendations", LIKE, "product_id", "shown_product_id"
    ),
    "marts.home_page_recommendations": _ranked(
        "marts.home_page_recommendations", {"all": ("P1", "P2", "P3"), "trending": ("P1",)}, "list", "product_id"
    ),
    "marts.sales_daily": [_day("a", 20, 10), _day("(service)", 3, 0), _day("b", 0, 0)],
    **{
        name: [
            row(name, model=model, ci_low=0.4, ci_high=0.6, is_champion=model == "als")
            for model in ("popularity", "als")
        ]
        for name in EVALUATIONS
    },
    "marts.model_trials": [
        row("marts.model_trials", model=model, trial=trial, ci_low=0.4, ci_high=0.6, is_best=trial == 1)
        for model, trial in (("popularity", 1), ("als", 1), ("als", 2))
    ],
    "marts.model_selection": [
        row("marts.model_selection", model=model, as_of=AS_OF, is_chosen=model == "als")
        for model in ("als", "popularity")
    ],
    # The hybrid is better than als by itself, and nmf is no part of it.
    "marts.hybrid_weights": [
        row("marts.hybrid_weights", model=model, weight=weight, value=value, hybrid_value=0.5, ci_low=0.4, ci_high=0.6)
        for model, weight, value in (("als", 0.75, 0.4), ("nmf", 0.0, 0.1), ("popularity", 0.25, 0.3))
    ],
    "marts.list_trade_offs": [
        row("marts.list_trade_offs", curve=curve, setting=setting, is_used=is_used, ndcg=ndcg, ndcg_loss=0.5 - ndcg)
        | {"loss_ci_low": None, "loss_ci_high": None, "relevance_kept": 1.0 if setting == 0 else 0.9}
        for curve, setting, is_used, ndcg in (
            ("diversity", 0.0, True, 0.5),
            ("rules", 0.0, False, 0.5),
            ("rules", 1.0, True, 0.6),
            ("diversity", 0.5, False, 0.25),
        )
    ],
    "features.visits": [
        row("features.visits", visit_id=visit, product_id=product, last_event_at=datetime(2025, 1, 31))
        for visit, product in (("session: S1", "P1"), ("session: S2", "P2"), ("session: S1", "P2"))
    ],
    "models.session_links": _ranked("models.session_links", LIKE, "product_id", "next_product_id"),
    "models.session_evaluation": [
        row("models.session_evaluation", model=model, ci_low=0.4, ci_high=0.6, is_champion=model == "transitions")
        for model in ("popularity", "transitions")
    ],
    "marts.session_recommendations": _ranked(
        "marts.session_recommendations", LIKE, "product_id", "next_product_id", score=0.5
    ),
    "features.model_counts": _each("features.model_counts", "quantity", ("orders", "buyers")),
    "marts.model_readiness": [
        row("marts.model_readiness", model=model, verdict=verdict, observed=observed, threshold=16)
        for model, verdict, observed in (("als", "none", 15), ("clv", "full", 16))
    ],
    "marts.data_quality": _each("marts.data_quality", "rule", ("a", "b")),
    "ops.check_results": _each("ops.check_results", "rule", ("a", "b")),
    "ops.landing_files": _each("ops.landing_files", "file", ("a.csv", "b.csv")),
    "ops.run_manifest": _each("ops.run_manifest", "run_id", ("a", "b")),
    **customer_rows.GOOD,
    **value_rows.GOOD,
    **segment_rows.GOOD,
    **propensity_rows.GOOD,
    **baskets_rows.GOOD,
    **demand_rows.GOOD,
    **pricing_rows.GOOD,
    **inventory_rows.GOOD,
    **market_rows.GOOD,
}


class World:
    """A warehouse that holds the clean frames, and a gate in front of it."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self.duck = duck
        self.gate = Gate(duck, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])
        for name, rows in GOOD.items():
            source = self.source(TABLES[name], rows)
            columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names)
            duck.execute(f"INSERT INTO {name} BY NAME SELECT {columns} FROM ({source})")

    def source(self, table: Table, rows: list[Row]) -> str:
        """A SELECT for the rows, with the judgement columns that a builder of the table gives."""
        judged = ("_rule", "_reason", "_file", "_row", "_part", "_source") if table.row_rules else ()
        types = {column.name: column.type for column in table}
        types |= {name: JUDGED.get(name, "VARCHAR") for name in judged if name not in types}
        if table.repairs:
            types["_repairs"] = f"STRUCT({', '.join(f'{repair.name} BOOLEAN' for repair in table.repairs)})"
        body = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE planted ({body})")
        # One statement per row: within one VALUES list the types of all rows would have to agree.
        marks = ", ".join("?" for _ in types)
        self.duck.executemany(f"INSERT INTO planted VALUES ({marks})", [[r.get(name) for name in types] for r in rows])
        return "SELECT * FROM planted"

    def write(self, name: str, rows: list[Row]) -> Report:
        return self.gate.write(Part(TABLES[name], self.source(TABLES[name], rows)))

    def stored(self, name: str) -> list[tuple[Any, ...]]:
        return self.duck.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
