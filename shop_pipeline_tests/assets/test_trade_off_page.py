"""What the UI is told of what rules, diversity and margin cost: rows, words and pictures."""

import base64
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from shop_pipeline.assets import plots
from shop_pipeline.assets.recommenders.trade_off_page import cost, trade_off_frame, trade_offs_told
from shop_pipeline.checks import Part
from shop_pipeline.contracts.trade_offs import LIST_TRADE_OFFS
from shop_pipeline.models.lists.trade_off import Curve, TradeOff
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

SVG = "{http://www.w3.org/2000/svg}"


def point(curve: Curve, setting: float, *, is_used: bool = False, loss: float = 0.0, gained: float = 0.5) -> TradeOff:
    kept = 0.987 if setting else 1.0
    ends = (loss - 0.001, loss + 0.001)
    return TradeOff(curve, setting, is_used, 0.0812 - loss, loss, *ends, 0.1, kept, gained, 0.4, gained, 900)


POINTS = [
    point("rules", 0),
    point("rules", 1, is_used=True, loss=0.002),
    *(point("diversity", s, is_used=s == 0.1, loss=s / 100, gained=0.5 + s / 10) for s in (0.0, 0.1, 0.2)),
    *(point("margin", s, is_used=s == 0, loss=s / 100, gained=0.3 + s / 10) for s in (0.0, 0.1, 0.2)),
]


def drawn(told: Any) -> ElementTree.Element:
    """The picture, which is a whole SVG."""
    start, encoded = str(told.md_str).removesuffix(")").split("base64,")
    assert start == "![plot](data:image/svg+xml;"
    return ElementTree.fromstring(base64.b64decode(encoded))


def texts(picture: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def test_rows_have_the_columns_of_the_contract_but_for_when_they_hold() -> None:
    frame = trade_off_frame(POINTS)
    assert {*frame.columns, "split_at", "as_of", "run_id"} == set(LIST_TRADE_OFFS.column_names)
    assert len(frame) == len(POINTS)
    assert set(frame["k"]) == {10}
    assert list(trade_off_frame([]).columns) == list(frame.columns)


def test_the_gate_takes_the_rows(bench: Bench) -> None:
    """Also those whose diversity, margin and interval nobody knows, and none at all."""
    unknown = [replace(own, mean_margin=np.nan, diversity=np.nan, loss_ci_low=np.nan) for own in POINTS]
    for points in (POINTS, unknown, []):
        bench.duck.register("found", trade_off_frame(points).assign(split_at=AS_OF))
        bench.gate.write(Part(LIST_TRADE_OFFS, "SELECT * FROM found"))
        assert bench.rows(f"SELECT count(*) FROM {LIST_TRADE_OFFS.qualified}") == [(len(points),)]
        nulls = "mean_margin IS NULL AND diversity IS NULL AND loss_ci_low IS NULL"
        n_unknown = len(points) if points is unknown else 0
        assert bench.rows(f"SELECT count(*) FROM {LIST_TRADE_OFFS.qualified} WHERE {nulls}") == [(n_unknown,)]


def test_the_cost_of_what_is_used_is_a_sentence() -> None:
    told = trade_offs_told(POINTS)
    assert set(told) == {"cost_of_rules", "cost_of_diversity", "cost_of_margin", "plot_diversity", "plot_margin"}
    assert told["cost_of_diversity"] == (
        "0.1: keeps 98.7% of the relevance; NDCG@10 is 0.0802, its loss against 0 is 0.0010 (0.0000 to 0.0020)"
    )
    alone = replace(POINTS[0], ndcg_loss=-1e-9, loss_ci_low=np.nan, loss_ci_high=np.nan)
    assert cost(alone).endswith("NDCG@10 is 0.0812, its loss against 0 is 0.0000")


def test_a_curve_names_its_settings_and_marks_the_one_in_use() -> None:
    picture = drawn(trade_offs_told(POINTS)["plot_diversity"])
    assert {"diversity", "ndcg", "0", "0.1", "0.2"} <= set(texts(picture))
    fills = [element.get("fill") for element in picture.iter(f"{SVG}path") if element.get("aria-roledescription")]
    assert sorted(fill for fill in fills if fill in ("black", "white")) == ["black", "white", "white"]


def test_what_cannot_be_drawn_is_left_out() -> None:
    """No product has a known margin; one customer alone has no interval, and still a curve."""
    unknown = [replace(own, mean_margin=np.nan, loss_ci_low=np.nan, loss_ci_high=np.nan) for own in POINTS]
    told = trade_offs_told(unknown)
    assert "plot_margin" not in told
    assert {"0.1", "0.2"} <= set(texts(drawn(told["plot_diversity"])))
    assert trade_offs_told([]) == {}


def test_the_curve_goes_through_the_settings_in_their_order() -> None:
    """Settings 0, 1 and 2 gain 0, 2 and 1: drawn by setting, the line turns back, whatever the order of the rows."""
    frame = pd.DataFrame(
        {"setting": [2, 0, 1], "x": [1, 0, 2], "y": [1, 1, 1], "low": 0, "high": 2, "used": [False, True, False]}
    )
    picture = drawn(plots.trade_off(frame, "x", "y", ("low", "high"), "setting", "used"))
    (line,) = [p for p in picture.iter(f"{SVG}path") if p.get("aria-roledescription") == "line mark"]
    xs = [float(part.split(",")[0]) for part in str(line.get("d")).replace("M", "").split("L")]
    assert xs[0] < xs[2] < xs[1]
