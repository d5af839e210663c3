"""What a cluster is called: words for how its centre differs from the mean customer, such as 'frequent big spenders'.

A centre changes only when the model is learned again, and so does its name. Here: names of centres, in both languages,
different within a model. Not here: the words (`persona_words.py`), and the segments of RFM, which have names of their
own (`rfm.py`).
"""

from collections import Counter
from collections.abc import Sequence

from ..arrays import DoubleArray
from .persona_words import AVERAGE, CUSTOMERS, FREQUENCY, QUALIFIERS, RECENCY, SPENDING, Pair, Phrase

FEWEST_DEVIATIONS = 0.5
"""A centre that lies so many standard deviations from the mean is called by it: a medium effect, which can be seen
without a statistic (Cohen, A power primer, Psychological Bulletin 112, 1992)."""
FEWEST_TO_TELL_APART = 0.25
"""So far from the mean, and from another centre of the same name, is what tells the two apart: between a small effect
and a medium one (likewise). Of less nobody would see why the one is called by it and the other is not."""
FAR_DEVIATIONS = 1.5
"""What else lies so far from the mean is said in any case, one thing at most: it may be what made the cluster."""

CORE = {"days_since_last": RECENCY, "n_purchases": FREQUENCY, "mean_purchase": SPENDING}


def segment_names(features: Sequence[str], centres: DoubleArray) -> list[Phrase]:
    """A name for each row of `centres` (n_segments, n_features), which are in standard deviations from the mean.

    Centres of one name are told apart by what else is far from the mean, the farthest first, and at last by number.
    """
    deviations = [dict(zip(features, map(float, centre), strict=True)) for centre in centres]
    added = [
        _qualifiers(one, [other for other in deviations if other is not one and _core_name(other) == _core_name(one)])
        for one in deviations
    ]
    told = [int(any(abs(one.get(feature, 0.0)) >= FAR_DEVIATIONS for feature in QUALIFIERS)) for one in deviations]
    for n in range(1, len(QUALIFIERS) + 1):
        shared = _shared(_named(deviations, added, told))
        told = [max(n, so_far) if position in shared else so_far for position, so_far in enumerate(told)]
    return _numbered(_named(deviations, added, told))


def _named(
    deviations: Sequence[dict[str, float]], added: Sequence[Sequence[Phrase]], told: Sequence[int]
) -> list[Phrase]:
    """Each with as many of its qualifiers as are told."""
    return [_qualified(one, found[:n]) for one, found, n in zip(deviations, added, told, strict=True)]


def _core_name(deviations: dict[str, float]) -> Phrase:
    """Recency and frequency as adjectives before spending: 'lapsed big spenders', 'frequent customers'."""
    told = [_word(pair, deviations.get(feature, 0.0)) for feature, pair in CORE.items()]
    if not any(told):
        return AVERAGE
    last = told[-1] or CUSTOMERS
    words = [word for word in (*told[:-1], last) if word]
    chinese = "".join(word.zh for word in words)
    return Phrase(" ".join(word.en for word in words), chinese if last is CUSTOMERS else chinese + CUSTOMERS.zh)


def _word(pair: Pair, deviation: float) -> Phrase | None:
    if abs(deviation) < FEWEST_DEVIATIONS:
        return None
    return pair.more if deviation > 0 else pair.less


def _qualifiers(deviations: dict[str, float], alike: Sequence[dict[str, float]]) -> list[Phrase]:
    """What else can be said beside those who are `alike`, the farthest from the mean first; ties as the words stand."""

    def can_be_said(feature: str) -> bool:
        own = deviations.get(feature, 0.0)
        differs = any(abs(own - other.get(feature, 0.0)) >= FEWEST_TO_TELL_APART for other in alike)
        return abs(own) >= FAR_DEVIATIONS or (abs(own) >= FEWEST_TO_TELL_APART and differs)

    known = [feature for feature in QUALIFIERS if can_be_said(feature)]
    ordered = sorted(known, key=lambda feature: -abs(deviations[feature]))
    return [QUALIFIERS[one].more if deviations[one] > 0 else QUALIFIERS[one].less for one in ordered]


def _qualified(deviations: dict[str, float], added: Sequence[Phrase]) -> Phrase:
    core = _core_name(deviations)
    if not added:
        return core
    english, chinese = ", ".join(one.en for one in added), "、".join(one.zh for one in added)
    return Phrase(f"{core.en}, {english}", f"{core.zh}（{chinese}）")


def _shared(names: Sequence[Phrase]) -> set[int]:
    """Positions of names that are there more than once."""
    counted = Counter(names)
    return {position for position, name in enumerate(names) if counted[name] > 1}


def _numbered(names: Sequence[Phrase]) -> list[Phrase]:
    shared, seen, found = _shared(names), Counter[Phrase](), []
    for position, name in enumerate(names):
        seen[name] += 1
        found.append(Phrase(*(f"{text} {seen[name]}" for text in name)) if position in shared else name)
    return found
