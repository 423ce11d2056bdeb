"""Programs run before and after their fixes, on real sockets and with a clock that does not tick.

A program is a module with a function `run(address)`, plain or async. `execute` runs it against a peer on the loopback
that refuses (or resets) the first connections and answers the others, and says what came of it: the result or the
failure, how many attempts reached the kernel, how long the program asked to wait between them, how many sockets it
left open. Nobody waits: whatever sleeps notes for how long and comes back at once.

    before = execute(code, failures=3)
    after = execute(repaired(code, "CNL201"), failures=3)
    assert (before.result, before.error, before.attempts) == (after.result, after.error, after.attempts)
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import os
import socket
import stat
import struct
import sys
import threading
import time
import types
import warnings
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal, Self
from unittest import mock

import anyio
import anyio.lowlevel
import trio

from connlint.engine import Selection, fix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connlint.options import Options

Runner = Literal["asyncio", "trio", "anyio"]
How = Literal["refused", "reset"]
Address = tuple[str, int]

HOST = "127.0.0.1"
MOST_ATTEMPTS = 200
LATE = 10.0  # seconds; nothing on the loopback takes that long, unless the test has failed
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nanswer"


class EndlessError(BaseException):
    """The program does not come to an end; nothing but a bare `except` takes this."""


# The peer


def answer(connection: socket.socket) -> None:
    """Answer one HTTP request; a client that sends nothing and shuts its side gets the same."""
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(4096)
        if not part:
            break
        request += part
    with contextlib.suppress(OSError):
        connection.sendall(ANSWER)


class Peer:
    """A server on the loopback whose first connections fail.

    The port is bound from the start, so that it is nobody else's, and does not listen before so many attempts were
    made: until then the kernel refuses them. With `how` `reset`, it takes and resets them. What comes to the port is
    counted in `attempts` where the program asks the kernel for it, which the interpreter's audit events tell of. With
    `failures` None no attempt ever succeeds.
    """

    def __init__(
        self, failures: int | None, *, how: How = "refused", treat: Callable[[socket.socket], None] = answer
    ) -> None:
        self.failures = failures
        self.how = how
        self.attempts = 0
        self._treat = treat
        self._served = 0
        self._listening = False
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        self.address: Address = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._connections: list[socket.socket] = []

    def __enter__(self) -> Self:
        _WATCHED[self.address[1]] = self
        if self.how == "reset":
            self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        del _WATCHED[self.address[1]]
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._socket.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._listening:
            self._thread.join(LATE)
        for connection in self._connections:
            connection.close()

    def asked(self) -> None:
        """Count an attempt, right before the kernel makes it."""
        self.attempts += 1
        if self.attempts > MOST_ATTEMPTS:
            raise EndlessError
        if self.how == "refused" and not self._fails(self.attempts):
            self._listen()

    def _fails(self, attempt: int) -> bool:
        return self.failures is None or attempt <= self.failures

    def _listen(self) -> None:
        if not self._listening:
            self._listening = True
            self._socket.listen()
            self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._served += 1
            with contextlib.suppress(OSError):
                if self.how == "reset" and self._fails(self._served):
                    connection.recv(1)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    self._treat(connection)
            connection.close()


_WATCHED: dict[int, Peer] = {}


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _WATCHED:
        address = arguments[1]
        peer = _WATCHED.get(address[1]) if isinstance(address, tuple) else None
        if peer is not None:
            peer.asked()


sys.addaudithook(_audit)  # for good: there is no taking it back


# The clock


@contextlib.contextmanager
def stopped_clock(waited: list[float], *, on_sleep: Callable[[float], None] | None = None) -> Iterator[None]:
    """Let everything that sleeps come back at once, and note in `waited` for how long it was to sleep."""

    def note(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) > MOST_ATTEMPTS:
            raise EndlessError
        if on_sleep is not None:
            on_sleep(seconds)

    really = asyncio.sleep

    async def of_asyncio(seconds: float, result: object = None) -> object:
        note(seconds)
        return await really(0, result)

    async def of_trio(seconds: float) -> None:
        note(seconds)
        await trio.lowlevel.checkpoint()

    async def of_anyio(seconds: float) -> None:
        note(seconds)
        await anyio.lowlevel.checkpoint()

    with (
        mock.patch.object(time, "sleep", note),
        mock.patch.object(asyncio, "sleep", of_asyncio),
        mock.patch.object(trio, "sleep", of_trio),
        mock.patch.object(anyio, "sleep", of_anyio),
    ):
        yield


# Programs


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a program: its result, or its failure as class and text; what it did on the way."""

    result: object
    error: str | None
    attempts: int
    delays: tuple[float, ...] = ()
    left_open: int = 0
    """How many more sockets are open than before, the result's among them. Zero where /proc cannot tell."""
    printed: tuple[str, ...] = ()

    @property
    def visible(self) -> tuple[object, ...]:
        """What must be the same before and after a fix that only adds a delay."""
        return self.result, self.error, self.attempts, self.printed


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is run: its code, in which kind of loop, and the modules of its project that it may import."""

    code: str
    runner: Runner = "asyncio"
    modules: Mapping[str, str] = field(default_factory=dict)


def repaired(code: str, *codes: str, options: Options | None = None, filename: str = "program.py") -> str:
    """Return `code` with all fixes of the rules `codes`, which must leave none of their findings."""
    selection = Selection(select=codes) if options is None else Selection(select=codes, options=options)
    done = fix(dedent(code).encode(), filename, selection, unsafe=True)
    assert done.dropped == ()
    assert done.checked.problems == ()
    assert done.checked.diagnostics == ()
    return done.data.decode()


def execute(
    program: Program | str,
    failures: int | None,
    *,
    how: How = "refused",
    treat: Callable[[socket.socket], None] = answer,
    on_sleep: Callable[[float], None] | None = None,
) -> Outcome:
    """Run `program` against a peer whose first `failures` connections fail (None: all of them)."""
    if isinstance(program, str):
        program = Program(program)
    waited: list[float] = []
    printed: list[str] = []
    with Peer(failures, how=how, treat=treat) as peer, stopped_clock(waited, on_sleep=on_sleep), project(program):
        namespace: dict[str, Any] = {
            "__name__": "program",
            "print": lambda *words: printed.append(" ".join(map(str, words))),
        }
        exec(compile(dedent(program.code), "program.py", "exec"), namespace)
        before = open_sockets(peer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # what is left open is counted
            try:
                result, error = _call(namespace["run"], peer.address, program.runner), None
            except (Exception, EndlessError, SystemExit) as caught:  # noqa: BLE001
                result, error = None, f"{type(caught).__name__}: {caught}".replace(str(peer.address[1]), "PORT")
                left = len(open_sockets(peer) - before)
            else:
                left = len(open_sockets(peer) - before)
                if hasattr(result, "close"):
                    result.close()
                    result = f"a {type(result).__name__}"
            if left and open_sockets(peer) - before:
                namespace.clear()
                gc.collect()
    return Outcome(result, error, peer.attempts, tuple(waited), left, tuple(printed))


def _call(run: Callable[[Address], Any], address: Address, runner: Runner) -> Any:
    if not inspect.iscoroutinefunction(run):
        return run(address)
    if runner == "trio":
        return trio.run(run, address)
    if runner == "anyio":
        return anyio.run(run, address)
    return asyncio.run(run(address))


@contextlib.contextmanager
def project(program: Program) -> Iterator[None]:
    """Let the modules of the program's project be importable."""
    made: dict[str, types.ModuleType] = {}
    for name, code in program.modules.items():
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            each = ".".join(parts[:end])
            if each not in made:
                made[each] = types.ModuleType(each)
                made[each].__path__ = []
                if end > 1:
                    setattr(made[".".join(parts[: end - 1])], parts[end - 1], made[each])
        made[name].__dict__["__name__"] = name
        with mock.patch.dict(sys.modules, made):
            exec(compile(dedent(code), f"{name}.py", "exec"), made[name].__dict__)
    with mock.patch.dict(sys.modules, made):
        yield


def open_sockets(peer: Peer) -> set[int]:
    """Return the descriptors of the sockets of this process that are not the peer's; none where /proc does not tell."""
    found = set()
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(int(name)).st_mode) and not _is_of(peer, int(name)):
                    found.add(int(name))
    return found


def _is_of(peer: Peer, descriptor: int) -> bool:
    with socket.socket(fileno=os.dup(descriptor)) as sock:
        return bool(sock.getsockname() == peer.address)


# What backing off means


def backs_off(delays: Sequence[float], base: float = 1, cap: float = 30) -> bool:
    """Say whether each of `delays` keeps below a bound that starts at `base`, doubles, and ends at `cap`."""
    return all(0 <= seconds <= min(cap, base * 2**number) for number, seconds in enumerate(delays))


def grow(rounds: Sequence[Sequence[float]]) -> bool:
    """Say whether the delays of many rounds of the same program, long ones, grow and come to a stop."""
    mean: list[float] = [sum(column) / len(column) for column in zip(*rounds, strict=True)]
    return sum(mean[:2]) < sum(mean[2:4]) < sum(mean[4:6]) and sum(mean[:3]) * 3 < sum(mean[-3:])


def vary(rounds: Sequence[Sequence[float]]) -> bool:
    """Say whether no two rounds of the same program wait the same."""
    return len({tuple(each) for each in rounds}) == len(rounds)
