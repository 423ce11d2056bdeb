"""What retries do to a server that comes back: a simulation, and the picture and the table of it in the documentation.

Clients lose a server at the same moment and retry until they are answered. The server is down for a while; then it
answers so many requests a second, and turns away what comes on top, which costs it a little too. What differs is how
long a client waits before its next attempt: not at all, a time that doubles, or a random time up to one that doubles.
All of it is drawn from a fixed seed, so that the picture is always the same.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Delay = Callable[[int, Random], float]

CLIENTS = 400
DOWN = 10.0  # seconds
CAPACITY = 100  # requests a second
WAITING = 50  # requests that the server lets wait for their turn
REFUSAL = 0.01  # what it costs to turn a request away, in requests
ATTEMPT = 0.01  # seconds until a client knows that it failed
UNTIL = 60  # seconds
BASE, CAP = 1.0, 30.0


def none(_failures: int, _random: Random) -> float:
    """Wait not at all."""
    return 0.0


def doubling(failures: int, _random: Random) -> float:
    """Wait a time that doubles up to the cap."""
    return min(CAP, BASE * 2.0 ** min(failures, 10))


def full_jitter(failures: int, random: Random) -> float:
    """Wait a random time below one that doubles up to the cap."""
    return random.uniform(0, doubling(failures, random))


WAYS: dict[str, Delay] = {"not at all": none, "longer each time": doubling, "longer, at random": full_jitter}


@dataclass(frozen=True, slots=True)
class Course:
    """What happened: attempts in each second, and when each client was answered."""

    load: tuple[int, ...]
    answered: tuple[float, ...]

    @property
    def highest(self) -> int:
        """The most attempts in a second since the server is back."""
        return max(self.load[int(DOWN) :])

    @property
    def done(self) -> float | None:
        """When the last client was answered; None if some are not yet."""
        return max(self.answered) if len(self.answered) == CLIENTS else None


def simulate(delay: Delay) -> Course:
    """Return the course of things where every client waits `delay` after a failure."""
    random = Random(1)  # noqa: S311
    load = [0] * UNTIL
    answered = []
    clients = [(random.uniform(0, 0.05), client, 0) for client in range(CLIENTS)]
    heapq.heapify(clients)
    room, before = float(WAITING), DOWN
    while clients:
        now, client, failures = heapq.heappop(clients)
        if now >= UNTIL:
            continue
        load[int(now)] += 1
        if now >= DOWN:
            room, before = min(WAITING, room + (now - before) * CAPACITY), now
            if room >= 1:
                room -= 1
                answered.append(now)
                continue
            room = max(0.0, room - REFUSAL)
        heapq.heappush(clients, (now + ATTEMPT + delay(failures, random), client, failures + 1))
    return Course(tuple(load), tuple(answered))


def table(courses: dict[str, Course]) -> str:
    """Return the figures as a table in Markdown that is readable in a terminal too."""
    rows: list[tuple[str, ...]] = [
        ("clients wait", "attempts in a minute", "most in a second, once it is back", "all answered after")
    ]
    for name, course in courses.items():
        done = f"{course.done:.0f} s" if course.done is not None else f"more than {UNTIL} s"
        rows.append((name, f"{sum(course.load):,}", f"{course.highest:,}", done))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


# The picture

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP = 720, 64, 16, 48, 100, 50
HIGHEST = 5  # powers of ten
STYLE = (
    "text{font:12px sans-serif;fill:#333}.t{font-weight:600}"
    ".g{stroke:#888;stroke-opacity:.4}.d{fill:#888;fill-opacity:.2}"
    ".c{stroke:#888;stroke-dasharray:4 3}.b0{fill:#c0392b}.b1{fill:#b9770e}.b2{fill:#1e8449}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.b0{fill:#ec7063}.b1{fill:#f0b429}.b2{fill:#58d68d}}"
)


def picture(courses: dict[str, Course]) -> str:
    """Return the load over time, a panel for each way, as SVG."""
    legend = f"attempts per second of {CLIENTS} clients; grey: the server is down; dashed: the {CAPACITY} it can answer"
    axis = "seconds since the server went down"
    height = TOP + len(courses) * (PANEL + GAP) - 4
    return (
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
                f"<title>Attempts per second of {CLIENTS} clients whose server is down for {DOWN:.0f} s</title>",
                f"<style>{STYLE}</style>",
                f'<text x="{LEFT}" y="14">{legend}</text>',
                *(line for index, item in enumerate(courses.items()) for line in _panel(index, *item)),
                f'<text x="{WIDTH - RIGHT}" y="{height - 6}" text-anchor="end">{axis}</text>',
                "</svg>",
            ]
        )
        + "\n"
    )


def _panel(index: int, name: str, course: Course) -> Iterator[str]:
    top = TOP + index * (PANEL + GAP)
    bottom = top + PANEL
    step = (WIDTH - LEFT - RIGHT) / UNTIL
    yield f'<rect class="d" x="{LEFT}" y="{top}" width="{DOWN * step:g}" height="{PANEL}"/>'
    for power in range(HIGHEST + 1):
        y = bottom - _high(10**power)
        yield f'<path class="g" d="M{LEFT} {y:g}H{WIDTH - RIGHT}"/>'
        if power % 2 == 0:
            yield f'<text x="{LEFT - 6}" y="{y + 4:g}" text-anchor="end">{10**power:,}</text>'
    bars = "".join(
        f"M{LEFT + second * step:g} {bottom}v{-_high(count):.1f}h{step - 1:g}v{_high(count):.1f}z"
        for second, count in enumerate(course.load)
        if count
    )
    yield f'<path class="b{index}" d="{bars}"/>'
    yield f'<path class="c" d="M{LEFT} {bottom - _high(CAPACITY):g}H{WIDTH - RIGHT}"/>'
    done = (
        f"all answered after {course.done:.0f} s"
        if course.done is not None
        else f"{CLIENTS - len(course.answered)} not answered after {UNTIL} s"
    )
    yield f'<text class="t" x="{WIDTH - RIGHT}" y="{top - 7}" text-anchor="end">clients wait {name}: {done}</text>'
    for second in range(0, UNTIL + 1, 10):
        yield f'<text x="{LEFT + second * step:g}" y="{bottom + 15}" text-anchor="middle">{second}</text>'


def _high(count: float) -> float:
    """Return how high a bar for `count` attempts in a second is: one attempt can be seen, none cannot."""
    return PANEL * (math.log10(count) + 0.3) / (HIGHEST + 0.3) if count else 0.0


def courses() -> dict[str, Course]:
    """Return the course of things for each way to wait."""
    return {name: simulate(delay) for name, delay in WAYS.items()}
