"""The words of segment names and personas, in English and Chinese.

Here: phrases and how numbers are put into them. Not here: which of them a segment gets (`segment_names.py`,
`personas.py`). Names of categories and channels are the shop's data and stand as they are.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Phrase(NamedTuple):
    """One phrase in each language."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Pair(NamedTuple):
    """What a segment is called that has more, or less, of a feature than the mean customer."""

    more: Phrase
    less: Phrase


RECENCY = Pair(Phrase("lapsed", "沉睡"), Phrase("recent", "活跃"))
FREQUENCY = Pair(Phrase("frequent", "高频"), Phrase("occasional", "低频"))
SPENDING = Pair(Phrase("big spenders", "高额"), Phrase("small spenders", "低额"))
CUSTOMERS = Phrase("customers", "客户")
AVERAGE = Phrase("average customers", "普通客户")
NOISE_NAME = Phrase("unlike all others", "特殊客户")
QUALIFIERS = {
    "n_categories": Pair(Phrase("many categories", "品类多"), Phrase("few categories", "品类少")),
    "units_per_line": Pair(Phrase("in quantity", "成批购买"), Phrase("single pieces", "单件购买")),
    "return_share": Pair(Phrase("many returns", "退货多"), Phrase("few returns", "退货少")),
    "discount_share": Pair(Phrase("at a discount", "爱打折"), Phrase("at full price", "全价购买")),
    "visits_30d": Pair(Phrase("many visits", "常来浏览"), Phrase("few visits", "很少浏览")),
}
"""What tells two segments apart that would else have one name, by feature."""


class Compared(NamedTuple):
    """A sentence about one quantity: that there is more of it than among all customers, less, or as much."""

    more: Phrase
    less: Phrase
    alike: Phrase | None
    """None: where there is no difference, nothing is said."""


HEAD = Phrase(
    "{name}: {customers} of all customers ({n:,}), {revenue} of the revenue.",
    "{name}：占全部客户的 {customers}（{n:,} 人），占收入的 {revenue}。",
)
BUYING = Compared(
    Phrase(
        "They have bought on more days so far ({own:.1f} on average, all customers {all:.1f}).",
        "迄今购买的天数较多（平均 {own:.1f} 天，全体 {all:.1f} 天）。",
    ),
    Phrase(
        "They have bought on fewer days so far ({own:.1f} on average, all customers {all:.1f}).",
        "迄今购买的天数较少（平均 {own:.1f} 天，全体 {all:.1f} 天）。",
    ),
    Phrase(
        "They have bought on about as many days as others so far ({own:.1f} on average).",
        "迄今购买的天数与一般客户相近（平均 {own:.1f} 天）。",
    ),
)
AMOUNT = Compared(
    Phrase(
        "Their typical purchase is larger ({own:,.2f} {currency}, all customers {all:,.2f}).",
        "单次消费较高（中位数 {own:,.2f} {currency}，全体 {all:,.2f}）。",
    ),
    Phrase(
        "Their typical purchase is smaller ({own:,.2f} {currency}, all customers {all:,.2f}).",
        "单次消费较低（中位数 {own:,.2f} {currency}，全体 {all:,.2f}）。",
    ),
    Phrase(
        "Their typical purchase is of the usual size ({own:,.2f} {currency}).",
        "单次消费与一般客户相近（中位数 {own:,.2f} {currency}）。",
    ),
)
SILENCE = Compared(
    Phrase(
        "Their last purchase is longer ago (typically {own:.0f} days, all customers {all:.0f}).",
        "距上次购买较久（中位数 {own:.0f} 天，全体 {all:.0f} 天）。",
    ),
    Phrase(
        "Their last purchase is more recent (typically {own:.0f} days ago, all customers {all:.0f}).",
        "距上次购买较近（中位数 {own:.0f} 天，全体 {all:.0f} 天）。",
    ),
    Phrase(
        "Their last purchase was typically {own:.0f} days ago, about as with others.",
        "距上次购买的天数与一般客户相近（中位数 {own:.0f} 天）。",
    ),
)
RETURNS = Compared(
    Phrase(
        "They send back more of what they buy ({own}, all customers {all}).",
        "退货较多（占购买的 {own}，全体 {all}）。",
    ),
    Phrase(
        "They send back less of what they buy ({own}, all customers {all}).",
        "退货较少（占购买的 {own}，全体 {all}）。",
    ),
    None,
)
DISCOUNTS = Compared(
    Phrase(
        "They buy at larger discounts ({own} off the list price, all customers {all}).",
        "购买时的折扣较大（平均优惠 {own}，全体 {all}）。",
    ),
    Phrase(
        "They buy at smaller discounts ({own} off the list price, all customers {all}).",
        "购买时的折扣较小（平均优惠 {own}，全体 {all}）。",
    ),
    None,
)
WHOLESALE = Compared(
    Phrase("More of them buy to sell on ({own}, all customers {all}).", "批发客户较多（{own}，全体 {all}）。"),
    Phrase("Fewer of them buy to sell on ({own}, all customers {all}).", "批发客户较少（{own}，全体 {all}）。"),
    None,
)
GENDER = Compared(
    Phrase("Of those whose gender is known, {share} are women.", "已知性别者以女性为主（{share}）。"),
    Phrase("Of those whose gender is known, {share} are men.", "已知性别者以男性为主（{share}）。"),
    Phrase("Of those whose gender is known, about half are women ({women}).", "已知性别者中女性约占一半（{women}）。"),
)
AGE = Compared(
    Phrase(
        "Those whose age is known are older than others: {own:.0f} years on average, all customers {all:.0f}.",
        "已知年龄者比一般客户年长，平均 {own:.0f} 岁（全体 {all:.0f} 岁）。",
    ),
    Phrase(
        "Those whose age is known are younger than others: {own:.0f} years on average, all customers {all:.0f}.",
        "已知年龄者比一般客户年轻，平均 {own:.0f} 岁（全体 {all:.0f} 岁）。",
    ),
    Phrase("Those whose age is known are {own:.0f} years old on average.", "已知年龄者平均 {own:.0f} 岁。"),
)
INTERESTS = Phrase("They spend a larger part of their money on: {names}.", "比一般客户更偏好：{names}。")
CHANNEL = Phrase("Their usual channel is {name} ({share}).", "常用渠道：{name}（{share}）。")
NEARLY_NOTHING = Phrase("less than 1%", "1% 以下")
NEARLY_ALL = Phrase("more than 99%", "99% 以上")
UNDER_NOTHING = Phrase("just below 0%", "0% 以下")
"""Revenue of which a little more came back than was bought."""


def percent(share: float, language: Language) -> str:
    """A whole percentage; what is more than nothing, or less than all, does not read as nothing or all."""
    rounded = f"{share:.0%}"
    if rounded == "-0%":
        return UNDER_NOTHING.of(language)
    if rounded == "0%" and share > 0:
        return NEARLY_NOTHING.of(language)
    if rounded == "100%" and share < 1:
        return NEARLY_ALL.of(language)
    return rounded


def listed(names: Sequence[str], language: Language) -> str:
    return Phrase(", ", "、").of(language).join(names)


def paragraph(sentences: Sequence[str], language: Language) -> str:
    """English sentences stand apart; Chinese ones have their full stop."""
    return Phrase(" ", "").of(language).join(sentences)
