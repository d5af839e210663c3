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
    "{name}：占全部客户的 {customers}（{n:,} 人），贡献 {revenue} 的收入。",
)
BUYING = Compared(
    Phrase(
        "They buy more often than others ({own:.1f} purchase days, all customers {all:.1f}).",
        "购买比一般客户频繁（{own:.1f} 个购买日，全体 {all:.1f}）。",
    ),
    Phrase(
        "They buy less often than others ({own:.1f} purchase days, all customers {all:.1f}).",
        "购买比一般客户少（{own:.1f} 个购买日，全体 {all:.1f}）。",
    ),
    Phrase(
        "They buy about as often as others ({own:.1f} purchase days).", "购买频率与一般客户相近（{own:.1f} 个购买日）。"
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
        "Their last purchase is longer ago ({own:.0f} days, all customers {all:.0f}).",
        "距上次购买较久（{own:.0f} 天，全体 {all:.0f} 天）。",
    ),
    Phrase(
        "Their last purchase is more recent ({own:.0f} days ago, all customers {all:.0f}).",
        "最近购买过（{own:.0f} 天前，全体 {all:.0f} 天）。",
    ),
    Phrase(
        "Their last purchase was {own:.0f} days ago, about as with others.",
        "上次购买在 {own:.0f} 天前，与一般客户相近。",
    ),
)
RETURNS = Compared(
    Phrase(
        "They send back more of what they buy ({own:.0%}, all customers {all:.0%}).",
        "退货较多（占购买的 {own:.0%}，全体 {all:.0%}）。",
    ),
    Phrase(
        "They send back less of what they buy ({own:.0%}, all customers {all:.0%}).",
        "退货较少（占购买的 {own:.0%}，全体 {all:.0%}）。",
    ),
    None,
)
DISCOUNTS = Compared(
    Phrase(
        "They buy at larger discounts ({own:.0%} off the list price, all customers {all:.0%}).",
        "折扣较大时购买（低于标价 {own:.0%}，全体 {all:.0%}）。",
    ),
    Phrase(
        "They buy at smaller discounts ({own:.0%} off the list price, all customers {all:.0%}).",
        "较少依赖折扣（低于标价 {own:.0%}，全体 {all:.0%}）。",
    ),
    None,
)
WHOLESALE = Compared(
    Phrase(
        "More of them buy to sell on ({own:.0%}, all customers {all:.0%}).",
        "批发客户较多（{own:.0%}，全体 {all:.0%}）。",
    ),
    Phrase(
        "Fewer of them buy to sell on ({own:.0%}, all customers {all:.0%}).",
        "批发客户较少（{own:.0%}，全体 {all:.0%}）。",
    ),
    None,
)
GENDER = Compared(
    Phrase("Of those whose gender is known, {share:.0%} are women.", "已知性别者以女性为主（{share:.0%}）。"),
    Phrase("Of those whose gender is known, {share:.0%} are men.", "已知性别者以男性为主（{share:.0%}）。"),
    Phrase("There are about as many women as men among them.", "男女人数相近。"),
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
INTERESTS = Phrase("More than others they buy: {names}.", "比一般客户更偏好：{names}。")
CHANNEL = Phrase("Their usual channel is {name} ({share:.0%}).", "常用渠道：{name}（{share:.0%}）。")


def percent(share: float, language: Language) -> str:
    """A whole percentage; what is more than nothing does not read as nothing."""
    if 0 < share < 0.005:
        return Phrase("less than 1%", "不到 1%").of(language)
    return f"{share:.0%}"


def listed(names: Sequence[str], language: Language) -> str:
    return Phrase(", ", "、").of(language).join(names)


def paragraph(sentences: Sequence[str], language: Language) -> str:
    """English sentences stand apart; Chinese ones have their full stop."""
    return Phrase(" ", "").of(language).join(sentences)
