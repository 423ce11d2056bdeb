"""The results as a picture: a bar for each row, as long as the ratio to its goal, on a scale of powers of two."""

from __future__ import annotations

from html import escape
from math import log2
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEFT, _WIDTH, _STEP, _TOP = 330, 420, 30, 60
_LEAST, _MOST = -4.0, 4.0
_FONT = 'font-family="sans-serif" font-size="13" role="img"'


def plot(report: Mapping[str, Any]) -> str:
    """Return the SVG of a report: rows that have a goal, by how near they come to it."""
    rows = [row for row in report["rows"] if row["goal"] is not None]
    height = _TOP + _STEP * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 150}" height="{height}" {_FONT}>',
        "<title>connlint against its goals</title>",
        f'<rect width="100%" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="15">ratio measured, as a part of the goal (shorter is better)</text>',
    ]
    for power in range(int(_LEAST), int(_MOST) + 1, 2):
        x = _x(2.0**power)
        label = f"{2**power}" if power >= 0 else f"1/{2**-power}"
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP - 8}" y2="{height - 30}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.0f}" y="{_TOP - 14}" text-anchor="middle" fill="#777">{label}</text>')
    for number, row in enumerate(rows):
        ratio = max(row["compared"]["ratios"].values())
        y = _TOP + _STEP * number
        end = _x(ratio / row["goal"])
        colour = "#3a7d44" if row["met"] else "#c1440e"
        parts.append(
            f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(row["row"])}: '
            f"{escape(row['compared']['theirs'])}</text>"
            f'<rect x="{_LEFT}" y="{y}" width="{max(end - _LEFT, 1):.0f}" height="{_STEP - 10}" fill="{colour}"/>'
            f'<text x="{end + 6:.0f}" y="{y + 15}">{ratio:.2f} (goal {row["goal"]:g})</text>'
        )
    goal = _x(1)
    parts.append(f'<line x1="{goal:.0f}" x2="{goal:.0f}" y1="{_TOP - 8}" y2="{height - 30}" stroke="#333"/>')
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    parts.append(f'<text x="10" y="{height - 10}" font-size="11" fill="#777">{escape(versions)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float) -> float:
    place = min(max(log2(max(value, 1e-9)), _LEAST), _MOST)
    return _LEFT + _WIDTH * (place - _LEAST) / (_MOST - _LEAST)
