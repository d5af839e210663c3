"""Clean rows of the tables about segments, and the bad rows that have to be planted by hand.

C1 is the one customer who bought (`customer_rows.py`), and in a segment by each method; each of them is of C1 alone.
"""

from datetime import datetime, timedelta

from shop_pipeline_tests.checks.rows import AS_OF, MOMENT, Plant, Row, last, row

NAN, INFINITE = float("nan"), float("inf")
SEGMENTATION, COMPONENTS = "models.segmentation", "models.customer_components"
MEMBERS, PROFILES, MIGRATION = "marts.customer_segments", "marts.segment_profiles", "marts.segment_migration"
SEGMENTS = (("kmeans", "segment_1"), ("dbscan", "segment_2"), ("rfm", "champions"))
BUYER = "foreign_key(customer_id) -> features.rfm"
MEMBER = "foreign_key(method, segment) -> marts.customer_segments"


def _member(method: str, segment: str) -> Row:
    is_rfm = method == "rfm"
    figures = dict.fromkeys(("r_score", "f_score", "m_score"), 5 if is_rfm else None)
    then = {"previous_segment": segment, "previous_as_of": MOMENT, "as_of": AS_OF}
    told = {"customer_id": "C1", "method": method, "segment": segment, "segment_label": segment}
    return row(MEMBERS, **told, **figures, **then, distance=None if is_rfm else 0.5)


def _profile(method: str, segment: str) -> Row:
    told = {"method": method, "segment": segment, "segment_label": segment, "n_customers": 1}
    whole = {"share_of_customers": 1.0, "share_of_revenue": 1.0, "age_years": None, "share_female": None}
    whole |= {"top_category_lifts": [1.5], "top_channel": None, "share_top_channel": None}
    return row(PROFILES, **told, **whole, n_purchases=1.0, units_per_line=1.0, n_categories=1.0)


def _way(method: str, segment: str) -> Row:
    told = {"method": method, "from_segment": segment, "to_segment": segment, "n_customers": 1, "share": 1.0}
    return row(MIGRATION, **told, previous_as_of=MOMENT, as_of=AS_OF)


# The last row of each table is the one that column plants spoil.
GOOD: dict[str, list[Row]] = {
    SEGMENTATION: [
        row(SEGMENTATION, method=method, part=part, feature=feature)
        for method, part in (("scaling", "scale"), ("kmeans", "centre_1"))
        for feature in ("n_purchases", "days_since_last")
    ],
    COMPONENTS: [row(COMPONENTS, customer_id="C1")],
    MEMBERS: [_member(*one) for one in SEGMENTS],
    PROFILES: [_profile(*one) for one in SEGMENTS],
    MIGRATION: [_way(*one) for one in SEGMENTS],
}
BY_HAND: dict[tuple[str, str], list[Plant]] = {
    (SEGMENTATION, "numbers_are_finite"): [last(value=number) for number in (NAN, INFINITE)],
    (SEGMENTATION, "scales_are_over_zero"): [Plant({0: {"value": number}}) for number in (0.0, -1.0)],
    # One centre has two numbers, or two have one each.
    (SEGMENTATION, "vectors_are_whole"): [last(part="centre_2")],
    (SEGMENTATION, "learned_at_once_and_before_the_clock"): [
        last(learned_at=datetime(2025, 1, 1)),
        Plant({at: {"learned_at": AS_OF + timedelta(seconds=1)} for at in range(4)}),
    ],
    (COMPONENTS, "numbers_are_finite"): [
        *(last(pca_1=number) for number in (NAN, INFINITE)),
        *(last(**{name: INFINITE}) for name in ("pca_2", "ica_1", "ica_2")),
    ],
    (COMPONENTS, "everybody_or_nobody"): [last(customer_id="C2")],
    (MEMBERS, "everybody_is_in_a_segment"): [last(customer_id="C2")],
    # The last is by rfm, row 0 by k-means.
    (MEMBERS, "figures_belong_to_the_method"): [
        *(last(**{name: None}) for name in ("r_score", "f_score", "m_score")),
        *(Plant({0: {name: 3}}) for name in ("r_score", "f_score", "m_score")),
        last(distance=0.5),
        Plant({0: {"distance": None}}),
        Plant({0: {"segment": "noise"}}),
    ],
    (MEMBERS, "in_range(distance)"): [Plant({0: {"distance": -1.0}}), Plant({0: {"distance": NAN}})],
    (MEMBERS, "distances_are_finite"): [Plant({0: {"distance": INFINITE}})],
    # Row 1 is taken for another segment of k-means with the same label, and for the same one with another.
    (MEMBERS, "one_label_per_segment"): [
        Plant({1: {"method": "kmeans", "segment_label": "segment_1"}}),
        Plant({1: {"method": "kmeans", "segment": "segment_1"}}),
    ],
    (MEMBERS, "previous_run_was_earlier"): [
        last(previous_segment=None),
        last(previous_as_of=None),
        last(previous_as_of=datetime(2025, 1, 1)),
        Plant({at: {"previous_as_of": AS_OF} for at in range(3)}),
    ],
    (PROFILES, "shares_sum_to_1"): [last(share_of_customers=0.5), last(share_of_revenue=0.5)],
    (PROFILES, "every_segment_is_told"): [last(n_customers=2), last(segment_label="other")],
    # Of 5 a half is two and a half. The fewer kind of 100 is of 2, of which the rounding makes 2.5 at most.
    (PROFILES, "few_tell_nothing_personal"): [
        last(n_customers=100, **told)
        for told in (
            {"age_years": 30, "n_age_known": 4},
            {"top_channel": "app", "n_channel_known": 4},
            {"share_female": 0.5, "n_gender_known": 5},
            {"share_female": 0.02, "n_gender_known": 100},
            {"share_female": 0.98, "n_gender_known": 100},
        )
    ],
    (PROFILES, "the_known_are_customers"): [
        last(**{name: 2}) for name in ("n_age_known", "n_gender_known", "n_channel_known")
    ],
    (PROFILES, "means_are_finite"): [last(net_revenue=number) for number in (NAN, INFINITE)]
    + [last(mean_purchase=INFINITE)],
    (PROFILES, "a_lift_for_each_category"): [last(top_categories=[]), last(top_category_lifts=[1.5, 1.2])],
    (PROFILES, MEMBER): [last(segment="nowhere")],
    (MIGRATION, "adds_up_to_the_segments"): [last(to_segment="other"), last(n_customers=2)],
    (MIGRATION, "shares_sum_to_1"): [last(share=0.5)],
    (MIGRATION, "previous_run_was_earlier"): [last(previous_as_of=AS_OF)],
}
ALSO: dict[tuple[str, str], set[str]] = {
    # A number of no method, or twice, is one that the centre lacks, or has too many.
    (SEGMENTATION, "known_value(method)"): {"vectors_are_whole"},
    (SEGMENTATION, "key(method, part, feature)"): {"vectors_are_whole"},
    # There is one buyer: who is told instead is none, and the one is missing.
    (COMPONENTS, "everybody_or_nobody"): {BUYER},
    (COMPONENTS, BUYER): {"everybody_or_nobody"},
    (MEMBERS, "everybody_is_in_a_segment"): {BUYER},
    (MEMBERS, BUYER): {"everybody_is_in_a_segment"},
    # Scores are of rfm alone; each customer is in one segment of a method.
    (MEMBERS, "known_value(method)"): {"figures_belong_to_the_method"},
    (MEMBERS, "one_label_per_segment"): {"key(customer_id, method)"},
    # One segment is all of its method, with one customer, of whom nothing personal is told.
    (PROFILES, "in_range(share_of_customers)"): {"shares_sum_to_1"},
    (PROFILES, "key(method, segment)"): {"shares_sum_to_1"},
    (PROFILES, "in_range(n_customers)"): {"every_segment_is_told", "the_known_are_customers"},
    # No plant of many customers is the segment of one.
    (PROFILES, "few_tell_nothing_personal"): {"every_segment_is_told"},
    (PROFILES, "in_range(age_years)"): {"few_tell_nothing_personal"},
    (PROFILES, "in_range(share_female)"): {"few_tell_nothing_personal"},
    # Another segment than the one that is there: that one is not told.
    (PROFILES, MEMBER): {"every_segment_is_told"},
    (PROFILES, "known_value(method)"): {"every_segment_is_told", MEMBER},
    (MIGRATION, "known_value(method)"): {"adds_up_to_the_segments"},
    (MIGRATION, "in_range(n_customers)"): {"adds_up_to_the_segments"},
    (MIGRATION, "in_range(share)"): {"shares_sum_to_1"},
    (MIGRATION, "key(method, from_segment, to_segment)"): {"adds_up_to_the_segments", "shares_sum_to_1"},
}
