"""The results as a picture: how many times another program's cost connlint's is, on a scale of powers of two."""

from __future__ import annotations

from html import escape
from math import log2
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEFT, _WIDTH, _STEP, _TOP, _RIGHT = 560, 420, 26, 70, 60
_LEAST, _MOST = -6, 5
_FONT = 'font-family="sans-serif" font-size="13" role="img"'
_LESS, _MORE, _FAINT = "#3a7d44", "#c17f0e", "#777"


def plot(report: Mapping[str, Any]) -> str:
    """Return the SVG of a report: a bar for each row, to the left of 1 where connlint costs less, and its goal."""
    rows = report["rows"]
    bottom = _TOP + _STEP * len(rows)
    height = bottom + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + _RIGHT}" height="{height}" {_FONT}>',
        "<title>What connlint costs beside other programs</title>",
        f'<rect width="100%" height="{height}" fill="white"/>',
        '<text x="10" y="24" font-size="15">What connlint costs, in times of what the other costs</text>',
    ]
    for power in range(_LEAST, _MOST + 1):
        x = _x(2.0**power)
        label = f"{2**power}" if power >= 0 else f"1/{2**-power}"
        colour = "#333" if power == 0 else "#ddd"
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP - 8}" y2="{bottom}" stroke="{colour}"/>')
        parts.append(f'<text x="{x:.0f}" y="{_TOP - 14}" text-anchor="middle" fill="{_FAINT}">{label}</text>')
    for number, row in enumerate(rows):
        parts += _bar(row, _TOP + _STEP * number)
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    told = f"dotted: the goal. {versions}"
    parts.append(f'<text x="10" y="{height - 10}" font-size="11" fill="{_FAINT}">{escape(told)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _bar(row: Mapping[str, Any], y: int) -> list[str]:
    ratio = max(row["compared"]["ratios"].values())
    one, end = _x(1), _x(ratio)
    middle = y + 13
    at = f'x="{end + 5:.0f}"' if ratio >= 1 else f'x="{end - 5:.0f}" text-anchor="end"'
    colour = _LESS if ratio <= 1 else _MORE
    size = f'width="{max(abs(end - one), 1):.0f}" height="{_STEP - 9}"'
    parts = [
        f'<text x="{_LEFT - 50}" y="{middle}" text-anchor="end">{escape(named(row))}</text>',
        f'<rect x="{min(one, end):.0f}" y="{y}" {size} fill="{colour}"/>',
        f'<text {at} y="{middle}">{shown(ratio)}</text>',
    ]
    if row["goal"] is not None:
        goal = _x(row["goal"])
        line = f'x1="{goal:.0f}" x2="{goal:.0f}" y1="{y - 3}" y2="{y + _STEP - 6}"'
        parts.append(f'<line {line} stroke="#333" stroke-dasharray="2 2"/>')
    return parts


def named(row: Mapping[str, Any]) -> str:
    """Return what a row of the table compares: the work, and with what."""
    return f"{row['work']}, beside {row['compared']['theirs']}"


def shown(ratio: float) -> str:
    """Return `ratio` with two digits that count."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"


def _x(value: float) -> float:
    place = min(max(log2(max(value, 1e-9)), _LEAST), _MOST)
    return _LEFT + _WIDTH * (place - _LEAST) / (_MOST - _LEAST)
