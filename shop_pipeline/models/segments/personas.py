"""A persona: a short paragraph about a segment, made from its profile and that of all customers.

Only what is known is told, and a difference only where it is one: thresholds below. Here: what is said. Not here: how
it is said (`persona_words.py`), and where profiles come from (the asset `marts.segment_profiles`).
"""

from dataclasses import dataclass

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
YEARS = 5
"""Ages differ from five years on."""
LIFT = 1.2
"""A category is told if it takes a fifth more of their money than of everybody's."""
CHANNEL_SHARE = 0.5
"""A channel is the usual one of a segment if at least half of those who have one use it most."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a group of customers is like: means over customers but for one; None where too little is known."""

    n_customers: int
    share_of_customers: float
    share_of_revenue: float
    n_purchases: float
    days_since_last: float
    median_purchase: float
    """Not the mean: a few who buy to sell on would make all others small spenders."""
    return_share: float
    discount_share: float
    share_wholesale: float
    age_years: float | None = None
    share_female: float | None = None
    """Of those whose gender is known."""
    top_categories: tuple[str, ...] = ()
    top_category_lifts: tuple[float, ...] = ()
    """For each its share of the group's money over its share of everybody's."""
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
    told = [*_habits(own, everybody, currency), *_people(own, everybody), *_tastes(own, language)]
    return paragraph([head, *(phrase.of(language) for phrase in told)], language)


def _habits(own: Profile, everybody: Profile, currency: str) -> list[Phrase]:
    """How they buy, beside all customers."""
    by_ratio = (
        (BUYING, own.n_purchases, everybody.n_purchases),
        (AMOUNT, own.median_purchase, everybody.median_purchase),
        (SILENCE, own.days_since_last, everybody.days_since_last),
    )
    by_points = (
        (RETURNS, own.return_share, everybody.return_share),
        (DISCOUNTS, own.discount_share, everybody.discount_share),
        (WHOLESALE, own.share_wholesale, everybody.share_wholesale),
    )
    found = [_compared(words, _by_ratio(mine, all_), mine, all_, currency=currency) for words, mine, all_ in by_ratio]
    found += [_compared(words, _by_points(mine, all_, POINTS), mine, all_) for words, mine, all_ in by_points]
    return [phrase for phrase in found if phrase]


def _people(own: Profile, everybody: Profile) -> list[Phrase]:
    """Gender and age, as far as they are known."""
    found = []
    if own.share_female is not None:
        side = _by_points(own.share_female, 0.5, POINTS)
        words = GENDER.more if side > 0 else GENDER.less if side < 0 else GENDER.alike
        found.append(_filled(words, share=max(own.share_female, 1 - own.share_female)))
    if own.age_years is not None:
        theirs = own.age_years if everybody.age_years is None else everybody.age_years
        found.append(_compared(AGE, _by_points(own.age_years, theirs, YEARS), own.age_years, theirs))
    return [phrase for phrase in found if phrase]


def _tastes(own: Profile, language: Language) -> list[Phrase]:
    """What they buy more than others, and where."""
    found = []
    lifts = zip(own.top_categories, own.top_category_lifts, strict=True)
    if names := [name for name, lift in lifts if lift >= LIFT]:
        found.append(_filled(INTERESTS, names=listed(names, language)))
    if own.top_channel is not None and (own.share_top_channel or 0.0) >= CHANNEL_SHARE:
        found.append(_filled(CHANNEL, name=own.top_channel, share=own.share_top_channel))
    return [phrase for phrase in found if phrase]


def _by_ratio(own: float, everybody: float) -> int:
    """1, -1 or 0: more, less or about as much."""
    return int(own > 0 and own >= RATIO * everybody) - int(own * RATIO <= everybody and everybody > 0)


def _by_points(own: float, other: float, least: float) -> int:
    # Shares are quotients: 0.35 - 0.25 is a hair below 0.1.
    return int(own - other >= least - 1e-9) - int(other - own >= least - 1e-9)


def _compared(words: Compared, side: int, own: float, everybody: float, **more: object) -> Phrase | None:
    chosen = words.more if side > 0 else words.less if side < 0 else words.alike
    return _filled(chosen, own=own, all=everybody, **more)


def _filled(phrase: Phrase | None, **values: object) -> Phrase | None:
    return Phrase(*(text.format(**values) for text in phrase)) if phrase else None


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
