"""Real programs, damaged at random.

What people write holds forms that no grammar thinks of; what an edit in the middle of the work, a merge or a generator
makes of it holds more. A mutation works on lines or on tokens, and most results are kept only while they compile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fuzz.programs import CLASSES, COMMENTS, ERRNOS, compiles, snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

TOKEN = re.compile(r"\w+|[^\w\s]|[ \t]+")
INDENT = re.compile(r"[ \t]*")
WRAPPERS = (
    *("try:", "while True:", "for attempt in range(3):", "if host:", "def f(host, port):", "async def f(self):"),
    *("with lock:", "else:", "finally:", "except OSError as e:", "except ConnectionError:", "class C:"),
)
WORDS = (
    *(name.rpartition(".")[2] for name in CLASSES),
    *ERRNOS,
    *(
        "raise",
        "continue",
        "break",
        "return",
        "pass",
        "not",
        "await",
        "async",
        "e",
        "self",
        "sock",
        "True",
        "None",
        "0",
    ),
)


def indent_of(line: str) -> str:
    found = INDENT.match(line)
    return found.group() if found else ""


def block_at(lines: Sequence[str], start: int) -> int:
    """Return the index after the last line that belongs to the line at `start`: what is indented deeper."""
    depth = len(indent_of(lines[start]))
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or len(indent_of(lines[end])) > depth):
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def delete_line(random: Random, lines: list[str], at: int) -> None:
    del lines[at]


def duplicate_line(random: Random, lines: list[str], at: int) -> None:
    lines.insert(at, lines[at])


def swap_lines(random: Random, lines: list[str], at: int) -> None:
    other = min(at + 1, len(lines) - 1)
    lines[at], lines[other] = lines[other], lines[at]


def delete_block(random: Random, lines: list[str], at: int) -> None:
    del lines[at : block_at(lines, at)]


def duplicate_block(random: Random, lines: list[str], at: int) -> None:
    lines[at:at] = lines[at : block_at(lines, at)]


def move_block(random: Random, lines: list[str], at: int) -> None:
    end = block_at(lines, at)
    block = lines[at:end]
    del lines[at:end]
    to = random.randrange(len(lines) + 1)
    old, new = indent_of(block[0]), indent_of(lines[to]) if to < len(lines) else ""
    lines[to:to] = [new + line.removeprefix(old) for line in block]


def unwrap(random: Random, lines: list[str], at: int) -> None:
    """Delete a header and take its suite out."""
    end = block_at(lines, at)
    outer, inner = indent_of(lines[at]), indent_of(lines[at + 1]) if at + 1 < end else ""
    lines[at:end] = [outer + line.removeprefix(inner) for line in lines[at + 1 : end]]


def wrap(random: Random, lines: list[str], at: int) -> None:
    """Put a block into a suite."""
    end = block_at(lines, at)
    indent = indent_of(lines[at])
    header = random.choice(WRAPPERS)
    after = (
        [f"{indent}except {random.choice(CLASSES)}:", f"{indent}    {random.choice(WORDS)}"] if header == "try:" else []
    )
    lines[at:end] = [indent + header, *("    " + line for line in lines[at:end]), *after]


def reindent(random: Random, lines: list[str], at: int) -> None:
    end = block_at(lines, at)
    old = indent_of(lines[at])
    new = random.choice((f"{old}    ", old[:-4], f"{old}\t", f"{old} "))
    lines[at:end] = [new + line.removeprefix(old) for line in lines[at:end]]


def splice(random: Random, lines: list[str], at: int) -> None:
    """Put a statement of the grammar before a line."""
    indent = indent_of(lines[at])
    lines[at:at] = [indent + line if line else line for line in snippet(random, in_function=bool(indent)).splitlines()]


def comment(random: Random, lines: list[str], at: int) -> None:
    lines[at] = f"{lines[at]}  {random.choice(COMMENTS)}"


def comment_above(random: Random, lines: list[str], at: int) -> None:
    lines.insert(at, random.choice(("", "  ", indent_of(lines[at]))) + random.choice(COMMENTS))


def join_lines(random: Random, lines: list[str], at: int) -> None:
    if at + 1 < len(lines):
        colon = lines[at].rstrip().endswith(":")
        lines[at : at + 2] = [lines[at].rstrip() + (" " if colon else "; ") + lines[at + 1].lstrip()]


def continue_line(random: Random, lines: list[str], at: int) -> None:
    indent = indent_of(lines[at])
    spaces = [found.start() for found in re.finditer(" ", lines[at]) if found.start() >= len(indent)]
    if spaces:
        where = random.choice(spaces)
        lines[at : at + 1] = [lines[at][:where] + " \\", lines[at][where:]]


def on_tokens(change: Callable[[Random, list[str], int], None]) -> Callable[[Random, list[str], int], None]:
    """Return a mutation of a line out of one of its tokens."""

    def mutate(random: Random, lines: list[str], at: int) -> None:
        tokens = TOKEN.findall(lines[at])
        places = [index for index, token in enumerate(tokens) if token.strip()]
        if places:
            change(random, tokens, random.choice(places))
            lines[at] = "".join(tokens)

    return mutate


def delete_token(random: Random, tokens: list[str], at: int) -> None:
    del tokens[at]


def duplicate_token(random: Random, tokens: list[str], at: int) -> None:
    tokens[at] = f"{tokens[at]} {tokens[at]}"


def swap_tokens(random: Random, tokens: list[str], at: int) -> None:
    other = random.randrange(len(tokens))
    tokens[at], tokens[other] = tokens[other], tokens[at]


def replace_token(random: Random, tokens: list[str], at: int) -> None:
    words = [index for index, token in enumerate(tokens) if token.isidentifier()]
    if words:
        tokens[random.choice(words)] = random.choice(WORDS)


MUTATIONS: tuple[Callable[[Random, list[str], int], None], ...] = (
    delete_line,
    duplicate_line,
    swap_lines,
    delete_block,
    duplicate_block,
    move_block,
    unwrap,
    wrap,
    wrap,
    reindent,
    splice,
    splice,
    comment,
    comment_above,
    join_lines,
    continue_line,
    on_tokens(delete_token),
    on_tokens(duplicate_token),
    on_tokens(swap_tokens),
    on_tokens(replace_token),
    on_tokens(replace_token),
)
TRIES = 6
BROKEN = 0.03
# Where the rules look: half of all mutations happen near such lines.
TELLING = re.compile(r"except|try:|while |for |connect|socket|requests|retry|errno|sleep|raise|return|continue")


def mutated(random: Random, text: str) -> str:
    """Return `text` after a few mutations; a program of each, but for a few."""
    lines = text.splitlines() or [""]
    keep_broken = random.random() < BROKEN
    for _ in range(random.randint(1, 6)):
        for _ in range(TRIES):
            changed = list(lines)
            random.choice(MUTATIONS)(random, changed, place(random, changed))
            changed = changed or [""]
            if keep_broken or compiles("\n".join(changed) + "\n"):
                lines = changed
                break
    return "\n".join(lines) + "\n"


def place(random: Random, lines: Sequence[str]) -> int:
    telling = [index for index, line in enumerate(lines) if TELLING.search(line)]
    return random.choice(telling) if telling and random.random() < 0.5 else random.randrange(len(lines))
