"""The shape of the knowledge tables.

What a network call can raise is knowledge and not code: each library is one module that exports one `Library`
of plain data, by qualified name, with its source. Builtins go by their bare name (`ConnectionError`), everything
else by the name of the module that defines it (`requests.exceptions.ConnectionError`, `socket.socket.connect`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Phase = Literal["connect", "accept", "send", "receive", "request"]

Scenario = Literal[
    "refused",  # nobody listens at the address
    "reset",  # the peer dropped the line (RST)
    "closed",  # the peer closed without an answer
    "cut",  # the peer closed in the middle of an answer
    "aborted",  # the connection was given up on this side, or before it was accepted
    "broken",  # writing to a line that is gone
    "timeout",
    "unresolved",  # the name has no address
    "unreachable",  # no route, no network: an OSError without a class of its own
    "handshake",  # TLS failed
    "answered",  # the peer answered that it cannot serve us (an HTTP status, an error reply)
    "rubbish",  # the answer is not of the protocol
]


class Failure(NamedTuple):
    """One way in which an operation fails, and the class that it then raises.

    With `only_with`, it comes only if that argument is given (TLS, for `asyncio.open_connection(ssl=...)`); with
    `unless`, only if that one is not. `source` is the documentation that this very failure rests on where no experiment
    of the row brings it out: an address. `platforms` are the systems that it comes from, as `sys.platform` begins
    there; none means all.
    """

    scenario: Scenario
    raises: str
    only_with: str | None = None
    unless: str | None = None
    source: str | None = None
    platforms: tuple[str, ...] = ()


class Operation(NamedTuple):
    """A call that touches the network. A `name` that ends in `.*` stands for every method of a class.

    `parameters` are the names of its positional parameters, without `self`; `address` those of them that say where it
    connects to; `timeout` the one that bounds the wait, in seconds. With `only_with`, the call reaches a peer only if
    that parameter is given (`smtplib.SMTP(host)`); with `unless`, it reaches none if that one is given
    (`create_connection(sock=...)`). `awaited` says that it works when awaited and not when called. `source` names the
    experiment or the documentation that the row rests on.

    `failures` are those that a program has to reckon with wherever it runs, and what rules judge by: a handler is
    narrowed to their classes, and no others. `seldom` are those that come all the same, but only by a race that is
    hardly ever lost, or only on the `platforms` that they name. No rule proposes to catch them, so none reads them; and
    none says that what they raise cannot come, which would have to ask `possible`. The experiments do ask it.
    """

    name: str
    phase: Phase
    failures: tuple[Failure, ...]
    source: str
    parameters: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    timeout: str | None = None
    only_with: str | None = None
    unless: str | None = None
    awaited: bool = False
    seldom: tuple[Failure, ...] = ()

    @property
    def possible(self) -> tuple[Failure, ...]:
        """Return all failures of the row, the seldom ones last."""
        return self.failures + self.seldom


class Library(NamedTuple):
    """What is known of one library.

    `aliases` maps a name, or the prefix of names, to the one that the tables use. `bases` holds the direct bases of
    its classes, exceptions and others. `returns` maps a callable to the class of its result, or to a tuple of classes
    for a tuple of results; a class called gives an instance of itself and needs no row. `attributes` maps an attribute
    of a class (`docker.client.DockerClient.containers`) to the class of its value. (One that ends in `.*` means
    every attribute that is no method of the tables; what an object holds as an item is the result of its
    `__getitem__`.) `harmless` lists the calls of
    the library that raise no connection failure (a name that ends in `.*` means every call below it). `groups` are its
    tuples of classes, made to be written after `except` (`ftplib.all_errors`). `connection_failures` are the classes
    that mean that a connection failed; what derives from them means it too, but for `answers`: there the peer was
    reached, and said no.
    """

    name: str
    aliases: Mapping[str, str]
    bases: Mapping[str, tuple[str, ...]]
    operations: tuple[Operation, ...]
    returns: Mapping[str, str | tuple[str, ...]]
    harmless: frozenset[str] = frozenset()
    groups: Mapping[str, tuple[str, ...]] = {}
    connection_failures: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = {}
