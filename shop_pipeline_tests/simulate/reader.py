"""A reader of samples for the tests of the simulator.

It shares nothing with the package: csv, zoneinfo and pandas only, and it judges each line by itself.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from shop_pipeline.simulate import SampleReport

# Copied from the contract, in its order.
CONTRACT = {
    "events": "event_at,event_type,product_id,event_id,customer_id,session_id,order_id,quantity,unit_price,currency,"
    "rating,review_text,country,ip_address,device_id,channel",
    "products": "product_id,title,description,category,brand,unit_price,unit_cost,attributes,valid_from",
    "customers": "customer_id,name,email,phone,birth_year,gender,country,city,signed_up_at,email_consent,sms_consent,"
    "phone_consent",
    "stock": "product_id,stock_date,on_hand,on_order,lead_time_days",
    "messages": "message_id,campaign_id,channel,customer_id,sent_at,opened_at,clicked_at,cost,is_control",
    "assignments": "experiment_id,variant,customer_id,assigned_at",
    "tickets": "ticket_id,customer_id,opened_at,closed_at,topic,satisfaction",
    "order_labels": "order_id,is_fraud,labelled_at",
    "market": "period_date,category,market_revenue,competitor_price",
}
EVENT_TYPES = {
    *("view", "click", "search", "favourite", "add_to_cart", "remove_from_cart", "checkout"),
    *("purchase", "refund", "cancel", "review"),
}
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Sample:
    """A written sample, read back."""

    out: Path
    report: SampleReport
    events: pd.DataFrame
    """The lines without a fault (late ones included), as text, with `local_day` and `file_day`."""
    faults: Counter[str]
    """Lines per kind of fault."""

    def feed(self, name: str) -> pd.DataFrame:
        """A feed as text; empty is ''."""
        return pd.read_csv(self.out / "landing" / name / f"{name}.csv", dtype=str, keep_default_na=False)

    def truth(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.out / "truth" / f"{name}.parquet")

    def facts(self, name: str) -> object:
        return json.loads((self.out / "truth" / f"{name}.json").read_text(encoding="utf-8"))

    def sales(self) -> pd.DataFrame:
        """True purchase lines with numbers, wholesale and fraud marked."""
        sold = self.events[self.events["event_type"] == "purchase"]
        sold = sold.assign(quantity=sold["quantity"].astype(int), unit_price=sold["unit_price"].astype(float))
        return sold.merge(self.truth("orders")[["order_id", "source", "is_wholesale", "is_fraud"]], on="order_id")


@cache
def _day_of_hour(hour: str) -> str:
    """Local day of a UTC hour (London's offset is whole hours)."""
    moment = datetime.strptime(hour + "Z", "%Y-%m-%dT%HZ").replace(tzinfo=UTC)
    return moment.astimezone(LONDON).date().isoformat()


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


def _judge(row: list[str], seen: set[tuple[str, ...]], products: set[str], file_day: str) -> tuple[str, str]:
    """(fault, local day) of a line; the fault is '' or 'late' for a true one."""
    if len(row) != 16:
        return "broken_line", ""
    at, kind, product, _, customer, _, _, quantity, price = row[:9]
    if tuple(row) in seen:
        return "duplicate", ""
    if kind not in EVENT_TYPES:
        return "unknown_event_type", ""
    try:
        datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return "bad_timestamp", ""
    if at > "2026":
        return "far_future", ""
    if not (_is_number(quantity) and _is_number(price)):
        return "text_in_number", ""
    if kind == "purchase" and float(quantity) <= 0:
        return ("zero_quantity" if float(quantity) == 0 else "negative_quantity"), ""
    if price and float(price) < 0:
        return "negative_price", ""
    if product and product not in products:
        return "unknown_product", ""
    if customer.startswith("TEST-"):
        return "test_order", ""
    day = _day_of_hour(at[:13])
    assert day <= file_day, f"{row} lies before its day, in the file of {file_day}"
    return ("late" if day < file_day else ""), day


def read_sample(out: Path, report: SampleReport) -> Sample:
    """Read and judge every line of the event files."""
    products = set(pd.read_csv(out / "landing/products/products.csv", dtype=str)["product_id"])
    faults: Counter[str] = Counter()
    seen: set[tuple[str, ...]] = set()
    true_rows = []
    for path in sorted((out / "landing" / "events").glob("*.csv")):
        file_day = path.stem.removeprefix("events-")
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            assert ",".join(next(lines)) == CONTRACT["events"]
            for row in lines:
                fault, day = _judge(row, seen, products, file_day)
                faults[fault] += bool(fault)
                if fault in ("", "late"):
                    seen.add(tuple(row))
                    true_rows.append([*row, day, file_day])
    columns = [*CONTRACT["events"].split(","), "local_day", "file_day"]
    return Sample(out, report, pd.DataFrame(true_rows, columns=columns), +faults)
