"""Tokens of Chinese, English and mixed text, and TF-IDF against the formula worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.similarity.text import FEW, text_block, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Green TEA boxes", ["green", "tea", "box"]),
        ("Café au lait, crème brûlée", ["cafe", "au", "lait", "creme", "brulee"]),
        ("women's 2.5 kg bag, 1,000 pieces", ["women", "2.5", "kg", "bag", "1,000", "piece"]),
        ("puppies glasses dishes bus grass", ["puppy", "glass", "dish", "bus", "grass"]),
        ("绿茶礼盒", ["绿茶", "茶礼", "礼盒"]),
        ("茶", ["茶"]),
        ("iPhone手机壳 红 500ml", ["iphone", "手机", "机壳", "红", "500ml"]),
        ("ガラスコップ", ["ガラ", "ラス", "スコ", "コッ", "ップ"]),  # NFD would tear the voicing mark off ガ
        ("녹차 선물", ["녹차", "선물"]),
        ("", []),
        ("!!! —— …《》、。", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


BOTH_FORMS = (
    "shoe/shoes horseshoe/horseshoes toe/toes canoe/canoes tomato/tomatoes photo/photos tree/trees coffee/coffees "
    "sundae/sundaes movie/movies cookie/cookies tie/ties necktie/neckties puppy/puppies bus/buses lens/lenses "
    "canvas/canvases house/houses blouse/blouses fuse/fuses vase/vases dress/dresses box/boxes watch/watches "
    "dish/dishes pen/pens size/sizes series/series"
)


@pytest.mark.parametrize(("one", "many"), [pair.split("/") for pair in BOTH_FORMS.split()])
def test_both_forms_of_a_word_are_one_token(one: str, many: str) -> None:
    assert tokens(one) == tokens(many)


@pytest.mark.parametrize(("one", "many"), [("knife", "knives"), ("headache", "headaches"), ("axe", "axes")])
def test_plurals_that_are_not_recognised_are_as_the_docstring_says(one: str, many: str) -> None:
    assert tokens(one) != tokens(many)


def test_full_width_and_half_width_are_the_same() -> None:
    assert tokens("ｉＰｈｏｎｅ１５　ｶﾞﾗｽ") == tokens("iphone15 ガラス") == ["iphone15", "ガラ", "ラス"]


def test_chinese_titles_with_a_common_word_are_nearer() -> None:
    """0 and 1 share 绿茶, 2 and 3 share 马克杯; between the pairs there is nothing in common."""
    matrix = text_block(["龙井绿茶", "茉莉绿茶 gift", "红色马克杯", "复古马克杯"], 1.0).matrix.toarray()
    alike = matrix @ matrix.T
    assert alike[0, 1] > 0.2
    assert alike[2, 3] > 0.2
    assert not alike[:2, 2:].any()


def test_mixed_titles_meet_over_either_script() -> None:
    matrix = text_block(["Lotus 绿茶", "LOTUS mug", "绿茶 tin"], 1.0).matrix.toarray()
    alike = matrix @ matrix.T
    assert alike[0, 1] > 0
    assert alike[0, 2] > 0
    assert alike[1, 2] == 0


def test_weights_by_hand() -> None:
    """n = 3. tea: df 2, idf ln(4/3) + 1; cup: df 1, idf ln(4/2) + 1, frequency 1 + ln 2 in the first text."""
    block = text_block(["cup cup tea", "tea", "!"], 1.0)
    assert block.names == ["cup", "tea"]
    cup, tea = (1 + np.log(2)) * (np.log(2) + 1), np.log(4 / 3) + 1
    length = np.hypot(cup, tea)
    np.testing.assert_allclose(block.matrix.toarray(), [[cup / length, tea / length], [0, 1], [0, 0]], rtol=1e-6)


def test_words_of_too_many_products_are_left_out() -> None:
    """Of 400 products all are new, 300 blue, and 100, which is few, red: at most 0.2 of them would be 80."""
    texts = ["new blue"] * 300 + ["new red"] * FEW
    block = text_block(texts, 0.2)
    assert block.names == ["red"]
    np.testing.assert_array_equal(np.diff(block.matrix.indptr), [0] * 300 + [1] * FEW)


@pytest.mark.parametrize("texts", [[], [""], ["", "?!"], ["same"] * (FEW + 1)])
def test_nothing_to_say_is_no_features(texts: list[str]) -> None:
    assert text_block(texts, 0.5).matrix.shape == (len(texts), 0)
