"""Names and personas from profiles that were worked by hand, in both languages.

Everybody: 3 purchase days, 40 on a purchase, the last 80 days ago, a tenth sent back, a tenth off, a tenth wholesale,
45 years old with a standard deviation of 15. Of 200 or more customers ten points are beyond twice the standard error.
"""

from dataclasses import replace

import numpy as np
import pytest

from shop_pipeline.models.segments.persona_words import LANGUAGES, Phrase, percent
from shop_pipeline.models.segments.personas import Profile, persona
from shop_pipeline.models.segments.segment_names import segment_names

EVERYBODY = Profile(1000, 1.0, 1.0, 3.0, 80.0, 40.0, 0.1, 0.1, 0.1, 900, 45, 15.0, 900, 0.5)
ALIKE = replace(
    EVERYBODY,
    n_customers=200,
    share_of_customers=0.2,
    share_of_revenue=0.2,
    n_age_known=200,
    age_years=None,
    n_gender_known=200,
    share_female=None,
    n_channel_known=200,
)
NAME = Phrase("frequent big spenders", "高频高额客户")
HEAD = "Frequent big spenders: 20% of all customers (200), 20% of the revenue. "


def told(profile: Profile, language: str = "en") -> str:
    assert language in LANGUAGES
    return persona(NAME, profile, EVERYBODY, "GBP", language)  # type: ignore[arg-type]


def test_all_that_differs_is_told() -> None:
    """9 of 3 days, 84 of 40, 12 of 80 days, 25 % of 10 %, 35 % of 10 %, a fifth of them wholesale, 72 % women, 34
    of 45 years; Toys take less than a fifth more of their money.
    """
    interests = {"top_categories": ("Garden", "厨房", "Toys"), "top_category_lifts": (1.5, 1.2, 1.19)}
    people = {"n_age_known": 80, "age_years": 34, "age_spread": 12.0, "n_gender_known": 100, "share_female": 0.72}
    channel = {"n_channel_known": 90, "top_channel": "app", "share_top_channel": 0.64}
    own = Profile(1200, 0.16, 0.412, 9.04, 12.4, 84.0, 0.25, 0.35, 0.2, **people, **interests, **channel)  # type: ignore[arg-type]
    assert told(own) == (
        "Frequent big spenders: 16% of all customers (1,200), 41% of the revenue. "
        "They have bought on more days so far (9.0 on average, all customers 3.0). "
        "Their typical purchase is larger (84.00 GBP, all customers 40.00). "
        "Their last purchase is more recent (typically 12 days ago, all customers 80). "
        "They send back more of what they buy (25%, all customers 10%). "
        "They buy at larger discounts (35% off the list price, all customers 10%). "
        "More of them buy to sell on (20%, all customers 10%). "
        "Of those whose gender is known, 72% are women. "
        "Those whose age is known are younger than others: 34 years on average, all customers 45. "
        "They spend a larger part of their money on: Garden, 厨房. "
        "Their usual channel is app (64%)."
    )
    assert told(own, "zh") == (
        "高频高额客户：占全部客户的 16%（1,200 人），占收入的 41%。"
        "迄今购买的天数较多（平均 9.0 天，全体 3.0 天）。"
        "单次消费较高（中位数 84.00 GBP，全体 40.00）。"
        "距上次购买较近（中位数 12 天，全体 80 天）。"
        "退货较多（占购买的 25%，全体 10%）。"
        "购买时的折扣较大（平均优惠 35%，全体 10%）。"
        "批发客户较多（20%，全体 10%）。"
        "已知性别者以女性为主（72%）。"
        "已知年龄者比一般客户年轻，平均 34 岁（全体 45 岁）。"
        "比一般客户更偏好：Garden、厨房。"
        "常用渠道：app（64%）。"
    )


def test_small_differences_are_not_told_and_what_is_not_known_is_not_there() -> None:
    """Up to a quarter more, a fifth less, ten points; the same figures as everybody's in the second."""
    near = replace(
        ALIKE,
        n_purchases=3.7,
        median_purchase=32.5,
        median_days_since_last=99.0,
        return_share=0.19,
        discount_share=0.01,
    )
    assert told(near) == (
        HEAD + "They have bought on about as many days as others so far (3.7 on average). "
        "Their typical purchase is of the usual size (32.50 GBP). "
        "Their last purchase was typically 99 days ago, about as with others."
    )
    assert told(ALIKE, "zh") == (
        "高频高额客户：占全部客户的 20%（200 人），占收入的 20%。"
        "迄今购买的天数与一般客户相近（平均 3.0 天）。"
        "单次消费与一般客户相近（中位数 40.00 GBP）。"
        "距上次购买的天数与一般客户相近（中位数 80 天）。"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"n_purchases": 3.75}, "on more days so far (3.8"),
        ({"n_purchases": 2.4}, "on fewer days so far (2.4"),
        ({"median_purchase": 50.0}, "typical purchase is larger (50.00 GBP"),
        ({"median_purchase": 32.0}, "typical purchase is smaller (32.00 GBP"),
        ({"median_days_since_last": 100.0}, "is longer ago (typically 100 days"),
        ({"median_days_since_last": 0.0}, "is more recent (typically 0 days"),
        ({"return_share": 0.2}, "send back more of what they buy (20%"),
        ({"return_share": 0.0}, "send back less of what they buy (0%, all customers 10%)"),
        ({"discount_share": 0.0}, "at smaller discounts (0%"),
        ({"share_wholesale": 0.2}, "More of them buy to sell on (20%"),
        ({"share_wholesale": 0.0}, "Fewer of them buy to sell on (0%"),
        ({"share_female": 0.6}, "60% are women"),
        ({"share_female": 0.4}, "60% are men"),
        ({"share_female": 0.41}, "Of those whose gender is known, about half are women (41%)."),
        ({"age_years": 50}, "older than others: 50 years on average, all customers 45"),
        ({"age_years": 49}, "Those whose age is known are 49 years old on average."),
        ({"top_channel": "email", "share_top_channel": 0.5}, "usual channel is email (50%)"),
    ],
)
def test_where_a_difference_begins(change: dict[str, object], expected: str) -> None:
    """The ends: 3 x 1.25 = 3.75 and 3 / 1.25 = 2.4; 40, 50 and 32; 80 and 100; ten points; five years; a half."""
    text = told(replace(ALIKE, **change))  # type: ignore[arg-type]
    assert expected in text
    assert expected not in told(ALIKE)


def test_a_channel_of_less_than_half_is_none() -> None:
    assert told(replace(ALIKE, top_channel="email", share_top_channel=0.49)) == told(ALIKE)


def test_without_the_age_of_all_an_age_is_not_compared() -> None:
    own, all_unknown = replace(ALIKE, age_years=20), replace(EVERYBODY, age_years=None)
    assert "are 20 years old on average." in persona(NAME, own, all_unknown, "GBP", "en")


def test_in_a_shop_without_returns_nothing_is_told_of_them_and_a_zero_is_no_ratio() -> None:
    """Everybody bought today: nobody's last purchase is longer ago than that of all."""
    nothing = {"median_days_since_last": 0.0, "return_share": 0.0, "discount_share": 0.0}
    zero = replace(EVERYBODY, **nothing)
    text = persona(NAME, replace(ALIKE, **nothing), zero, "GBP", "en")
    assert text.endswith("Their last purchase was typically 0 days ago, about as with others.")


def test_a_sliver_does_not_read_as_nothing() -> None:
    own = replace(ALIKE, n_customers=3, share_of_customers=0.003, share_of_revenue=0.0)
    assert told(own).startswith("Frequent big spenders: less than 1% of all customers (3), 0% of the revenue.")
    assert told(own, "zh").startswith("高频高额客户：占全部客户的 1% 以下（3 人），占收入的 0%。")


@pytest.mark.parametrize(
    ("share", "english", "chinese"),
    [
        (0.0, "0%", "0%"),
        (0.0049, "less than 1%", "1% 以下"),
        (0.005, "less than 1%", "1% 以下"),
        (0.012, "1%", "1%"),
        (0.9949, "99%", "99%"),
        (0.996, "more than 99%", "99% 以上"),
        (1.0, "100%", "100%"),
        (-0.003, "just below 0%", "0% 以下"),
        (-0.03, "-3%", "-3%"),
    ],
)
def test_percentages_do_not_round_to_what_they_are_not(share: float, english: str, chinese: str) -> None:
    assert (percent(share, "en"), percent(share, "zh")) == (english, chinese)


def test_shares_in_sentences_are_not_rounded_away_either() -> None:
    few = replace(EVERYBODY, return_share=0.2)
    own = replace(ALIKE, return_share=0.003)
    assert "send back less of what they buy (less than 1%, all customers 20%)" in persona(NAME, own, few, "GBP", "en")
    assert "退货较少（占购买的 1% 以下，全体 20%）" in persona(NAME, own, few, "GBP", "zh")


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        # 60 % of 5; twice the standard error of 10 at a half is 32 points, of 16 25, of 99 10.05, of 100 10.
        ({"n_gender_known": 5, "share_female": 0.6}, False),
        ({"n_gender_known": 9, "share_female": 0.99}, False),
        ({"n_gender_known": 16, "share_female": 0.74}, False),
        ({"n_gender_known": 16, "share_female": 0.76}, True),
        ({"n_gender_known": 99, "share_female": 0.6}, False),
        ({"n_gender_known": 100, "share_female": 0.6}, True),
        # About as many of both: with 99, ten points would not have been seen.
        ({"n_gender_known": 99, "share_female": 0.5}, False),
        ({"n_gender_known": 100, "share_female": 0.5}, True),
        # All 9 and all 10 buy to sell on. Of 20, 30 %: the standard error is 10.2 points. Of 64, 20 %: 5 points.
        ({"n_customers": 9, "share_wholesale": 1.0}, False),
        ({"n_customers": 10, "share_wholesale": 1.0}, True),
        ({"n_customers": 20, "share_wholesale": 0.3}, False),
        ({"n_customers": 80, "share_wholesale": 0.2}, True),
        ({"n_customers": 64, "share_wholesale": 0.2}, True),
        ({"n_customers": 63, "share_wholesale": 0.2}, False),
        # None of 20: here it is the error of a tenth, 6.7 points; of 40 4.7.
        ({"n_customers": 20, "return_share": 0.0}, False),
        ({"n_customers": 40, "discount_share": 0.0}, True),
        ({"n_channel_known": 9, "top_channel": "app", "share_top_channel": 1.0}, False),
        ({"n_channel_known": 10, "top_channel": "app", "share_top_channel": 1.0}, True),
    ],
)
def test_what_may_be_chance_in_a_handful_is_not_told(change: dict[str, object], is_told: bool) -> None:
    plain = replace(ALIKE, n_customers=change.get("n_customers", 200))  # type: ignore[arg-type]
    assert (told(replace(ALIKE, **change)) != told(plain)) == is_told  # type: ignore[arg-type]


def test_the_age_of_a_handful_is_told_but_not_compared() -> None:
    """Of 35 with a standard deviation of 15 years, twice the standard error of the mean is 5.07 years; of 36, 5."""
    few, enough = (replace(ALIKE, age_years=50, n_age_known=n) for n in (35, 36))
    assert "are 50 years old on average." in told(few)
    assert "older than others: 50 years" in told(enough)


FEATURES = ("days_since_last", "n_purchases", "mean_purchase", "n_categories", "return_share")


def test_centres_are_named_by_what_is_half_a_deviation_from_the_mean() -> None:
    centres = np.array(
        [[0.4, 0.5, 0.6, 1.4, 1.4], [0.5, -0.5, -0.5, 0, 0], [-1, 0.4, -0.4, 0, 0], [0.1, 0.1, -0.1, 0, 0]]
    )
    assert segment_names(FEATURES, centres) == [
        ("frequent big spenders", "高频高额客户"),
        ("lapsed occasional small spenders", "沉睡低频低额客户"),
        ("recent customers", "活跃客户"),
        ("average customers", "普通客户"),
    ]


def test_what_is_far_from_the_mean_is_told_even_if_it_is_no_recency_frequency_or_amount() -> None:
    """The farthest alone."""
    (name,) = segment_names(FEATURES, np.array([[0, 0, -1, -1.6, 3.0]]))
    assert name == ("small spenders, many returns", "低额客户（退货多）")


def test_centres_of_one_name_are_told_apart_by_what_else_differs_most() -> None:
    """Both are frequent. The first has many categories (1.2) before returns (0.5), the second few returns (-0.4). The
    third is the second with fewer categories, which is said second."""
    frequent = [[0, 1, 0, 1.2, 0.5], [0, 1, 0, 0.3, -0.4], [0, 1, 0, -0.3, -0.4]]
    assert [name.en for name in segment_names(FEATURES, np.array(frequent))] == [
        "frequent customers, many categories",
        "frequent customers, few returns, many categories",
        "frequent customers, few returns, few categories",
    ]
    assert segment_names(FEATURES, np.array(frequent[:2]))[1] == (
        "frequent customers, few returns",
        "高频客户（退货少）",
    )


def test_centres_that_no_word_tells_apart_are_numbered() -> None:
    """They differ by how far they are from the mean alone."""
    alike = np.array([[0.0, 1, 0, 0, 0], [0, 2, 0, 0, 0], [0, 0, 1, 0, 0]])
    assert [name.en for name in segment_names(FEATURES, alike)] == [
        "frequent customers 1",
        "frequent customers 2",
        "big spenders",
    ]


def test_a_negligible_difference_is_no_name() -> None:
    """From the mean the first is 0.24 and 0.1 away, the second 0.24 and 0.1: less than a quarter."""
    average = np.array([[0, 0, 0, 0.24, -0.1], [0, 0, 0, -0.24, 0.1]])
    assert segment_names(FEATURES, average) == [
        ("average customers 1", "普通客户 1"),
        ("average customers 2", "普通客户 2"),
    ]
    average[0, 3] = 0.25
    assert [name.en for name in segment_names(FEATURES, average)] == [
        "average customers, many categories",
        "average customers",
    ]


def test_what_both_are_alike_in_tells_nobody_apart() -> None:
    """Many categories have both, 0.4 and 0.3; one has no more returns than the mean."""
    both = np.array([[0, 0, 0, 0.4, 0.25], [0, 0, 0, 0.3, 0.0]])
    assert [name.en for name in segment_names(FEATURES, both)] == [
        "average customers, many returns",
        "average customers",
    ]
    both[0, 4] = 0.2
    assert [name.en for name in segment_names(FEATURES, both)] == ["average customers 1", "average customers 2"]


def test_names_are_unique_whatever_the_centres() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        names = segment_names(FEATURES, np.round(rng.normal(size=(12, 5)), 0))
        assert len({name.en for name in names}) == len({name.zh for name in names}) == 12
