"""Experiments as data: an operation, what its peer does, and the class of the row that comes of it.

An experiment that ends otherwise than it says fails, and so does one whose class is not in the row. What a list of
experiments says is also what `tests/knowledge/test_proofs.py` holds the tables against: a failure that stands in a row
must be brought out here, or name its source.
"""

from __future__ import annotations

import importlib
import socket
import sys
from collections import defaultdict
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from connlint import knowledge
from tests.faults.peers import (
    AT_ONCE,
    LATE,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_port,
    closed_port_of_two,
    covers,
    has_ipv6,
    hear,
    patience,
    raised,
    reset,
    say,
    stay_silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from connlint.knowledge.model import Failure, Library, Operation, Scenario

    Outcome = BaseException | None
    Treatment = Callable[[socket.socket], None]
    Connect = Callable[[str, int, float], object]  # host, port, timeout
    # The scenario, the class of the row, how the peer treats the connection, and that in words
    Treated = tuple[Scenario, str | tuple[str | None, ...] | None, Treatment, str]


class Experiment(NamedTuple):
    """One operation against one peer.

    `raises` is the class as the row names it, None if nothing is raised, or a tuple of these where the outcome is a race: such an
    experiment proves none of its classes. `given` are the arguments that the row's failures may depend on. It is
    performed by Python `since` up to, but without, `before`.
    """

    operation: str
    scenario: Scenario
    raises: str | tuple[str | None, ...] | None
    perform: Callable[[], BaseException | None]
    peer: str = ""
    given: tuple[str, ...] = ()
    since: tuple[int, ...] = (3,)
    before: tuple[int, ...] = (4,)

    @property
    def is_for_this_python(self) -> bool:
        return self.since <= sys.version_info < self.before


def foretold(row: Operation, given: Iterable[str]) -> list[Failure]:
    """Return the failures of `row` that can come with the arguments `given`."""
    return [
        failure
        for failure in row.possible
        if (failure.only_with is None or failure.only_with in given)
        and (failure.unless is None or failure.unless not in given)
    ]


def check(experiment: Experiment) -> str | None:
    """Perform `experiment`, and return how its end differs from what it and the row say."""
    name, scenario, raises, perform, peer, given, _, _ = experiment
    row = knowledge.operation(name)
    assert row is not None, name
    error = perform()
    what = f"{scenario} ({peer})" if peer else scenario
    classes = raises if isinstance(raises, tuple) else (raises,)
    if error is None:
        return None if None in classes else f"{what} raised nothing, and not {raises}"
    if not any(covers(each, error) for each in classes if each is not None):
        return f"{what} raised {error!r}, and not {raises}"
    # which scenario a race ends in is open, too
    known = [each.raises for each in foretold(row, given) if each.scenario == scenario or isinstance(raises, tuple)]
    if not any(covers(each, error) for each in known):
        return f"{what} raised {error!r}, the row says {known}"
    return None


def by_operation(*groups: Iterable[Experiment]) -> pytest.MarkDecorator:
    """Return the mark that has a test perform all experiments of one operation, for each operation in turn."""
    sorted_out: dict[str, list[Experiment]] = defaultdict(list)
    for group in groups:
        for experiment in group:
            sorted_out[experiment.operation].append(experiment)
    return pytest.mark.parametrize("experiments", [pytest.param(each, id=name) for name, each in sorted_out.items()])


def check_all(experiments: Iterable[Experiment]) -> None:
    """Perform what this Python can, and fail with all that differs."""
    mine = [each for each in experiments if each.is_for_this_python]
    if not mine:
        pytest.skip("for other Pythons")
    differs = [found for each in mine if (found := check(each)) is not None]
    assert not differs, f"{mine[0].operation}: " + "; ".join(differs)


@cache
def declared() -> dict[str, list[Experiment]]:
    """Return the experiments of each test function of this directory, by its name as pytest writes it."""
    found: dict[str, list[Experiment]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if "by_operation" not in path.read_text():
            continue
        try:
            module = importlib.import_module(f"tests.faults.{path.stem}")
        except pytest.skip.Exception:  # the library is not installed
            continue
        for name, function in vars(module).items():
            for mark in getattr(function, "pytestmark", ()):
                if mark.name == "parametrize" and mark.args[0] == "experiments":
                    found[f"tests/faults/{path.name}::{name}"] = [
                        each for param in mark.args[1] for each in param.values[0]
                    ]
    return found


def is_missing(library: Library) -> bool:
    """Say whether no experiment of a client library can be declared here: it is not installed."""
    sources = {source.partition("::")[0] for row in library.operations for source in row.source.split()}
    return sources.isdisjoint(name.partition("::")[0] for name in declared())


FAMILIES = (socket.AF_INET, socket.AF_INET6) if has_ipv6() else (socket.AF_INET,)
NAMES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}

# What clients of all protocols share: where nobody answers, and how a connection and a handshake fail


def at_closed(connect: Connect, family: socket.AddressFamily) -> Outcome:
    with closed_port(family) as address:
        return raised(lambda: connect(*address, LATE))


def at_closed_of_two(connect: Connect) -> Outcome:
    with closed_port_of_two() as address:
        return raised(lambda: connect(*address, LATE))


def at_hole(connect: Connect, family: socket.AddressFamily) -> Outcome:
    with black_hole(family) as address:
        return raised(lambda: connect(*address, AT_ONCE))


def at(connect: Connect, host: str) -> Outcome:
    return raised(lambda: connect(host, 1, LATE))


def at_peer(
    connect: Connect, family: socket.AddressFamily, treat: Treatment, scenario: Scenario, *, tls: bool = False
) -> Outcome:
    with Peer(treat, family=family, tls=tls) as peer:
        return raised(lambda: connect(*peer.address, patience(scenario)))


def nobody(name: str, connect: Connect, before: tuple[int, ...] = (4,)) -> Iterator[Experiment]:
    """Yield the experiments at addresses where nobody answers."""
    make = partial(Experiment, name, before=before)
    for family in FAMILIES:
        yield make("refused", "ConnectionRefusedError", partial(at_closed, connect, family), NAMES[family])
        yield make("timeout", "TimeoutError", partial(at_hole, connect, family), NAMES[family])
    yield make("refused", "ConnectionRefusedError", partial(at_closed_of_two, connect), "twice")
    yield make("unresolved", "socket.gaierror", partial(at, connect, UNKNOWN_HOST))
    yield make("unreachable", "OSError", partial(at, connect, "255.255.255.255"))


def somebody(
    name: str,
    connect: Connect,
    treatments: Iterable[Treated],
    *,
    tls: bool = False,
    before: tuple[int, ...] = (4,),
) -> Iterator[Experiment]:
    """Yield the experiments with peers that treat a connection so."""
    for family in FAMILIES:
        for scenario, raises, treat, what in treatments:
            perform = partial(at_peer, connect, family, treat, scenario, tls=tls)
            yield Experiment(name, scenario, raises, perform, f"{what}, {NAMES[family]}", before=before)


HANDSHAKES: tuple[tuple[Scenario, str, Treatment, str], ...] = (
    ("reset", "ConnectionResetError", hear(b"\x01", reset), "drops the handshake"),
    ("handshake", "ssl.SSLError", hear(b"\x01", close), "closes in the handshake"),
    ("handshake", "ssl.SSLError", say(b"220 this is no TLS\r\n"), "knows no TLS"),
    ("timeout", "TimeoutError", stay_silent, "does not answer the handshake"),
)
