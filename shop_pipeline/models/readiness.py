"""What the data allow, model by model, before any model runs.

Here: the judging of counts against requirements, and the page that people read. Not here: the requirements with their
reasons (`readiness_rules`), the counting (`sql/features/model_counts.sql`), and what is done with a verdict (`assets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["full", "reduced", "none"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """So much of one quantity has to be there, or the model drops to the level `without`.

    Args:
        threshold: the least that is enough, or the name of another quantity that has to be reached.
        reason: where the threshold comes from.
        otherwise: what is done below it, as a phrase that may name any quantity in braces.
    """

    quantity: str
    threshold: int | str
    without: Level
    reason: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model, the table that its requirements gate, and what it does where all of them are met (`allows`).

    The first requirement is the one that a shop may set itself.
    """

    model: str
    table: str
    allows: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the data allow for one model, and the requirement that decided; the columns of marts.model_readiness."""

    model: str
    table_name: str
    verdict: Level
    quantity: str
    observed: int
    threshold: int
    reason: str
    otherwise: str
    text: str


def judge(
    counts: Mapping[str, int], candidates: Iterable[Candidate], own_thresholds: Mapping[str, int] | None = None
) -> list[Verdict]:
    """One verdict per candidate, in their order.

    Args:
        counts: every quantity that a requirement names.
        own_thresholds: by model, in the place of the threshold of its first requirement.

    Raises:
        KeyError: for a quantity that was not counted.
    """
    own = own_thresholds or {}
    return [_verdict(counts, candidate, own.get(candidate.model)) for candidate in candidates]


def _verdict(counts: Mapping[str, int], candidate: Candidate, own: int | None) -> Verdict:
    asked = []
    for number, requirement in enumerate(candidate.requirements):
        wanted = requirement.threshold if isinstance(requirement.threshold, int) else counts[requirement.threshold]
        is_own = number == 0 and own is not None
        asked.append((requirement, own if is_own and own is not None else wanted, is_own))
    missed = [one for one in asked if counts[one[0].quantity] < one[1]]
    # The worst of what is missing decides; where nothing is, the requirement of the full model is shown.
    missed.sort(key=lambda one: one[0].without != "none")
    requirement, threshold, is_own = missed[0] if missed else asked[-1]
    phrase = requirement.otherwise if missed else candidate.allows
    return Verdict(
        candidate.model,
        candidate.table,
        requirement.without if missed else "full",
        requirement.quantity,
        counts[requirement.quantity],
        threshold,
        "set in shop.yaml" if is_own else requirement.reason,
        requirement.otherwise.format(**counts),
        phrase.format(**counts),
    )


def page(verdicts: Iterable[Verdict], nouns: Mapping[str, str]) -> str:
    """The verdicts as Markdown: one sentence, and a table with the number found, the number wanted and the reason.

    `nouns` says in words what each quantity counts.
    """
    told = list(verdicts)
    counted = next((f"{v.observed:,} {nouns[v.quantity]}: " for v in told if v.quantity == "product_events"), "")
    lines = [f"{counted}{'; '.join(v.text for v in told)}.", ""]
    lines += ["| model | allowed | what the data allow | found | wanted | why |", "|---|---|---|---|---|---|"]
    for v in told:
        found, wanted = f"{v.observed:,} {nouns[v.quantity]}", f"{v.threshold:,}"
        lines.append(f"| {v.model} | {v.verdict} | {v.text} | {found} | {wanted} | {v.reason} |")
    return "\n".join(lines)
