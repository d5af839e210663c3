"""Where the data are, and what `shop.yaml` says: the only module that reads the environment.

Nothing is read at import. `Paths` is the folder layout under `SHOP_DATA`; `ShopSettings` is `shop.yaml`, validated,
with messages that name the key.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, Field, ValidationError

from .names import GatedModel
from .sections import (
    Baskets,
    Customers,
    Demand,
    Interactions,
    Inventory,
    Lists,
    Prices,
    Propensity,
    Recommend,
    Returns,
    Section,
    Segments,
    Value,
)

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


class Shop(Section):
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


class Feed(Section):
    """The files of one feed, relative to `SHOP_DATA`, and how they are read."""

    files: str
    """Glob, relative to the data folder."""
    format: str = "canonical"
    """Name of a preset; not looked at where `columns` are given."""
    lookups: dict[str, str] = Field({})
    """Other files of the same export that the format joins: its name for them -> glob."""
    encoding: str = "utf-8"
    columns: dict[str, str] = Field({})
    """An own mapping: canonical column to a column of the file, or to a DuckDB expression over its columns."""
    naive_timestamps: Literal["utc", "shop"] = "shop"
    """What a time without offset means in an own mapping: UTC, or the shop's time zone."""


class Alerts(Section):
    """Who hears of a failed run; nobody by default."""

    webhook: str | None = None


class ShopSettings(Section):
    """All of `shop.yaml`. Only `feeds.events` is needed."""

    shop: Shop = Shop()
    feeds: dict[FeedName, Feed] = Field({})
    returns: Returns = Returns()
    interactions: Interactions = Interactions()
    customers: Customers = Customers()
    recommend: Recommend = Recommend()
    lists: Lists = Lists()
    segments: Segments = Segments()
    value: Value = Value()
    propensity: Propensity = Propensity()
    baskets: Baskets = Baskets()
    demand: Demand = Demand()
    prices: Prices = Prices()
    inventory: Inventory = Inventory()
    readiness: dict[GatedModel, Annotated[int, Field(ge=0)]] = Field({})
    """Own thresholds for the first quantity that a model needs (marts.model_readiness); 0: in any case."""
    limits: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field({})
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
