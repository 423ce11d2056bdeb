"""What `http.client`, `urllib.request` and `xmlrpc.client` raise."""

from __future__ import annotations

import contextlib
import http.client
import socket
import urllib.error
import urllib.request
import xmlrpc.client
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.faults.experiments import FAMILIES, HANDSHAKES, NAMES, Experiment, by_operation, check_all, nobody, somebody
from tests.faults.http_peers import CHUNKED, END, HEAD, LONG, SAD, answer
from tests.faults.peers import (
    AT_ONCE,
    DROP,
    LATE,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    client_context,
    close,
    closed_port,
    closed_port_of_two,
    finish,
    hear,
    patience,
    raised,
    reset,
    say,
    stay_silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.knowledge.model import Scenario
    from tests.faults.experiments import Treated

    Outcome = BaseException | None
    Treatment = Callable[[socket.socket], None]
    Connection = http.client.HTTPConnection
    Request = Callable[[Connection], object]
    Response = Callable[[http.client.HTTPResponse], object]
    Open = Callable[[str], object]

# Until then Python says ssl.SSLError, or an end, of what the kernel calls a reset or a broken pipe (gh-115627)
CLEAR = (3, 12, 3)
SSL = "ssl.SSLError"


def new(host: str, port: int, wait: float, *, secret: bool) -> Connection:
    if secret:
        return http.client.HTTPSConnection(host, port, timeout=wait, context=client_context())
    return http.client.HTTPConnection(host, port, timeout=wait)


def request_new(request: Request, host: str, port: int, wait: float, *, secret: bool) -> None:
    with closing(new(host, port, wait, secret=secret)) as connection:
        request(connection)


@by_operation(
    nobody("http.client.HTTPConnection.connect", partial(request_new, lambda conn: conn.connect(), secret=False))
)
def test_http_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


SECURE_CONNECT = partial(request_new, lambda conn: conn.connect(), secret=True)


@by_operation(
    nobody("http.client.HTTPSConnection.connect", SECURE_CONNECT),
    somebody("http.client.HTTPSConnection.connect", SECURE_CONNECT, HANDSHAKES),
)
def test_https_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def put_and_end(connection: Connection) -> None:
    connection.putrequest("GET", "/")
    connection.endheaders()


REQUESTS: dict[str, Request] = {
    "request": lambda connection: connection.request("GET", "/"),
    "send": lambda connection: connection.send(b"x"),
    "endheaders": put_and_end,
}


def request_again(request: Request, *, secret: bool, met: bool) -> Outcome:
    """Send a request over a connection that the peer has dropped, and `met` that before."""
    with Peer(DROP, tls=secret) as peer, closing(new(*peer.address, LATE, secret=secret)) as connection:
        connection.connect()
        finish(connection.sock)
        if met:
            raised(lambda: connection.sock.send(b"x"))
        return raised(lambda: request(connection))


def requests() -> Iterator[Experiment]:
    for name, request in REQUESTS.items():
        row = f"http.client.HTTPConnection.{name}"
        yield from nobody(row, partial(request_new, request, secret=False))
        yield Experiment(row, "reset", "ConnectionResetError", partial(request_again, request, secret=False, met=False))
        yield Experiment(row, "broken", "BrokenPipeError", partial(request_again, request, secret=False, met=True))
        row = f"http.client.HTTPSConnection.{name}"
        over_tls = partial(request_new, request, secret=True)
        yield from nobody(row, over_tls)
        yield from somebody(row, over_tls, HANDSHAKES)
        dropped = partial(request_again, request, secret=True, met=False)
        broken = partial(request_again, request, secret=True, met=True)
        yield Experiment(row, "reset", "ConnectionResetError", dropped, since=CLEAR)
        yield Experiment(row, "reset", SSL, dropped, before=CLEAR)
        yield Experiment(row, "broken", "BrokenPipeError", broken, since=CLEAR)
        yield Experiment(row, "broken", SSL, broken, before=CLEAR)


@by_operation(requests())
def test_http_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


MANY = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n"
# How the answer to a request fails before its head is complete
ANSWERS: tuple[tuple[Scenario, str, Treatment, str], ...] = (
    ("reset", "ConnectionResetError", hear(END, reset), "drops"),
    ("closed", "http.client.RemoteDisconnected", hear(END, close), "closes"),
    ("timeout", "TimeoutError", stay_silent, "stays silent"),
    ("cut", "http.client.BadStatusLine", answer(b"HTTP/"), "closes in the first line"),
    ("rubbish", "http.client.BadStatusLine", answer(b"220 smtp.example.org ready\r\n"), "is no HTTP server"),
    ("rubbish", "http.client.LineTooLong", answer(LONG), "says too much"),
    ("rubbish", "http.client.UnknownProtocol", answer(b"HTTP/3 200 OK\r\n\r\n"), "speaks another version"),
    ("rubbish", "http.client.HTTPException", answer(MANY), "sends too many headers"),
)


def get_response(treat: Treatment, scenario: Scenario, *, secret: bool) -> Outcome:
    with Peer(treat, tls=secret) as peer, closing(new(*peer.address, LATE, secret=secret)) as connection:
        connection.request("GET", "/")
        connection.sock.settimeout(patience(scenario))
        return raised(connection.getresponse)


@by_operation(
    Experiment(
        "http.client.HTTPConnection.getresponse",
        scenario,
        raises,
        partial(get_response, treat, scenario, secret=False),
        what,
    )
    for scenario, raises, treat, what in ANSWERS
)
def test_http_answer(experiments: list[Experiment]) -> None:
    check_all(experiments)


def drop_tls(connection: socket.socket) -> None:
    """Send past TLS what is no record of it."""
    with socket.socket(fileno=connection.detach()) as plain:
        plain.sendall(SAD)


def secret_answers() -> Iterator[Experiment]:
    row = "http.client.HTTPSConnection.getresponse"
    for scenario, raises, treat, what in (*ANSWERS, ("handshake", SSL, hear(END, drop_tls), "drops TLS")):
        perform = partial(get_response, treat, scenario, secret=True)
        if scenario == "reset":
            yield Experiment(row, "reset", raises, perform, what, since=CLEAR)
            yield Experiment(row, "closed", "http.client.RemoteDisconnected", perform, what, before=CLEAR)
        else:
            yield Experiment(row, scenario, raises, perform, what)


@by_operation(secret_answers())
def test_https_answer(experiments: list[Experiment]) -> None:
    check_all(experiments)


READS: dict[str, Response] = {
    "read": lambda response: response.read(),
    "read1": lambda response: response.read1(),
    "readinto": lambda response: response.readinto(bytearray(9)),
    "readline": lambda response: response.readline(),
    "readlines": lambda response: response.readlines(),
    "peek": lambda response: response.peek(),
}
INCOMPLETE = "http.client.IncompleteRead"
# How an answer is cut short, and the reads that tell it
CUTS: tuple[tuple[Scenario, str, Treatment, str, str], ...] = (
    ("cut", INCOMPLETE, answer(HEAD + b"x"), "with a length", "read"),
    ("cut", INCOMPLETE, answer(CHUNKED + b"9\r\nx"), "in a chunk", "read readinto readline readlines"),
    ("cut", INCOMPLETE, answer(CHUNKED), "before the first chunk", "read read1 readinto"),
    ("rubbish", INCOMPLETE, answer(CHUNKED + b"zz\r\nx"), "no length of a chunk", "read read1 readinto"),
    ("rubbish", "http.client.LineTooLong", answer(CHUNKED + b"1" * 70000), "a long one", " ".join(READS)),
)


def read(treat: Treatment, scenario: Scenario, call: Response, *, secret: bool = False) -> Outcome:
    with Peer(treat, tls=secret) as peer, closing(new(*peer.address, LATE, secret=secret)) as connection:
        connection.request("GET", "/")
        sock = connection.sock
        with connection.getresponse() as response:
            sock.settimeout(patience(scenario))
            if scenario in {"reset", "broken"}:
                finish(sock)
            return raised(lambda: call(response))


def reads() -> Iterator[Experiment]:
    for name, call in READS.items():
        make = partial(Experiment, f"http.client.HTTPResponse.{name}")
        for scenario, raises, treat, what, telling in CUTS:
            error = raises if name in telling.split() else None
            yield make(scenario, error, partial(read, treat, scenario, call), what)
        for head in (HEAD, CHUNKED):
            yield make("timeout", "TimeoutError", partial(read, answer(head, stay_silent), "timeout", call))
            yield make("reset", "ConnectionResetError", partial(read, answer(head, DROP), "reset", call))
        perform = partial(read, answer(HEAD, drop_tls), "rubbish", call, secret=True)
        yield make("rubbish", SSL, perform, "drops TLS")


@by_operation(reads())
def test_http_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


# urllib.request


@contextlib.contextmanager
def default_timeout(wait: float) -> Iterator[None]:
    """Set the timeout of all new sockets, for what takes none."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(wait)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def open_url(call: Open, url: str, wait: float = LATE) -> Outcome:
    with default_timeout(wait):
        error = raised(lambda: call(url))
    if isinstance(error, urllib.error.HTTPError):
        error.close()
    return error


def open_at(place: Any, family: socket.AddressFamily | None, call: Open, wait: float) -> Outcome:
    with place() if family is None else place(family) as (host, port):
        return open_url(call, f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/", wait)


def open_of(treat: Treatment, scenario: Scenario, call: Open, scheme: str = "http", **options: Any) -> Outcome:
    with Peer(treat, **options) as peer:
        return open_url(call, scheme + peer.url, patience(scenario))


def urlopen(url: str) -> None:
    urllib.request.urlopen(url).close()


def open_by_opener(url: str) -> None:
    urllib.request.build_opener().open(url).close()


def retrieve(url: str) -> None:
    try:
        urllib.request.urlretrieve(url)
    finally:
        urllib.request.urlcleanup()


def openings(name: str, call: Open) -> Iterator[Experiment]:
    lost = "urllib.error.URLError"
    make = partial(Experiment, name)
    for family in FAMILIES:
        over = NAMES[family]
        yield make("refused", lost, partial(open_at, closed_port, family, call, LATE), over)
        yield make("timeout", lost, partial(open_at, black_hole, family, call, AT_ONCE), over)
        for scenario, raises, treat, what in ANSWERS:
            perform = partial(open_of, treat, scenario, call, family=family)
            yield make(scenario, raises, perform, f"{what}, {over}")
        for scenario, _, treat, what in HANDSHAKES:
            as_told: Scenario = "timeout" if scenario == "timeout" else "handshake"
            perform = partial(open_of, treat, scenario, call, "https", family=family)
            yield make(as_told, lost, perform, f"{what}, {over}")
    yield make("refused", lost, partial(open_at, closed_port_of_two, None, call, LATE), "twice")
    yield make("unresolved", lost, partial(open_url, call, f"http://{UNKNOWN_HOST}/"))
    yield make("unreachable", lost, partial(open_url, call, "http://255.255.255.255/"))
    sad = partial(open_of, answer(SAD), "answered", call)
    yield make("answered", "urllib.error.HTTPError", sad)


@by_operation(
    openings("urllib.request.urlopen", urlopen), openings("urllib.request.OpenerDirector.open", open_by_opener)
)
def test_urlopen(experiments: list[Experiment]) -> None:
    check_all(experiments)


def retrievals() -> Iterator[Experiment]:
    name = "urllib.request.urlretrieve"
    yield from openings(name, retrieve)
    short = partial(open_of, answer(HEAD + b"x"), "cut", retrieve)
    torn = partial(open_of, answer(CHUNKED + b"9\r\nx"), "cut", retrieve)
    yield Experiment(name, "cut", "urllib.error.ContentTooShortError", short, "with a length")
    yield Experiment(name, "cut", INCOMPLETE, torn, "in a chunk")


@by_operation(retrievals())
def test_urlretrieve(experiments: list[Experiment]) -> None:
    check_all(experiments)


# xmlrpc.client


def add(url: str) -> None:
    with xmlrpc.client.ServerProxy(url, context=client_context()) as proxy:
        proxy.add()


def add_over(host: str, port: int, wait: float, scheme: str = "http") -> None:
    with default_timeout(wait):
        add(f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/")


def add_much(host: str, port: int, wait: float) -> None:
    with xmlrpc.client.ServerProxy(f"http://{host}:{port}/") as proxy:
        proxy.add("x" * (1 << 23))


def xmlrpc_answer(data: bytes) -> Treatment:
    return hear(b"</methodCall>", say(data, close))


def calls() -> Iterator[Experiment]:
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no")).encode()
    fault = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(fault), fault)
    end = b"</methodCall>"
    bad = "xml.parsers.expat.ExpatError"
    treatments: tuple[Treated, ...] = (
        ("reset", "ConnectionResetError", hear(end, reset), "drops"),
        ("closed", "http.client.RemoteDisconnected", hear(end, close), "closes"),
        ("timeout", "TimeoutError", stay_silent, "stays silent"),
        ("cut", bad, xmlrpc_answer(HEAD + b"x"), "cuts, with a length"),
        ("cut", INCOMPLETE, xmlrpc_answer(CHUNKED + b"9\r\nx"), "cuts in a chunk"),
        ("cut", "http.client.BadStatusLine", xmlrpc_answer(b"HTTP/"), "closes in the first line"),
        ("rubbish", "http.client.BadStatusLine", xmlrpc_answer(b"220 smtp.example.org ready\r\n"), "is no HTTP server"),
        ("rubbish", "http.client.LineTooLong", xmlrpc_answer(LONG), "says too much"),
        ("rubbish", "http.client.UnknownProtocol", xmlrpc_answer(b"HTTP/3 200 OK\r\n\r\n"), "another version"),
        ("rubbish", "http.client.HTTPException", xmlrpc_answer(MANY), "too many headers"),
        ("rubbish", bad, xmlrpc_answer(HEAD + b"rubbish!!"), "answers no XML"),
        ("answered", "xmlrpc.client.ProtocolError", xmlrpc_answer(SAD), "says no"),
        ("answered", "xmlrpc.client.Fault", xmlrpc_answer(fault), "tells a fault"),
    )
    name = "xmlrpc.client.ServerProxy.add"
    yield from nobody(name, add_over)
    yield from somebody(name, add_over, treatments)
    yield from somebody(name, partial(add_over, scheme="https"), HANDSHAKES)
    # it tries once more, and either may be what it meets then
    while_sending: Treated = (
        "broken",
        ("BrokenPipeError", "ConnectionResetError"),
        hear(END, reset),
        "drops while it sends",
    )
    yield from somebody(name, add_much, [while_sending])


@by_operation(calls())
def test_xmlrpc(experiments: list[Experiment]) -> None:
    check_all(experiments)
