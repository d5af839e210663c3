"""The words of the shop: departments, titles, reviews and names, English and Chinese.

Here: text only. Not here: which product or customer gets which (`catalogue`, `people`, `aftercare`).
"""

from __future__ import annotations

# Department -> group -> (category, English noun, Chinese noun); 4 x 2 x 3 = 24 categories.
DEPARTMENTS: dict[str, dict[str, tuple[tuple[str, str, str], ...]]] = {
    "Food": {
        "Tea": (("Green", "green tea", "绿茶"), ("Black", "black tea", "红茶"), ("Herbal", "herbal tea", "花草茶")),
        "Pantry": (("Noodles", "noodles", "面条"), ("Sauces", "chilli sauce", "辣酱"), ("Snacks", "snack mix", "零食")),
    },
    "Home": {
        "Kitchen": (("Mugs", "mug", "马克杯"), ("Pans", "frying pan", "煎锅"), ("Knives", "knife", "菜刀")),
        "Living": (("Cushions", "cushion", "靠垫"), ("Lamps", "lamp", "台灯"), ("Candles", "candle", "蜡烛")),
    },
    "Garden": {
        "Plants": (("Seeds", "seed packet", "种子"), ("Bulbs", "tulip bulbs", "球根"), ("Pots", "plant pot", "花盆")),
        "Tools": (("Trowels", "trowel", "铲子"), ("Gloves", "garden gloves", "手套"), ("Hoses", "hose", "水管")),
    },
    "Play": {
        "Craft": (("Yarn", "yarn", "毛线"), ("Paper", "paper set", "彩纸"), ("Paint", "paint box", "颜料")),
        "Toys": (("Puzzles", "puzzle", "拼图"), ("Blocks", "building blocks", "积木"), ("Dolls", "doll", "娃娃")),
    },
}

CATEGORIES: tuple[str, ...] = tuple(
    f"{department} > {group} > {leaf}"
    for department, groups in DEPARTMENTS.items()
    for group, leaves in groups.items()
    for leaf, _, _ in leaves
)
NOUNS: tuple[tuple[str, str], ...] = tuple(
    (english, chinese)
    for groups in DEPARTMENTS.values()
    for leaves in groups.values()
    for _, english, chinese in leaves
)
DEPARTMENT_OF: tuple[int, ...] = tuple(
    number for number, groups in enumerate(DEPARTMENTS.values()) for leaves in groups.values() for _ in leaves
)

COLOURS = (("Red", "红色"), ("Blue", "蓝色"), ("Ivory", "象牙白"), ("Moss", "苔绿"), ("Black", "黑色"))
STYLES = (("vintage", "复古"), ("little", "小号"), ("large", "大号"), ("classic", "经典"), ("gift", "礼盒"))
BRANDS = ("Hearth & Hill", "Lotus", "Northwind", "青山", "Maple Lane", "竹语", "Oldcastle", "Tiny Fox")

EN_DESCRIPTION = "A {style} {noun} in {colour}, made by {brand}. Goes well with the rest of the {leaf} range."
ZH_DESCRIPTION = "{brand}{style}{noun}，{colour}，适合日常使用，也是送礼的好选择。"

# (English opening, Chinese opening) for 1 to 5 stars, then what it is about.
OPENINGS = (
    (("Awful, broke at once", "太差了，马上就坏"), ("Waste of money", "浪费钱")),
    (("Not what I expected", "和描述不符"), ("Disappointing, to be honest", "有点失望")),
    (("It is fine", "一般般"), ("Does the job, no more", "还可以，没有惊喜")),
    (("Good, would buy again", "不错，会回购"), ("Nice and solid", "质量挺好")),
    (("Love it", "非常喜欢"), ('My sister calls it "perfect"', "完美，强烈推荐")),
)
ASPECTS = (
    ("delivery took three days", "物流三天到"),
    ("the packaging was careful", "包装很用心"),
    ("the colour is as in the picture", "颜色和图片一样"),
    ("the price is right", "价格合适"),
)

FIRST_NAMES = ("Alice", "Ben", "Chloe", "Daniel", "Emma", "Farah", "George", "Hannah", "Imran", "Julia", "伟", "芳")
LAST_NAMES = ("Smith", "Jones", "O'Neill", "Patel", "Brown", "Müller", "Khan", "Evans", "Walsh", "王", "李", "陈")
# Country, share of customers, cities.
COUNTRIES = (
    ("GB", 0.80, ("London", "Leeds", "Bristol", "Glasgow")),
    ("IE", 0.06, ("Dublin", "Cork")),
    ("DE", 0.05, ("Berlin", "Köln")),
    ("FR", 0.04, ("Paris", "Lyon")),
    ("CN", 0.03, ("上海", "北京")),
    ("US", 0.02, ("Boston", "Austin")),
)


def review_texts() -> list[str]:
    """Every review text; position ((stars - 1) * 2 + chinese) * 8 + choice, with 8 choices each."""
    return [
        f"{opening[chinese]}{('; ', '，')[chinese]}{aspect[chinese]}{'.。'[chinese]}"
        for openings in OPENINGS
        for chinese in (0, 1)
        for opening in openings
        for aspect in ASPECTS
    ]
