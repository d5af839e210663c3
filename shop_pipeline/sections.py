"""The sections of `shop.yaml` about customers, learning and lists: what each number means, and its default.

Here: declarations only. Not here: where the file is and how it is read (`settings.py`), the names it may use
(`names.py`).
"""

import re
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from .names import ClassifierName, CustomerMeasure, Label, Measure, ModelName


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    return text


class Section(BaseModel):
    """A part of `shop.yaml`: a key that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interactions(Section):
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


class Returns(Section):
    """How refunds and cancellations find their sale (`clean.returns`)."""

    window_days: int = Field(365, ge=1)
    """A sale this many calendar days before its return still counts; by its order number, any does."""


class Customers(Section):
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


class Recommend(Section):
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
    """Which models the `tune` job compares, and a daily run before it; all whose needs the data meet, if not given.
    Popularity is always one."""
    tuning_minutes: float = Field(4.0, gt=0)
    """What the search for settings may take; the fits of the found settings come on top."""


class Lists(Section):
    """What a shop shows: rules, diversity and margin, the last step before a list is published."""

    blocked_products: list[str] = []
    """Ids of products that are never shown."""
    blocked_categories: list[str] = []
    """Categories that are never shown, with all below them (`a > b` blocks `a > b > c`)."""
    show_out_of_stock: bool = False
    """Also products of which the newest stock count says that there are none."""
    rebuy_share: FiniteFloat = Field(0.2, ge=0, le=1)
    """A product is bought again and again where at least this share of its buyers bought it on two days or more ..."""
    rebuy_buyers: int = Field(10, ge=1)
    """... and it had so many buyers: of fewer, a share says little. Such a product may come back into the list of
    who bought it when the usual time between two purchases is over."""
    new_days: int = Field(30, ge=0)
    """A product that no known customer has had to do with is new for so many days after its first event."""
    diversity: FiniteFloat = Field(0.2, ge=0, le=1)
    """How much likeness to what stands above in the list counts against a product; 0 leaves the order alone."""
    margin: FiniteFloat = Field(0.0, ge=0, le=1)
    """How much the product's margin counts beside relevance; 0 leaves it out."""
    holdout_share: FiniteFloat = Field(0.05, ge=0, lt=1)
    """Share of the customers who are marked as held out: show them no list, and compare what they do."""
    holdout_name: str = Field("lists", min_length=1)
    """Another name draws other customers; the same name always the same ones."""
    email_length: int = Field(5, ge=1, le=100)
    """Places of a list for an e-mail."""


class Segments(Section):
    """How customers are put into segments (`marts.customer_segments`)."""

    most: int = Field(8, ge=2, le=20)
    """The largest number of segments that k-means is tried with."""
    sample: int = Field(20_000, ge=100)
    """Customers from whom clusters are learned, drawn at random; all others are put into what was found."""


class Value(Section):
    """Lifetime value (`marts.customer_value`)."""

    horizon_days: int = Field(365, ge=1, le=3660)
    """How far ahead purchases count."""
    discount_rate: FiniteFloat = Field(0.1, ge=0, le=1)
    """Per year: money in a year is worth 1 / (1 + rate) of money now."""
    margin: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of revenue that is earned. Without it, that of the lines whose cost is known, if they bring a tenth of the
    group's revenue; else revenue counts in full."""
    interval: float = Field(0.8, gt=0, lt=1)
    """Share of customers who are to end between `clv_low` and `clv_high`: chance in their purchases and amounts, by
    the model. That the model or its numbers may be wrong is not in it, nor in the naive rule how little a short history
    says. `marts.clv_evaluation` tells how many were inside (`revenue_coverage`); a tenth less is warned of."""
    holdout_days: int | None = Field(None, ge=1, le=3660)
    """Length of the period that the report on lifetime value holds out; without it a third of the history, but no more
    than `horizon_days`. The history begins when 2 % of the purchases have happened."""
    tiers: dict[str, Annotated[float, Field(gt=0, le=1)]] = {"platinum": 0.05, "gold": 0.15, "silver": 0.3}
    """Shares of the customers of a group, those with the highest value first; who is in none is `bronze`, and who is
    worth nothing."""
    weights: dict[Literal["ordinary", "wholesale"], Annotated[float, Field(ge=0)]] = {"ordinary": 1, "wholesale": 1}
    """W of the customer value score R / C x W, by group of customers."""


class Propensity(Section):
    """Who leaves, and who buys what next (`marts.churn_scores`, `marts.purchase_propensity`)."""

    churn_days: int = Field(90, ge=1, le=3660)
    """Who buys nothing for so many days has left."""
    category_days: int = Field(30, ge=1, le=3660)
    """Within so many days a category is bought, or a next purchase made."""
    categories: int = Field(12, ge=1, le=100)
    """How many categories are looked at, those with most buyers first."""
    models: list[ClassifierName] = list(get_args(ClassifierName))
    """Which classifiers are compared."""


class Baskets(Section):
    """Association rules over what is bought together (`marts.bought_together`)."""

    min_support: FiniteFloat = Field(0.001, gt=0, le=1)
    """Share of the baskets that hold all products of a rule."""
    min_confidence: FiniteFloat = Field(0.2, gt=0, le=1)
    """Share of the baskets with its antecedents that hold its consequents, too."""
    false_discovery_rate: FiniteFloat = Field(0.05, gt=0, le=1)
    """How many of the rules may be chance, as a whole or in what one of their products adds (Benjamini, Hochberg)."""
    most_itemsets: int = Field(300_000, ge=1)
    """Where there would be more, the support of three products and more is raised until there are not, that of pairs
    only if they are too many alone; the table's metadata say so."""


class Demand(Section):
    """Forecasts of demand and sales (`marts.demand_forecast` and its neighbours)."""

    horizon_days: int = Field(28, ge=1, le=366)
    """How far ahead days are forecast."""
    horizon_weeks: int = Field(13, ge=1, le=104)
    """How far ahead weeks are forecast, the running one among them, of which nothing is told."""
    history_days: int = Field(1095, ge=14, le=3660)
    """How far back the series go."""
    windows: int = Field(5, ge=2, le=12)
    """Cuts of the rolling-origin back-test, where the history allows so many; the last one judges."""
    dear_series: int = Field(200, ge=0)
    """Models that take a tenth of a second per series are tried on so many of them: the shop, the categories, and the
    products with the highest revenue."""
    holiday_country: str | None = Field(None, pattern="^[A-Z]{2}$")
    """Country (ISO 3166-1) whose public holidays the forecasts know."""
    promotion_discount: FiniteFloat = Field(0.05, gt=0, lt=1)
    """A product whose price is so much under its usual one is on promotion."""


class Prices(Section):
    """What prices might be (`marts.price_suggestions`)."""

    max_change: FiniteFloat = Field(0.1, gt=0, le=1)
    """A suggestion is never further from today's price than this share of it ..."""
    min_margin: FiniteFloat = Field(0.05, ge=0, lt=1)
    """... nor leaves less than this share of the price above the cost."""


class Inventory(Section):
    """What to order when (`marts.inventory_plan`)."""

    service_level: FiniteFloat = Field(0.95, gt=0.5, lt=1)
    """Share of the order cycles that are to pass without a stock-out."""
    lead_time_days: FiniteFloat = Field(14, ge=0, le=366)
    """From order to delivery, where the stock feed does not say."""
    review_days: int = Field(1, ge=1, le=90)
    """How often stock is looked at and orders are placed."""
    order_cost: Annotated[float, Field(gt=0)] | None = None
    """What one order costs, whatever is on it; with it and unit costs the order quantity is the economic one."""
    holding_rate: FiniteFloat = Field(0.25, gt=0, le=10)
    """What it costs to hold stock for a year, as a share of its value."""
    abc: dict[Literal["A", "B"], Annotated[float, Field(gt=0, lt=1)]] = {"A": 0.8, "B": 0.95}
    """Products by falling revenue: A up to this share of all revenue, B up to that, the rest C."""
    xyz: dict[Literal["X", "Y"], Annotated[float, Field(gt=0)]] = {"X": 0.5, "Y": 1.0}
    """Coefficient of variation of weekly units: X up to this, Y up to that, else Z."""

    @model_validator(mode="after")
    def _bounds_rise(self) -> Self:
        if [*self.abc] != ["A", "B"] or self.abc["A"] > self.abc["B"]:
            raise ValueError("abc: A and B in this order, and A not above B")
        if [*self.xyz] != ["X", "Y"] or self.xyz["X"] > self.xyz["Y"]:
            raise ValueError("xyz: X and Y in this order, and X not above Y")
        return self
