"""Small plots for asset metadata, where a picture says more than a number. Rendered here, without any network."""

import base64
from typing import Any

import altair as alt
import dagster as dg
import pandas as pd

WIDTH, HEIGHT = 360, 160


def line(frame: pd.DataFrame, x: str, y: str) -> Any:
    """`y` over time `x`."""
    return _picture(alt.Chart(frame).mark_line().encode(x=alt.X(x, type="temporal"), y=alt.Y(y, type="quantitative")))


def bars(frame: pd.DataFrame, x: str, y: str) -> Any:
    """One horizontal bar of length `x` per name `y`, in the frame's order."""
    return _picture(
        alt.Chart(frame).mark_bar().encode(x=alt.X(x, type="quantitative"), y=alt.Y(y, type="nominal", sort=None))
    )


def curves(frame: pd.DataFrame, x: str, y: str, name: str) -> Any:
    """A curve of `y` over the number `x` per name."""
    ends = {"x": alt.X(x, type="quantitative"), "y": alt.Y(y, type="quantitative")}
    return _picture(alt.Chart(frame).mark_line(point=True).encode(**ends, color=alt.Color(name, type="nominal")))


def scatter(frame: pd.DataFrame, x: str, y: str, name: str) -> Any:
    """A point per row, coloured by `name`."""
    ends = {"x": alt.X(x, type="quantitative"), "y": alt.Y(y, type="quantitative")}
    points = alt.Chart(frame).mark_circle(size=14, opacity=0.6)
    return _picture(points.encode(**ends, color=alt.Color(name, type="nominal")))


def histogram(frame: pd.DataFrame, x: str) -> Any:
    """How `x` is spread, counted on a logarithmic axis."""
    counts = alt.Y("count()", scale=alt.Scale(type="symlog"))
    return _picture(
        alt.Chart(frame).mark_bar().encode(x=alt.X(x, type="quantitative", bin=alt.Bin(maxbins=40)), y=counts)
    )


def intervals(frame: pd.DataFrame, name: str, value: str, low: str, high: str) -> Any:
    """A point with its interval per name."""
    base = alt.Chart(frame).encode(y=alt.Y(name, type="nominal"))
    points = base.mark_point(filled=True).encode(x=alt.X(value, type="quantitative"))
    return _picture(points + base.mark_rule().encode(x=alt.X(low, type="quantitative"), x2=high))


def trade_off(frame: pd.DataFrame, x: str, y: str, interval: tuple[str, str], label: str, used: str) -> Any:
    """What is gained (`x`) against what it costs (`y`, with its interval): a curve through the values of `label`, which
    stand beside its points; the point where `used` holds is the full one.
    """
    base = alt.Chart(frame).encode(x=alt.X(x, type="quantitative", scale=alt.Scale(zero=False)))
    height = alt.Y(y, type="quantitative", scale=alt.Scale(zero=False))
    curve = base.mark_line(opacity=0.5).encode(y=height, order=alt.Order(label, type="quantitative"))
    # Else the axis would name the ends of the interval too.
    ends = (alt.Y(interval[0], type="quantitative", title=y), alt.Y2(interval[1]))
    spread = base.mark_rule(opacity=0.4).encode(y=ends[0], y2=ends[1])
    points = base.mark_point(size=60, fillOpacity=1).encode(
        y=height, fill=alt.condition(f"datum.{used}", alt.value("black"), alt.value("white"))
    )
    names = base.mark_text(dx=6, dy=-8, align="left").encode(y=height, text=alt.Text(label, type="quantitative"))
    return _picture(curve + spread + points + names)


def calibration(frame: pd.DataFrame, expected: str, actual: str, name: str) -> Any:
    """Points of what was expected against what came, by name; on the diagonal both are the same."""
    x = alt.X(expected, type="quantitative", scale=alt.Scale(zero=True))
    points = alt.Chart(frame).mark_point(filled=True).encode(x=x, y=alt.Y(actual, type="quantitative"), color=name)
    most = max(float(frame[expected].max()), float(frame[actual].max()))
    ends = pd.DataFrame({expected: [0.0, most], actual: [0.0, most]})
    diagonal = alt.Chart(ends).mark_line(opacity=0.5, color="grey").encode(x=x, y=alt.Y(actual, type="quantitative"))
    return _picture(diagonal + points)


def band(frame: pd.DataFrame, x: str, lines: tuple[str, str], interval: tuple[str, str]) -> Any:
    """What was and what is expected over time `x`, the first line solid and the second dashed, within an interval."""
    base = alt.Chart(frame).encode(x=alt.X(x, type="temporal"))
    title = " and ".join(lines)
    ends = (alt.Y(interval[0], type="quantitative", title=title), alt.Y2(interval[1]))
    marks = base.mark_area(opacity=0.3).encode(y=ends[0], y2=ends[1])
    for name, dash in zip(lines, ([1, 0], [4, 2]), strict=True):
        marks += base.mark_line(strokeDash=dash).encode(y=alt.Y(name, type="quantitative", title=title))
    return _picture(marks)


def _picture(chart: Any) -> Any:
    import vl_convert

    svg = vl_convert.vegalite_to_svg(chart.properties(width=WIDTH, height=HEIGHT).to_dict())
    return dg.MetadataValue.md(f"![plot](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})")
