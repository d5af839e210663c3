"""The labels against the truth of the default sample: 5,000 customers, 180 days, 392,150 lines.

The events are read without the pipeline: one statement of DuckDB that leaves the planted faults out. Visits keep more
than an hour's distance from midnight, so that their day in London is their day in UTC.
"""

import json
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pytest

from shop_pipeline.assets.returns import build_returns
from shop_pipeline.assets.session import run_variables
from shop_pipeline.settings import load_settings
from shop_pipeline.simulate import ShopConfig, write_sample
from shop_pipeline.storage import open_warehouse
from shop_pipeline_tests.assets.conftest import Bench

EVENTS = """
INSERT INTO clean.events BY NAME
SELECT DISTINCT
    event_id, event_at::TIMESTAMP AS event_at, event_at::DATE AS event_date, event_type,
    product_id, customer_id, session_id, order_id, quantity::BIGINT AS quantity,
    unit_price::DECIMAL(18, 4) AS unit_price, country, ip_address, device_id, channel, false AS is_service
FROM read_csv(?, all_varchar = true, ignore_errors = true, header = true)
WHERE try_cast(event_at AS TIMESTAMP) < DATE '2026-01-01'
  AND event_type NOT IN ('teleport', 'purchse', 'page-unload')
  AND (product_id IS NULL OR product_id IN (SELECT product_id FROM clean.products))
  AND (quantity IS NULL OR try_cast(quantity AS BIGINT) > 0)
  AND (unit_price IS NULL OR try_cast(unit_price AS DOUBLE) >= 0)
"""
CUSTOMERS = """
INSERT INTO clean.customers BY NAME
SELECT customer_id, name, email, signed_up_at::TIMESTAMP AS signed_up_at, true AS is_registered,
    false AS email_consent, false AS sms_consent, false AS phone_consent
FROM read_csv(?, all_varchar = true, header = true)
"""
PRODUCTS = """
INSERT INTO clean.products BY NAME
SELECT DISTINCT product_id, true AS is_listed FROM read_csv(?, all_varchar = true, header = true)
"""


# Label -> the column of truth/customers.parquet. Test accounts are not in it; dirt.json names them.
TRUTH = {"wholesale": "is_wholesale", "bot": "is_bot", "staff": "is_staff"}


@dataclass(frozen=True)
class Judged:
    """Who is labelled, and who should be, by label; `visits` are ids of visits."""

    found: dict[str, set[str]]
    true: dict[str, set[str]]

    def precision(self, label: str) -> float:
        return len(self.found[label] & self.true[label]) / len(self.found[label])

    def recall(self, label: str) -> float:
        return len(self.found[label] & self.true[label]) / len(self.true[label])


def ids(bench: Bench, sql: str) -> set[str]:
    return {id_ for (id_,) in bench.rows(sql)}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder = tmp_path_factory.mktemp("labels")
    write_sample(ShopConfig(), folder)
    duck = open_warehouse(folder / "warehouse.duckdb", memory_gb=1)
    bench = Bench(duck, folder)
    variables = run_variables(load_settings(folder / "shop.yaml"), "run-1")
    bench.set(**variables | {"as_of": datetime(2025, 6, 30, 23)})
    for sql, feed in ((PRODUCTS, "products"), (CUSTOMERS, "customers"), (EVENTS, "events")):
        duck.execute(sql, [str(folder / "landing" / feed / "*.csv")])
    bench.build(build_returns, "clean.returns")
    duck.execute("INSERT INTO clean.prices BY NAME SELECT product_id, 1 AS version FROM clean.products")
    for name in ("clean.order_lines", "clean.sessions", "clean.customer_labels"):
        bench.run(name)
    found = {
        label: ids(bench, f"SELECT customer_id FROM clean.customer_labels WHERE label = '{label}'")
        for label in (*TRUTH, "test")
    }
    people = pd.read_parquet(folder / "truth" / "customers.parquet")
    true = {label: set(people.loc[people[column], "customer_id"]) for label, column in TRUTH.items()}
    true["test"] = set(json.loads((folder / "truth" / "dirt.json").read_text("utf-8"))["test_customer_ids"])
    # Device D0000012 is that of C000012, who is logged in at half of the visits only.
    devices = ", ".join(f"'D0{id_[1:]}'" for id_ in true["bot"])
    found["visits"] = ids(bench, "SELECT session_id FROM clean.sessions WHERE is_bot")
    true["visits"] = ids(bench, f"SELECT session_id FROM clean.sessions WHERE device_id IN ({devices})")
    duck.close()
    return Judged(found, true)


# Precision and recall, measured with seed 7 (and their range over the seeds 1 to 7):
# wholesale .778 (.628 to .861) and .747 (.720 to .880); visits of bots 1 and .995 (.994 to 1); all others 1 and 1.
# A trader of the simulator spends 15 times as much as the same person would: the lower fifth of them spends no more
# than the best private customers and the frauds do. The missed visits of bots are the shortest.
BOUNDS = {
    "wholesale": (0.62, 0.70),
    "bot": (1.0, 1.0),
    "visits": (1.0, 0.99),
    "staff": (1.0, 1.0),
    "test": (1.0, 1.0),
}


@pytest.mark.parametrize("label", BOUNDS)
def test_labels_find_those_whom_the_truth_names(judged: Judged, label: str) -> None:
    precision, recall = BOUNDS[label]
    assert judged.precision(label) >= precision
    assert judged.recall(label) >= recall


def test_there_is_somebody_to_find(judged: Judged) -> None:
    """By the shares of the config: 1.5 %, 0.2 % and 0.4 % of 5,000 customers; three test accounts."""
    assert {label: len(judged.true[label]) for label in (*TRUTH, "test")} == {
        "wholesale": 75,
        "bot": 10,
        "staff": 20,
        "test": 3,
    }
    assert len(judged.true["visits"]) > 300


def test_ordinary_customers_are_left_alone(judged: Judged) -> None:
    """Of 4,900 customers who are none of all that, 1 in 100 at most is labelled: those who spend like a trader."""
    special = set().union(*(judged.true[label] for label in (*TRUTH, "test")))
    wrong = set().union(*(judged.found[label] for label in (*TRUTH, "test"))) - special
    assert len(wrong) < 0.01 * 4_900
