"""What a simulated shop is like: one frozen record of sizes, seed and model parameters.

Here: the numbers that a caller may choose, and their checks. Not here: what is drawn from them (every other module
of this package), and not the words of the catalogue (`words`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# One independent stream per part: a change in one part leaves the draws of the others as they were.
PARTS = ("catalogue", "people", "buying", "baskets", "marketing", "browsing", "aftercare", "supply", "dirt")


@dataclass(frozen=True, kw_only=True)
class ShopConfig:
    """Sizes, seed and true parameters of a simulated shop; the same config gives the same bytes."""

    days: int = 180
    """Calendar days (shop time zone) of the sample, the last one included."""
    customers: int = 5_000
    """Rows of the customers feed, without the test accounts."""
    products: int = 800
    """Products of the catalogue, at least 24 (one per category)."""
    seed: int = 7
    """Seed of the one random generator from which every part is spawned."""
    last_day: date = date(2025, 6, 30)
    """Last calendar day; fixed, so that the sample does not depend on when it is made."""
    events: int | None = None
    """Approximate number of event rows; browsing is scaled to reach it. None: as the customers browse."""
    dirt: float = 0.001
    """Share of event rows for each kind of dirt (at least 3 rows of each); 0 gives clean files."""
    timezone: str = "Europe/London"
    """Time zone whose midnight separates the files of the events."""
    currency: str = "GBP"
    """ISO 4217 code written beside every price."""

    r: float = 0.6
    """BG/NBD: shape of the gamma distribution of buying rates."""
    alpha: float = 20.0
    """BG/NBD: rate of that gamma distribution, in days."""
    a: float = 0.8
    """BG/NBD: first parameter of the beta distribution of the drop-out probability."""
    b: float = 2.4
    """BG/NBD: second parameter of that beta distribution."""
    p: float = 5.0
    """Gamma-gamma: shape of the value of one order, given the customer."""
    q: float = 4.0
    """Gamma-gamma: shape of the customers' own rates."""
    v: float = 27.0
    """Gamma-gamma: rate of that distribution, in currency; the mean order is p v / (q - 1)."""

    weekly: tuple[float, ...] = (0.92, 0.90, 0.95, 1.00, 1.08, 1.15, 1.00)
    """Relative intensity from Monday to Sunday."""
    yearly_amplitude: float = 0.12
    """Half the swing of the yearly wave, which peaks in the middle of December."""
    yearly_trend: float = 0.15
    """Relative growth of the intensity over 365 days."""
    elasticities: tuple[float, float, float, float] = (-0.7, -1.3, -1.9, -2.5)
    """Own-price elasticity of units for the four departments, in the order of `words.DEPARTMENTS`."""
    price_levels: tuple[float, ...] = (0.75, 0.85, 1.0, 1.0, 1.12, 1.25)
    """Multiples of the base price between which a price jumps; repeated ones are likelier."""
    price_change: float = 0.03
    """Probability per product and day that a new level is drawn."""
    stock_out: float = 0.005
    """Probability per product and day that a spell of 2 to 8 days without stock begins."""

    share_wholesale: float = 0.015
    """Share of customers who buy `wholesale_factor` times as much per order."""
    wholesale_factor: float = 15.0
    """Multiple of the gamma-gamma value for wholesale orders."""
    share_lookers: float = 0.08
    """Share of customers who browse and never buy."""
    share_bots: float = 0.002
    """Share of customer accounts that are crawlers (at least one)."""
    share_frauds: float = 0.012
    """Share of customer accounts that belong to fraud rings (at least one ring of 4)."""
    share_staff: float = 0.004
    """Share of customer accounts that belong to the shop's own people (at least one); they buy as others do."""
    sessions_per_order: float = 1.6
    """Sessions without a purchase for each order, besides those that prepare one."""
    share_anonymous: float = 0.4
    """Share of these sessions whose visitor is unknown."""
    pair_probability: float = 0.4
    """Probability that a bought product of a planted pair brings its partner along."""
    refund_rate: float = 0.05
    """Probability that a sold line is refunded 3 to 25 days later, if the sample lasts that long."""
    cancel_rate: float = 0.015
    """Probability that a sold line is cancelled within 20 hours."""
    review_rate: float = 0.08
    """Probability that a sold line is reviewed 3 to 20 days later."""

    campaigns: int = 6
    """Campaigns, evenly spaced; each is measured over `campaign_days`."""
    campaign_days: int = 7
    """Days after the contact in which an order counts for the campaign."""
    campaign_lift: float = 0.05
    """Absolute rise of the share of contacted customers who order in that window."""
    experiment_days: int = 28
    """Days after the assignment in which an order counts for the experiment."""
    experiment_effect: float = 0.06
    """Absolute rise of that share in the treatment arm of `EXP-CHECKOUT`; `EXP-NULL` has none."""
    market_share: float = 0.12
    """Our mean share of a category's market; the categories lie between half and one and a half of it."""

    def __post_init__(self) -> None:
        """Refuse what the generator can't honour."""
        if self.days < 3 or self.customers < 20 or self.products < 24:
            raise ValueError("a shop needs at least 3 days, 20 customers and 24 products")
        if not 0 <= self.dirt <= 0.005:
            raise ValueError(f"dirt is a share per kind between 0 and 0.005, not {self.dirt}")
        if self.q <= 1 or len(self.weekly) != 7:
            raise ValueError("q must exceed 1 (else the mean order is infinite) and weekly needs 7 numbers")

    @property
    def first_day(self) -> date:
        """First calendar day of the sample."""
        return self.last_day - timedelta(days=self.days - 1)
