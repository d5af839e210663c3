"""One sample that has run undisturbed, and one with a late file behind it; every test works on a copy.

8 days (2025-06-23 to 30), 80 customers, 40 products; one model, and a test period that 8 days can hold, so that
`marts.model_evaluation` has rows; it is wanted from one judged customer on, which is all that two days may bring.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline.simulate import ShopConfig, write_sample

from .folder import Shop, event

CONFIG = ShopConfig(days=8, customers=80, products=40)
SETTINGS = """\
shop: {timezone: Europe/London, currency: GBP, first_day: 2025-06-23}
recommend: {holdout_days: 2, models: [item_neighbours]}
readiness: {model_evaluation: 1}
feeds:
  events: {files: "landing/events/**/*"}
"""
OTHERS = ("products", "customers", "stock", "messages", "assignments", "tickets", "order_labels", "market")
# The search and the recommenders that the settings leave out: upstream of the recommendations, and not built by a run.
RIVALS = ("marts.model_trials", "marts.model_selection")
RIVALS += tuple(table.qualified for name, table in FITTED.items() if name != "item_neighbours")
# The tables that stand for all where a test is about runs and not about what they build: 30 instead of 93.
CORE = ("recommendations", "similar_products", "popular_products", "sales_daily", "model_readiness")
LATE_DAY, LATE_FILE = "2025-06-27", "events-2025-06-29-late.csv"


def run_as_far_as(marts: Iterable[str]) -> tuple[str, ...]:
    """`shop run` of what these marts are made from, as a whole run builds it."""
    wanted = " or ".join(f"+key:marts/{name}" for name in marts)
    rivals = " or ".join(f"key:{name.replace('.', '/')}" for name in RIVALS)
    return ("run", "--select", f"({wanted}) and not ({rivals})")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """After one good run. Not to be changed."""
    shop = Shop(tmp_path_factory.mktemp("prepared"))
    others = "".join(f'  {name}: {{files: "landing/{name}/*.csv"}}\n' for name in OTHERS)
    (shop.data / "shop.yaml").write_text(SETTINGS + others, "utf-8")
    write_sample(CONFIG, shop.data)
    result = shop.call("run")
    assert result.exit_code == 0, result.output
    return shop


@pytest.fixture
def shop(prepared: Shop, tmp_path: Path) -> Shop:
    """A copy of the prepared shop, to be spoilt."""
    return prepared.copy(tmp_path / "data")


@pytest.fixture(scope="session")
def late(prepared: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The prepared shop after a second run, of `CORE`, for a file of the 29th that holds two events of the 27th."""
    shop = prepared.copy(tmp_path_factory.mktemp("late"))
    land_late(shop)
    result = shop.call(*run_as_far_as(CORE))
    assert result.exit_code == 0, result.output
    return shop


def land_late(shop: Shop) -> Path:
    """A purchase of 3 at 10.00 and a view, two days after they happened."""
    money = {"order_id": "LATE-O1", "quantity": "3", "unit_price": "10.00", "currency": "GBP"}
    known = {"customer_id": "C000001", "session_id": "LATE-S1", "country": "GB"}
    rows = [
        event(f"{LATE_DAY}T10:00:00Z", "view", "P00011", event_id="LATE-1", **known),
        event(f"{LATE_DAY}T10:05:00Z", "purchase", "P00011", event_id="LATE-2", **known, **money),
    ]
    return shop.land(LATE_FILE, rows)
