"""`python -m hotline.ops.draw PROMETHEUS FOLDER`: the dashboards as pictures, to look at them.

What is drawn are the files that Grafana imports, each panel's queries over the last minutes of a
Prometheus that asks the services.
"""

from __future__ import annotations

import io
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
import matplotlib
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

DASHBOARDS = Path(__file__).parents[2] / "deploy/k8s/components/observability/dashboards"
POINTS, TIMEOUT_S = 120, 10.0
WIDTH_IN, ROW_IN, DPI, COLORS = 13.0, 2.3, 80, 64
MOST_LEGENDS = 10
SHORT = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
STYLE: Any = {"axes.grid": True, "grid.alpha": 0.3, "font.size": 8, "axes.titlesize": 9}


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel; a value that is none, or not there, is a gap."""

    legend: str
    at: list[datetime]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, and how many lines each panel has."""

    png: bytes
    lines: Mapping[str, int]


def draw(dashboard: Mapping[str, Any], prometheus: str, minutes: float, rate: str) -> Drawn:
    """All panels, as they are placed. `rate` is what `$__rate_interval` stands for.

    Raises httpx.HTTPError, ValueError where a query is none.
    """
    panels = dashboard["panels"]
    rows = (len(panels) + 1) // 2
    found: dict[str, int] = {}
    with (
        matplotlib.rc_context(STYLE),
        httpx.Client(base_url=prometheus, timeout=TIMEOUT_S, trust_env=False) as http,
    ):
        figure = Figure(figsize=(WIDTH_IN, ROW_IN * rows + 0.5), dpi=DPI, layout="constrained")
        figure.suptitle(dashboard["title"])
        places: list[Axes] = figure.subplots(rows, 2, squeeze=False).flatten().tolist()
        until = time.time()
        for axes, panel in zip(places, panels, strict=False):
            drawn = [
                line
                for target in panel["targets"]
                for line in _lines(http, target, until, minutes, rate)
            ]
            _panel(axes, panel, drawn)
            axes.set_xlim(_at(until - minutes * 60), _at(until))  # type: ignore[arg-type]
            found[panel["title"]] = len(drawn)
        for axes in places[len(panels) :]:
            axes.set_axis_off()
        return Drawn(_png(figure), found)


def _lines(
    http: httpx.Client, target: Mapping[str, Any], until: float, minutes: float, rate: str
) -> list[Line]:
    step_s = max(1.0, minutes * 60 / POINTS)
    asked = {
        "query": target["expr"].replace("$__rate_interval", rate),
        "start": str(until - minutes * 60),
        "end": str(until),
        "step": str(step_s),
    }
    answer = http.get("/api/v1/query_range", params=asked).json()
    if answer["status"] != "success":
        raise ValueError(f"{target['expr']}: {answer['error']}")
    legend, found = target["legendFormat"], answer["data"]["result"]
    return [_line(legend, series, step_s) for series in found]


def _line(legend: str, series: Mapping[str, Any], step_s: float) -> Line:
    labels = series["metric"]
    name = re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend)
    at: list[datetime] = []
    values: list[float] = []
    before = float("inf")
    for when, value in series["values"]:
        if when - before > 1.5 * step_s:
            at.append(_at(when))
            values.append(float("nan"))
        at.append(_at(when))
        values.append(float(value))
        before = when
    return Line(re.sub(r"hotline[-.]|v1\.", "", name), at, values)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _panel(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line]) -> None:
    axes.set_title(panel["title"], loc="left")
    by_size = sorted(lines, key=_highest, reverse=True)
    for number, line in enumerate(by_size):
        label = line.legend if number < MOST_LEGENDS else None
        axes.plot(line.at, line.values, linewidth=1.0, label=label)  # type: ignore[arg-type]
    axes.set_ylim(0, None if any(map(_highest, lines)) else 1)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    unit = panel["fieldConfig"]["defaults"]["unit"]
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, unit)))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M:%S"))
    if by_size:
        axes.legend(fontsize=6, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _highest(line: Line) -> float:
    return max((value for value in line.values if not math.isnan(value)), default=0.0)


def shown(value: float, unit: str) -> str:
    """A figure with its unit, as short as it can be read."""
    if unit == "s":
        return f"{value:g} s" if value >= 1 or not value else f"{value * 1000:g} ms"
    if unit == "percentunit":
        return f"{value * 100:g} %"
    suffix = {"ops": "/s", "reqps": "/s", "bytes": "B"}.get(unit, "")
    for size, letter in SHORT:
        if value >= size:
            return f"{value / size:g} {letter}{suffix}"
    return f"{value:g} {suffix}".strip()


def _png(figure: Figure) -> bytes:
    """With few colours, which lines and letters do not miss: a third of the size."""
    whole, small = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png")
    Image.open(whole).convert("RGB").quantize(COLORS).save(small, format="png", optimize=True)
    return small.getvalue()


@click.command()
@click.argument("prometheus")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--minutes", default=15.0, show_default=True, help="How far back.")
@click.option("--rate", default="1m", show_default=True, help="Over which time rates are taken.")
def main(prometheus: str, folder: Path, minutes: float, rate: str) -> None:
    """Draw every dashboard by the Prometheus at this address into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(DASHBOARDS.glob("*.json")):
        drawn = draw(json.loads(file.read_text("utf-8")), prometheus, minutes, rate)
        path = folder / f"{file.stem}.png"
        path.write_bytes(drawn.png)
        empty = [title for title, lines in drawn.lines.items() if not lines]
        click.echo(f"{path}" + (f": nothing in {', '.join(empty)}" if empty else ""))


if __name__ == "__main__":
    main()
