"""A persona: a short paragraph about a segment, made from its profile and that of all customers.

Only what is known is told, and a difference only where it is one: thresholds below. Here: what is said. Not here: how
it is said (`persona_words.py`), and where profiles come from (the asset `marts.segment_profiles`).
"""

from dataclasses import dataclass
from math import sqrt

from .persona_words import (
    AGE,
    AMOUNT,
    BUYING,
    CHANNEL,
    DISCOUNTS,
    GENDER,
    HEAD,
    INTERESTS,
    RETURNS,
    SILENCE,
    WHOLESALE,
    Compared,
    Language,
    Phrase,
    listed,
    paragraph,
    percent,
)

RATIO = 1.25
"""More is told from a quarter more on, less from a fifth less on (its inverse)."""
POINTS = 0.1
"""Shares differ from ten points on; a gender prevails with so much over a half."""
FEWEST = 10
"""Of fewer no share is told: one of them would be more than POINTS."""
ERRORS = 2
"""A difference that is not beyond so many standard errors may be chance."""
HAIR = 1e-9
"""Shares are quotients: 0.35 - 0.25 is a hair below 0.1."""
YEARS = 5
"""Ages differ from five years on."""
LIFT = 1.2
"""A category is told if it takes a fifth more of their money than of everybody's."""
CHANNEL_SHARE = 0.5
"""A channel is the usual one of a segment if at least half of those who have one use it most."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a group of customers is like: means over customers but for two; None where too little is known."""

    n_customers: int
    share_of_customers: float
    share_of_revenue: float
    n_purchases: float
    median_days_since_last: float
    """Not the mean: a few who left long ago would make most others recent."""
    median_purchase: float
    """Not the mean: a few who buy to sell on would make all others small spenders."""
    return_share: float
    discount_share: float
    share_wholesale: float
    n_age_known: int = 0
    age_years: float | None = None
    age_spread: float | None = None
    """The standard deviation of their ages."""
    n_gender_known: int = 0
    share_female: float | None = None
    """Of those whose gender is known."""
    top_categories: tuple[str, ...] = ()
    top_category_lifts: tuple[float, ...] = ()
    """For each its share of the group's money over its share of everybody's."""
    n_channel_known: int = 0
    top_channel: str | None = None
    share_top_channel: float | None = None
    """Of those who have a channel that they use most."""


def persona(name: Phrase, own: Profile, everybody: Profile, currency: str, language: Language) -> str:
    """The paragraph: size, how they buy beside `everybody`, who they are, what they like to buy and where."""
    head = HEAD.of(language).format(
        name=_sentence_case(name.of(language)),
        n=own.n_customers,
        customers=percent(own.share_of_customers, language),
        revenue=percent(own.share_of_revenue, language),
    )
    found = [*_habits(own, everybody, currency), *_shares(own, everybody, language)]
    found += [_gender(own, language), _age(own, everybody), *_tastes(own, language)]
    return paragraph([head, *(phrase.of(language) for phrase in found if phrase)], language)


def _habits(own: Profile, everybody: Profile, currency: str) -> list[Phrase | None]:
    """How often, for how much and how recently they buy, beside all customers."""
    asked = (
        (BUYING, own.n_purchases, everybody.n_purchases),
        (AMOUNT, own.median_purchase, everybody.median_purchase),
        (SILENCE, own.median_days_since_last, everybody.median_days_since_last),
    )
    return [
        _compared(words, _by_ratio(mine, all_), own=mine, all=all_, currency=currency) for words, mine, all_ in asked
    ]


def _shares(own: Profile, everybody: Profile, language: Language) -> list[Phrase | None]:
    """What part of it is returns, discounts and wholesale, beside all customers."""
    asked = (
        (RETURNS, own.return_share, everybody.return_share),
        (DISCOUNTS, own.discount_share, everybody.discount_share),
        (WHOLESALE, own.share_wholesale, everybody.share_wholesale),
    )
    return [
        _compared(words, _side(mine, all_, own.n_customers), own=percent(mine, language), all=percent(all_, language))
        for words, mine, all_ in asked
    ]


def _gender(own: Profile, language: Language) -> Phrase | None:
    """Which prevails, or that none does where enough are known to have seen it."""
    share, n = own.share_female, own.n_gender_known
    if share is None:
        return None
    side = _side(share, 0.5, n)
    if not side and (abs(share - 0.5) >= POINTS - HAIR or _error(0.5, 0.5, n) > POINTS):
        return None
    return _compared(GENDER, side, share=percent(max(share, 1 - share), language), women=percent(share, language))


def _age(own: Profile, everybody: Profile) -> Phrase | None:
    """The mean age, beside that of all customers where it clearly differs."""
    if own.age_years is None:
        return None
    theirs = own.age_years if everybody.age_years is None else everybody.age_years
    least = max(YEARS, ERRORS * (own.age_spread or 0.0) / sqrt(own.n_age_known))
    return _compared(AGE, _by_points(own.age_years, theirs, least), own=own.age_years, all=theirs)


def _tastes(own: Profile, language: Language) -> list[Phrase | None]:
    """What they buy more than others, and where."""
    found = []
    lifts = zip(own.top_categories, own.top_category_lifts, strict=True)
    if names := [name for name, lift in lifts if lift >= LIFT]:
        found.append(_filled(INTERESTS, names=listed(names, language)))
    share = own.share_top_channel or 0.0
    if own.top_channel is not None and share >= CHANNEL_SHARE and own.n_channel_known >= FEWEST:
        found.append(_filled(CHANNEL, name=own.top_channel, share=percent(share, language)))
    return found


def _by_ratio(own: float, everybody: float) -> int:
    """1, -1 or 0: more, less or about as much."""
    return int(own > 0 and own >= RATIO * everybody) - int(own * RATIO <= everybody and everybody > 0)


def _side(own: float, other: float, n: int) -> int:
    """The same of shares, `own` of `n` customers: 0 also where it may be chance."""
    return _by_points(own, other, max(POINTS, _error(own, other, n))) if n >= FEWEST else 0


def _error(own: float, other: float, n: int) -> float:
    """ERRORS standard errors of a share, or of a mean of shares, of `n` customers.

    A variable between 0 and 1 with the mean p has at most the variance p (1 - p) (Bhatia and Davis, A better bound on
    the variance, 2000), which is that of a yes or no; of both means the larger, as none of five has none.
    """
    return ERRORS * sqrt(max(own * (1 - own), other * (1 - other)) / n)


def _by_points(own: float, other: float, least: float) -> int:
    return int(own - other >= least - HAIR) - int(other - own >= least - HAIR)


def _compared(words: Compared, side: int, **values: object) -> Phrase | None:
    return _filled(words.more if side > 0 else words.less if side < 0 else words.alike, **values)


def _filled(phrase: Phrase | None, **values: object) -> Phrase | None:
    return Phrase(*(text.format(**values) for text in phrase)) if phrase else None


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
