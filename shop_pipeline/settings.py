"""Where the data are, and what `shop.yaml` says: the only module that reads the environment.

Nothing is read at import. `Paths` is the folder layout under `SHOP_DATA`; `ShopSettings` is `shop.yaml`, validated,
with messages that name the key.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from .names import CustomerMeasure, GatedModel, Label, Measure, ModelName

FeedName = Literal[
    "events",
    "products",
    "customers",
    "stock",
    "messages",
    "assignments",
    "tickets",
    "order_labels",
    "market",
    "rates",
]


class SettingsError(Exception):
    """`shop.yaml` or the environment can't be used; the message names the file and the key."""


@dataclass(frozen=True)
class Paths:
    """The folder that `SHOP_DATA` names, and what lies where in it."""

    data: Path

    @property
    def landing(self) -> Path:
        return self.data / "landing"

    @property
    def shop_yaml(self) -> Path:
        return self.data / "shop.yaml"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.data / "shop.duckdb"

    @property
    def id_key(self) -> Path:
        """The secret of this data folder that turns mail addresses into ids."""
        return self.data / "id.key"

    @property
    def dagster_home(self) -> Path:
        return self.data / "dagster"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone of the IANA database (such as Europe/London)")
    return name


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shop(_Strict):
    """The shop itself."""

    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    currency: str = Field("EUR", pattern="^[A-Z]{3}$")
    first_day: date = date(2009, 1, 1)
    """Days before it are refused; it is where the daily partitions begin."""
    lookback_days: int = Field(3, ge=0, le=366)
    """How many days before yesterday the daily schedule loads again, for late events."""
    debounce_seconds: float = Field(30, ge=0)
    """How long a landing file must have been left alone before the sensor takes it."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Feed(_Strict):
    """The files of one feed, relative to `SHOP_DATA`, and how they are read."""

    files: str
    """Glob, relative to the data folder."""
    format: str = "canonical"
    """Name of a preset; not looked at where `columns` are given."""
    lookups: dict[str, str] = {}
    """Other files of the same export that the format joins: its name for them -> glob."""
    encoding: str = "utf-8"
    columns: dict[str, str] = {}
    """An own mapping: canonical column to a column of the file, or to a DuckDB expression over its columns."""
    naive_timestamps: Literal["utc", "shop"] = "shop"
    """What a time without offset means in an own mapping: UTC, or the shop's time zone."""


class Interactions(_Strict):
    """How events become implicit weights."""

    half_life_days: FiniteFloat = Field(90, gt=0)
    weights: dict[str, FiniteFloat] = {
        "view": 1,
        "click": 1,
        "favourite": 2,
        "add_to_cart": 3,
        "remove_from_cart": -2,
        "purchase": 5,
        "review": 1,
    }
    """Refunds and cancellations need none: they take their share off the purchases."""
    leave_out: list[Label] = ["bot", "staff", "test"]
    """Customers with these labels, and with `bot` all visits of bots, teach the models nothing. Wholesale buyers do:
    they are customers, and in many shops most of the revenue."""


class Returns(_Strict):
    """How refunds and cancellations find their sale (`clean.returns`)."""

    window_days: int = Field(365, ge=1)
    """A sale this many calendar days before its return still counts; by its order number, any does."""


class Customers(_Strict):
    """Who is no ordinary customer (`clean.customer_labels`): a person is never dropped for it, only labelled.

    Wholesale needs two of three signs, each of them the customer's median, so that neither a keen private customer nor
    one large order is enough. What the defaults find, measured: docs/decisions.md.
    """

    wholesale_units_per_line: FiniteFloat = Field(10, gt=0)
    """A household takes a few of a thing; trade packs start at ten or a dozen."""
    wholesale_order_value_times: FiniteFloat = Field(8, gt=0)
    """Orders against those of the middle customer. Spending is skewed: five times is still within reach of people."""
    wholesale_products_per_order: FiniteFloat = Field(20, gt=0)
    """Different products on one order: a range is bought, not a wish. The week's groceries have as many, but not ten
    of each."""
    wholesale_bulk_units: FiniteFloat = Field(24, gt=0)
    """Two dozen of a thing per line are enough without a second sign ..."""
    wholesale_bulk_lines: int = Field(5, ge=1)
    """... over at least so many lines: one or two lines are a wedding."""
    bot_pages_per_minute: int = Field(20, ge=1)
    """A page every three seconds: people reach it for a moment, when they open tabs."""
    bot_minutes: int = Field(3, ge=1)
    """In how many minutes of one day a visit has to be as fast."""
    bot_endless_pages: int = Field(300, ge=1)
    """Pages of a visit on one day without a favourite, a cart or a purchase: an hour and more at 12 seconds a page."""
    bot_share: FiniteFloat = Field(0.5, gt=0, le=1)
    """Share of a customer's events that lie in visits of bots."""
    bot_pages_per_day: int = Field(1000, ge=1)
    """One a minute through 16 waking hours."""
    staff_domains: list[str] = []
    """Domains of the mail addresses of the shop's own people, subdomains included."""
    staff_ids: list[str] = []
    test_domains: list[str] = [
        *("test", "example", "invalid"),
        *("example.com", "example.net", "example.org"),
    ]
    """Reserved by RFC 2606: nobody has an address there."""
    test_domains_limit: FiniteFloat = Field(0.5, ge=0, le=1)
    """Where a larger share of all addresses is there, they stand for addresses that were taken out: no proof."""
    test_patterns: list[Annotated[str, AfterValidator(_regular_expression)]] = [
        "(^|[^a-z])test(er|ing|user|account)?([^a-z]|$)",
        "测试",
    ]
    """Regular expressions, looked for in the name and in the address before the @, both in small letters."""
    test_ids: list[str] = []

    @property
    def test_pattern(self) -> str:
        """All patterns as one; empty without any."""
        return "|".join(f"(?:{pattern})" for pattern in self.test_patterns)


class Recommend(_Strict):
    """Sizes and parameters of the models."""

    list_length: int = Field(20, ge=1, le=1000)
    similar_products: int = Field(50, ge=1, le=1000)
    # ALS until a search for settings has found better ones.
    n_factors: int = Field(32, ge=1, le=1024)
    iterations: int = Field(15, ge=1)
    regularization: float = Field(30, gt=0)
    alpha: float = Field(1.0, gt=0)
    holdout_days: int = Field(28, ge=1, le=3660)
    """Length of the test period that model_evaluation cuts off before `as_of`."""
    seed: int = 7
    memory_gb: float = Field(1.0, gt=0)
    """What a similarity may take beside its result, and a model in all; a larger one is not made, and says so."""
    product_measures: list[Measure] = list(get_args(Measure))
    """How alike products are told to be (models.product_similarity): by who bought them, and by their content."""
    customer_measures: list[CustomerMeasure] = ["cosine"]
    """The same for customers (models.customer_similarity); there are many more of them than products."""
    models: list[ModelName] | None = None
    """Which models the `tune` job compares; all whose needs the data meet, if not given. Popularity is always one."""
    tuning_minutes: float = Field(4.0, gt=0)
    """What the search for settings may take; the fits of the found settings come on top."""


class Alerts(_Strict):
    """Who hears of a failed run; nobody by default."""

    webhook: str | None = None


class ShopSettings(_Strict):
    """All of `shop.yaml`. Only `feeds.events` is needed."""

    shop: Shop = Shop()
    feeds: dict[FeedName, Feed] = {}
    returns: Returns = Returns()
    interactions: Interactions = Interactions()
    customers: Customers = Customers()
    recommend: Recommend = Recommend()
    readiness: dict[GatedModel, Annotated[int, Field(ge=0)]] = {}
    """Own thresholds for the first quantity that a model needs (marts.model_readiness); 0: in any case."""
    limits: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    """Own limits of row rules: the share of a load that may break one before the whole load is refused."""
    alerts: Alerts = Alerts()


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """The data folder: `SHOP_DATA`, by default `data` under the working directory."""
    return Paths(Path(environ.get("SHOP_DATA", "data")).resolve())


def load_settings(path: Path) -> ShopSettings:
    """Read `shop.yaml`; a missing file gives the defaults, a wrong one a `SettingsError` that names the key."""
    if not path.exists():
        return ShopSettings()
    try:
        return ShopSettings.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name}: not valid YAML: {error}") from error
    except ValidationError as error:
        lines = [f"{path.name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from error


def quiet_environment(paths: Paths) -> dict[str, str]:
    """What every process of ours sets before Dagster and Great Expectations start: one instance, no telemetry."""
    return {
        "SHOP_DATA": str(paths.data),
        "DAGSTER_HOME": str(paths.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        # The materializations of a range of days go to the event log together (automation/event_log.py).
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
        "GX_ANALYTICS_ENABLED": "False",
    }


def apply_quiet_environment(paths: Paths) -> None:
    """Set the above in this process."""
    os.environ.update(quiet_environment(paths))
