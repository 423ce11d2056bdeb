"""The results in README, as a table and as a picture, so that nobody copies figures by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench.corpus import ROOT
from bench.plot import plot, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = re.compile(r"(<!-- bench -->\n).*?(<!-- end -->)", re.DOTALL)
_PICTURE = ROOT / "docs" / "images" / "speed.svg"


def document(report: Mapping[str, Any]) -> None:
    """Write the table of a report into README, and its picture beside the others."""
    readme = ROOT / "README.md"
    readme.write_text(_PART.sub(rf"\g<1>{table(report)}\n\g<2>", readme.read_text("utf-8")), "utf-8")
    _PICTURE.write_text(plot(report), "utf-8")


def table(report: Mapping[str, Any]) -> str:
    """Return the rows of a report in Markdown."""
    lines = ["| work | beside | time that passes | all processors | goal |", "| --- | --- | --- | --- | --- |"]
    for row in report["rows"]:
        ratios = row["compared"]["ratios"]
        wall, cpu = (shown(ratios[what]) if what in ratios else "" for what in ("wall", "cpu"))
        if "memory" in ratios:
            wall = f"{shown(ratios['memory'])} (memory)"
        goal = "" if row["goal"] is None else f"{row['goal']:g}: {'met' if row['met'] else 'not met'}"
        lines.append(f"| {row['work']} | {row['compared']['theirs']} | {wall} | {cpu} | {goal} |")
    return "\n".join([*lines, "", *_sizes(report)])


def _sizes(report: Mapping[str, Any]) -> list[str]:
    """Return the sentence that says what the largest row was measured on, and with how many processors."""
    largest = max((row["compared"]["size"] for row in report["rows"]), key=lambda size: size.get("bytes", 0))
    code = f"{largest['files']:,} files, {largest['lines']:,} lines, {largest['bytes'] / 1e6:.0f} MB"
    return [f"The corpus: {code}. {report['machine']['processors']} processors, Python {report['versions']['python']}."]
