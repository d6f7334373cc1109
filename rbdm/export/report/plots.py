"""Makes the plots of a page without data. `scripts/` adds the data of the time range that is shown."""

from collections.abc import Sequence
from typing import Any

from bokeh.document import Document
from bokeh.models import (
    AdaptiveTicker,
    BoxZoomTool,
    ColumnDataSource,
    CompositeTicker,
    CustomJSTickFormatter,
    FixedTicker,
    Range1d,
    WheelZoomTool,
)
from bokeh.plotting import figure

from rbdm.expressions import EXPRESSIONS
from rbdm.timeline.frames import SmoothedFrames

LEFT, RIGHT = 74, 14
"""Margins of the plots over time in pixels. They are equal, so that a time has the same x position in all plots."""

_LANE = 20
"""Height of the row of a class in pixels."""
_PERSON = 26
"""Height of the row of a person in pixels."""
_NAME = 10
"""Number of letters of a name that fit beside a plot."""
_LEAST_FRAMES = 4
"""Number of average frames in the shortest time range that a user can zoom to."""
_NO_FACE = "no face"
_FONT = "system-ui, sans-serif"

Item = dict[str, Any]


def plots(frames: SmoothedFrames, expressions: int, people: Sequence[str] = ()) -> Item:
    """The arguments of `Bokeh.embed.embed_items`. The page has an element for each plot, with its name as the id.

    Args:
        frames: of one person.
        expressions: number of expressions.
        people: the names of the people if there are several: they get a plot with a row for each.
    """
    end = frames.end
    shortest = min(end, _LEAST_FRAMES * end / len(frames.time))
    over_time = Range1d(start=0, end=end, bounds=(0, end), min_interval=shortest, max_interval=end, name="time")
    figures = [
        *([_people(over_time, people)] if people else []),
        _lanes(over_time, expressions),
        _values(over_time),
        _probabilities(over_time),
        _plane(),
    ]
    document = Document()
    for plot in figures:
        document.add_root(plot)
    places = {plot.id: plot.name for plot in figures}
    return {
        "documents": {"page": document.to_json(deferred=False)},
        "items": [{"docid": "page", "roots": places, "root_ids": list(places)}],
    }


def _people(over_time: Range1d, people: Sequence[str]) -> figure:
    plot = _over_time("people", over_time, Range1d(start=len(people), end=0), _PERSON * len(people))
    plot.yaxis.ticker = FixedTicker(ticks=[row + 0.5 for row in range(len(people))])
    plot.yaxis.major_label_overrides = {row + 0.5: _short(name) for row, name in enumerate(people)}
    plot.ygrid.ticker = FixedTicker(ticks=list(range(len(people) + 1)))
    source = _source("people segments", "left", "right", "top", "bottom", "color", "alpha")
    plot.quad("left", "right", "top", "bottom", fill_color="color", fill_alpha="alpha", line_color=None, source=source)
    return plot


def _short(name: str) -> str:
    """A name that fits beside a plot."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _lanes(over_time: Range1d, expressions: int) -> figure:
    names = [EXPRESSIONS[index].name for index in range(expressions)] + [_NO_FACE]
    plot = _over_time("lanes", over_time, Range1d(start=expressions + 1, end=0), _LANE * (expressions + 1))
    plot.yaxis.ticker = FixedTicker(ticks=[row + 0.5 for row in range(len(names))])
    plot.yaxis.major_label_overrides = {row + 0.5: name for row, name in enumerate(names)}
    plot.ygrid.ticker = FixedTicker(ticks=list(range(len(names) + 1)))
    source = _source("segments", "left", "right", "top", "bottom", "color", "alpha", "edge")
    plot.quad(
        "left", "right", "top", "bottom", fill_color="color", fill_alpha="alpha", line_color="edge", source=source
    )
    return plot


def _values(over_time: Range1d) -> figure:
    plot = _over_time("values", over_time, Range1d(start=-1.04, end=1.04), 150)
    plot.yaxis.ticker = plot.ygrid.ticker = FixedTicker(ticks=[-1, -0.5, 0, 0.5, 1])
    plot.yaxis.formatter = CustomJSTickFormatter(code="return rbdm.signed(tick, 1)")
    band, line, dots = (
        _source("value bands", "xs", "ys", "color"),
        _source("value lines", "xs", "ys", "color"),
        _source("value dots", "x", "y", "color"),
    )
    plot.patches("xs", "ys", color="color", fill_alpha=0.28, line_alpha=0.28, line_width=1, source=band)
    plot.multi_line("xs", "ys", color="color", line_width=1.75, line_join="round", source=line)
    plot.scatter("x", "y", color="color", size=5, source=dots)
    _gaps(plot, "value gaps", -1.04, 1.04)
    return plot


def _probabilities(over_time: Range1d) -> figure:
    plot = _over_time("probabilities", over_time, Range1d(start=0, end=1), 170)
    plot.yaxis.ticker = plot.ygrid.ticker = FixedTicker(ticks=[0, 0.25, 0.5, 0.75, 1])
    plot.yaxis.formatter = CustomJSTickFormatter(code="return Math.round(100 * tick) + ' %'")
    plot.patches("xs", "ys", fill_color="color", line_color=None, source=_source("areas", "xs", "ys", "color"))
    _gaps(plot, "area gaps", 0, 1)
    return plot


def _plane() -> figure:
    plot = figure(
        name="plane",
        width=420,
        height=420,
        sizing_mode="scale_width",
        x_range=Range1d(start=-1.02, end=1.02),
        y_range=Range1d(start=-1.02, end=1.02),
        x_axis_label="valence: unpleasant to pleasant",
        y_axis_label="arousal: calm to excited",
        toolbar_location=None,
        tools="",
        min_border_top=12,
        min_border_right=16,
    )
    for axis in (plot.xaxis, plot.yaxis):
        axis.formatter = CustomJSTickFormatter(code="return rbdm.signed(tick, 1)")
        axis.ticker = FixedTicker(ticks=[-1, -0.5, 0, 0.5, 1])
        axis.axis_label_text_font_style = "normal"
    for grid in (plot.xgrid, plot.ygrid):
        grid.ticker = FixedTicker(ticks=[-1, -0.5, 0, 0.5, 1])
    cells = _source("cells", "left", "right", "top", "bottom", "alpha", "color")
    plot.quad("left", "right", "top", "bottom", fill_color="color", fill_alpha="alpha", line_color=None, source=cells)
    path = _source("path", "x0", "y0", "x1", "y1", "alpha", "color")
    plot.segment("x0", "y0", "x1", "y1", color="color", alpha="alpha", line_width=1.75, source=path)
    ends = _source("points", "x", "y", "color", "edge", "marker")
    looks: dict[str, Any] = {"fill_color": "color", "line_color": "edge", "line_width": 2}
    plot.scatter("x", "y", marker="marker", size=11, source=ends, **looks)
    plot.scatter("x", "y", size=13, source=_source("mark", "x", "y", "color", "edge"), **looks)
    return _plain(plot)


def _over_time(name: str, over_time: Range1d, y_range: Range1d, height: int) -> figure:
    wheel = WheelZoomTool(dimensions="width", modifiers="ctrl")
    plot = figure(
        name=name,
        height=height + 30,
        min_width=200,
        sizing_mode="stretch_width",
        x_range=over_time,
        y_range=y_range,
        toolbar_location=None,
        tools=[BoxZoomTool(dimensions="width"), wheel],
        active_scroll=wheel,
        min_border_left=LEFT,
        min_border_right=RIGHT,
        min_border_top=6,
        min_border_bottom=24,
    )
    plot.xaxis.ticker = CompositeTicker(
        tickers=[
            AdaptiveTicker(base=10, mantissas=[1, 2, 5], min_interval=0, max_interval=0.5, num_minor_ticks=0),
            AdaptiveTicker(
                base=60, mantissas=[1, 2, 5, 10, 15, 30], min_interval=1, max_interval=1800, num_minor_ticks=0
            ),
            AdaptiveTicker(base=24, mantissas=[1, 2, 4, 6, 12], min_interval=3600, num_minor_ticks=0),
        ]
    )
    plot.xgrid.ticker = plot.xaxis.ticker
    plot.xaxis.formatter = CustomJSTickFormatter(code="return rbdm.clock(tick, ticks)")
    return _plain(plot)


def _plain(plot: figure) -> figure:
    """Remove the colours of a plot: the page sets them, because it may be light or dark."""
    plot.background_fill_color = plot.border_fill_color = None
    plot.outline_line_color = None
    for axis in plot.axis:
        axis.axis_line_color = None
        axis.minor_tick_line_color = None
        axis.major_tick_line_color = None
        axis.major_label_text_color = axis.axis_label_text_color = None
        axis.major_label_text_font = axis.axis_label_text_font = _FONT
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
    return plot


def _gaps(plot: figure, name: str, bottom: float, top: float) -> None:
    plot.quad(
        left="left",
        right="right",
        bottom=bottom,
        top=top,
        fill_color="color",
        fill_alpha="alpha",
        line_color=None,
        hatch_pattern="right_diagonal_line",
        hatch_scale=9,
        name=f"hatched {name}",
        source=_source(name, "left", "right", "alpha", "color"),
    )


def _source(name: str, *columns: str) -> ColumnDataSource:
    return ColumnDataSource(data={column: [] for column in columns}, name=name)
