"""A safe fix leaves a program doing what it did.

Programs around a few operations of a socket are run before and after their safe fixes, with a socket that fails in
every way in which real ones do; what they did, step by step, and how they ended must be the same.
"""

from __future__ import annotations

import errno
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from connlint.engine import fix
from tests.fuzz.programs import Compound, compiles, written
from tests.fuzz.properties import ALL, NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.fuzz.programs import Statement

# What operations on a TCP socket were seen to raise: by errno, and without one.
FAILURES: tuple[Callable[[], BaseException] | None, ...] = (
    None,
    *(
        partial(OSError, number, "said by the system")
        for number in (
            *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ESHUTDOWN),
            *(errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENOTCONN, errno.EAGAIN),
            *(errno.EINPROGRESS, errno.EINTR, errno.EBADF, errno.EADDRINUSE, errno.EACCES),
        )
    ),
    lambda: TimeoutError("timed out"),
    lambda: socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    lambda: ValueError("not of the network"),
    KeyboardInterrupt,
)
LONGEST = 400

NUMBERS = ("ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ESHUTDOWN", "ETIMEDOUT", "EHOSTUNREACH", "EAGAIN")
MAPPED = ("ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ESHUTDOWN", "ETIMEDOUT")
NAMES = (
    *("ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "ConnectionAbortedError"),
    *(
        "BrokenPipeError",
        "OSError",
        "socket.error",
        "TimeoutError",
        "BlockingIOError",
        "InterruptedError",
        "socket.timeout",
    ),
)
CAUGHT = (
    *("OSError", "OSError", "socket.error", "ConnectionError", "ConnectionResetError", "(OSError, ValueError)"),
    *("(socket.timeout, OSError)", "TimeoutError", "Exception", "(ConnectionResetError, OSError)", "IOError"),
    *("(ConnectionError, BrokenPipeError)", "(OSError, TimeoutError)", "BrokenPipeError", "ConnectionRefusedError"),
)


def program(random: Random) -> str:
    """Return a program whose function `run` works on a socket and notes its steps."""
    body = [*([step(random)] if random.random() < 0.3 else []), *tried(random)]
    if random.random() < 0.3:
        body = [Compound(((random.choice(("for attempt in range(3)", "while True")), tuple(body)),))]
    parameter = random.choice(("sock: socket.socket", "sock: socket.socket", "_given"))
    if parameter == "_given":
        body = ["sock = socket.socket()", *body]
    header = random.choice(("", "", "async ")) + f"def run({parameter})"
    return written(random, ["import errno", "import socket", Compound(((header, (*body, step(random))),))])


def step(random: Random) -> Statement:
    return f"note({random.randint(0, 99)})"


def tried(random: Random) -> list[Statement]:
    """Return a try around an operation, with handlers that tell failures apart."""
    clauses: list[tuple[str, tuple[Statement, ...]]] = [("try", (operation(random),))]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        name = random.choice(("e", "e", "error", "exc"))
        if random.random() < 0.5:
            clauses.append(
                (
                    f"except {random.choice(('OSError', 'socket.error', 'ConnectionError'))} as {name}",
                    dispatching(random, name),
                )
            )
        else:
            clauses.append((f"except {random.choice(CAUGHT)} as {name}", handling(random, name, 0)))
    if random.random() < 0.15:
        clauses.append(("except", (step(random), random.choice(("raise", "pass")))))
    if random.random() < 0.2:
        clauses.append(("else", (step(random),)))
    if random.random() < 0.2:
        clauses.append(("finally", (step(random),)))
    return [Compound(tuple(clauses))]


def operation(random: Random) -> str:
    return random.choice(
        (
            "sock.connect(('localhost', 9))",
            "sock.send(b'x')",
            "sock.sendall(b'x')",
            "data = sock.recv(10)",
            "note(sock.recv(1))",
        )
    )


def dispatching(random: Random, name: str) -> tuple[Statement, ...]:
    """Return the body of a handler that acts on some errnos and raises the rest again, as such handlers mostly do."""

    def number() -> str:
        return f"errno.{random.choice(MAPPED)}"

    def among() -> str:
        return f"({number()}, {number()})"

    acts: tuple[Statement, ...] = (
        step(random),
        random.choice(("pass", "return", f"return {name}.errno", "note(str(type))")),
    )
    kind = random.randrange(5)
    if kind == 0:
        return (Compound(((f"if {name}.errno != {number()}", ("raise",)),)), *acts)
    if kind == 1:
        return (Compound(((f"if {name}.errno not in {among()}", ("raise",)),)), *acts)
    if kind == 2:
        return (Compound(((f"if {name}.errno in {among()}", acts), ("else", ("raise",)))),)
    if kind == 3:
        return (Compound(((f"if {name}.errno == {number()}", (*acts[:1], "return")),)), "raise")
    return (
        Compound(
            (
                (f"if {name}.errno == {number()}", acts),
                (f"elif {name}.errno == {number()}", (step(random),)),
                (
                    "else",
                    (*([step(random)] if random.random() < 0.3 else []), random.choice(("raise", f"raise {name}"))),
                ),
            )
        ),
    )


def handling(random: Random, name: str, depth: int) -> tuple[Statement, ...]:
    """Return the body of a handler: tests of the errno or the class, in the ways that people write them."""
    body: list[Statement] = [step(random)] if random.random() < 0.3 else []
    clauses = [(f"if {test(random, name)}", ending(random, name, depth))]
    while random.random() < 0.3:
        clauses.append((f"elif {test(random, name)}", ending(random, name, depth)))
    if random.random() < 0.5:
        clauses.append(("else", ending(random, name, depth, likely="raise")))
        body.append(Compound(tuple(clauses)))
    else:
        body.append(Compound(tuple(clauses)))
        body += ending(random, name, 2, likely="raise")
    return tuple(body)


def test(random: Random, name: str) -> str:
    read = random.choice(
        (f"{name}.errno", f"{name}.errno", f"{name}.args[0]", f"{name}[0]", f"getattr({name}, 'errno', None)")
    )

    def number() -> str:
        return f"errno.{random.choice(NUMBERS)}"

    one = random.choice(
        (
            f"{read} == {number()}",
            f"{read} != {number()}",
            f"{read} in ({number()}, {number()})",
            f"{read} not in ({number()}, {number()}, {number()})",
            f"{number()} == {read}",
            f"{read} in [{number()}]",
            f"isinstance({name}, {random.choice(NAMES)})",
            f"not isinstance({name}, ({random.choice(NAMES)}, {random.choice(NAMES)}))",
            f"{read} == {number()} or {read} == {number()}",
            f"{read} != {number()} and {read} != {number()}",
            f"not ({read} == {number()})",
            f"{read} == {number()} and note({random.randint(0, 99)})",
            f"isinstance({name}, {random.choice(NAMES)}) or {read} == {number()}",
        )
    )
    return one if random.random() < 0.9 else f"({one})"


def ending(random: Random, name: str, depth: int, likely: str = "pass") -> tuple[Statement, ...]:
    body: list[Statement] = []
    if random.random() < 0.5:
        body.append(f"note({random.choice((random.randint(0, 99), f'type({name}).__name__'))})")
    if depth < 2 and random.random() < 0.15:
        return (*body, *handling(random, name, depth + 1))
    if random.random() < 0.05:
        body += tried(random)
    choices = (
        likely,
        likely,
        likely,
        "pass",
        "return",
        f"return note({random.randint(0, 99)})",
        "raise",
        f"raise {name}",
    )
    return (*body, random.choice(choices))


class FailingSocket:
    """A socket of which everything fails in one way, and which notes what is done to it."""

    def __init__(self, failure: Callable[[], BaseException] | None, note: Callable[[object], bool]) -> None:
        self._failure = failure
        self._note = note

    def _fails(self, name: str) -> BaseException | None:
        failure = self._failure() if self._failure is not None and name != "close" else None
        # Only a connect goes on after it has returned.
        goes_on = isinstance(failure, OSError) and failure.errno == errno.EINPROGRESS
        return None if goes_on and name != "connect" else failure

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*_arguments: object) -> object:
            if name != "close":
                self._note(name)
            failure = self._fails(name)
            if failure is not None:
                raise failure
            return b"data"

        return call

    def __enter__(self) -> FailingSocket:
        return self

    def __exit__(self, *_how: object) -> None:
        return None


class TooLongError(BaseException):
    """A program does not end by itself."""


def did(code: str, failure: Callable[[], BaseException] | None) -> tuple[list[object], str]:
    """Return the steps of a program, and how it ended."""
    steps: list[object] = []

    def note(value: object) -> bool:
        steps.append(value)
        if len(steps) > LONGEST:
            raise TooLongError
        return bool(value)

    given = FailingSocket(failure, note)
    module = type("socket_module", (), {**vars(socket), "socket": lambda *_: given})
    names: dict[str, Any] = {"note": note, "__name__": "program"}
    tree = compile(code, NAME, "exec", dont_inherit=True)
    exec(tree, names)
    if names.get("socket") is socket:
        names["socket"] = module
    try:
        result = names["run"](given)
        if hasattr(result, "send"):
            result.send(None)
    except StopIteration as end:
        return steps, f"returned {end.value!r}"
    except BaseException as error:  # noqa: BLE001 - how it ends is what is compared
        return steps, f"raised {type(error).__name__} {error.args}"
    return steps, f"returned {result!r}"


def differences(random: Random) -> Iterator[str]:
    """Yield how a program does something else after its safe fixes."""
    code = program(random)
    if not compiles(code):
        return
    fixed = fix(code.encode(), NAME, ALL, unsafe=False)
    if not fixed.applied:
        return
    after = fixed.data.decode()
    for failure in FAILURES:
        before_run, after_run = did(code, failure), did(after, failure)
        if before_run != after_run:
            said = repr(failure()) if failure is not None else "no failure"
            yield f"behaviour: {said}\n{before_run}\n{after_run}\n{'=' * 30}\n{code}\n{'=' * 30}\n{after}"
            return
