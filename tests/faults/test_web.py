"""What `http.client`, `urllib.request` and `xmlrpc.client` raise."""

from __future__ import annotations

import http.client
import socket
import urllib.request
import xmlrpc.client
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.faults.http_peers import ANSWERS, CHUNKED, END, HEAD, SAD, answer
from tests.faults.peers import (
    DROP,
    LATE,
    SOON,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    client_context,
    close,
    closed_port,
    compare,
    finish,
    hear,
    patience,
    raised,
    reset,
    say,
    stay_silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]


def test_http_connect() -> None:
    def connect(host: str, port: int) -> BaseException | None:
        with closing(http.client.HTTPConnection(host, port, timeout=SOON)) as connection:
            return raised(connection.connect)

    with closed_port() as closed, black_hole() as hole:
        compare(
            "http.client.HTTPConnection.connect",
            {
                "refused": connect(*closed),
                "timeout": connect(*hole),
                "unresolved": connect(UNKNOWN_HOST, 1),
                "unreachable": connect("255.255.255.255", 1),
            },
        )


def test_https_connect() -> None:
    def connect(host: str, port: int, wait: float = LATE) -> BaseException | None:
        context = client_context()
        with closing(http.client.HTTPSConnection(host, port, timeout=wait, context=context)) as connection:
            return raised(connection.connect)

    with (
        closed_port() as closed,
        Peer(hear(b"\x01", reset)) as dropping,
        Peer(say(SAD)) as other,
        Peer(stay_silent) as silent,
    ):
        compare(
            "http.client.HTTPSConnection.connect",
            {
                "refused": connect(*closed),
                "unresolved": connect(UNKNOWN_HOST, 1),
                "reset": connect(*dropping.address),
                "handshake": connect(*other.address),
                "timeout": connect(*silent.address, SOON),
            },
        )


def put_and_end(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("GET", "/")
    connection.endheaders()


REQUESTS: dict[str, Callable[[http.client.HTTPConnection], object]] = {
    "request": lambda connection: connection.request("GET", "/"),
    "send": lambda connection: connection.send(b"x"),
    "endheaders": put_and_end,
}


@pytest.mark.parametrize("kind", [http.client.HTTPConnection, http.client.HTTPSConnection])
@pytest.mark.parametrize("name", REQUESTS)
def test_http_request(kind: type[http.client.HTTPConnection], name: str) -> None:
    request = REQUESTS[name]

    def try_new(host: str, port: int, wait: float = LATE) -> BaseException | None:
        with closing(kind(host, port, timeout=wait)) as connection:
            return raised(lambda: request(connection))

    seen: Seen = []
    with closed_port() as closed, black_hole() as hole:
        seen += [
            ("refused", try_new(*closed)),
            ("timeout", try_new(*hole, SOON)),
            ("unresolved", try_new(UNKNOWN_HOST, 1)),
        ]
    if kind is http.client.HTTPConnection:
        with Peer(DROP) as dropping:
            for scenario in SCENARIOS:
                with closing(kind(*dropping.address)) as connection:
                    connection.connect()
                    finish(connection.sock)
                    if scenario == "broken":
                        raised(lambda: connection.sock.send(b"x"))
                    seen.append((scenario, raised(lambda: request(connection))))
    else:
        with Peer(hear(b"\x01", reset)) as dropping, Peer(say(SAD)) as other:
            seen += [("reset", try_new(*dropping.address)), ("handshake", try_new(*other.address))]
    documented = ("BrokenPipeError",) if kind is http.client.HTTPSConnection else ()
    compare(f"http.client.{kind.__name__}.{name}", seen, documented=documented)


SCENARIOS: tuple[Scenario, ...] = ("reset", "broken")


def test_http_answer() -> None:
    seen: Seen = []
    for scenario, treat in ANSWERS:
        with (
            Peer(treat) as peer,
            closing(http.client.HTTPConnection(*peer.address, timeout=patience(scenario))) as connection,
        ):
            connection.request("GET", "/")
            seen.append((scenario, raised(connection.getresponse)))
    compare("http.client.HTTPConnection.getresponse", seen)


def drop_tls(connection: socket.socket) -> None:
    """Send past TLS what is no record of it."""
    with socket.socket(fileno=connection.detach()) as plain:
        plain.sendall(SAD)


def test_https_answer() -> None:
    seen: Seen = []
    for scenario, treat in (*ANSWERS, ("handshake", hear(END, drop_tls))):
        with (
            Peer(treat, tls=True) as peer,
            closing(http.client.HTTPSConnection(*peer.address, timeout=LATE, context=client_context())) as connection,
        ):
            connection.request("GET", "/")
            connection.sock.settimeout(patience(scenario))
            error = raised(connection.getresponse)
            if scenario == "reset" and isinstance(error, http.client.RemoteDisconnected):
                scenario = "closed"  # noqa: PLW2901  # so it comes before Python 3.12.3 (gh-115627)
            seen.append((scenario, error))
    compare("http.client.HTTPSConnection.getresponse", seen, documented=("ConnectionResetError",))


READS: dict[str, Callable[[http.client.HTTPResponse], object]] = {
    "read": lambda response: response.read(),
    "read1": lambda response: response.read1(),
    "readinto": lambda response: response.readinto(bytearray(9)),
    "readline": lambda response: response.readline(),
    "readlines": lambda response: response.readlines(),
    "peek": lambda response: response.peek(),
}


@pytest.mark.parametrize("name", READS)
def test_http_read(name: str) -> None:
    def get(treat: Callable[[socket.socket], None], wait: float = LATE) -> BaseException | None:
        with Peer(treat) as peer, closing(http.client.HTTPConnection(*peer.address)) as connection:
            connection.request("GET", "/")
            connection.sock.settimeout(wait)
            response = connection.getresponse()
            with response:
                return raised(lambda: READS[name](response))

    seen: Seen = [("timeout", get(answer(HEAD, stay_silent), SOON))]
    if name == "read":
        seen += [("cut", get(answer(HEAD + b"x"))), ("cut", get(answer(CHUNKED + b"9\r\nx")))]
    with (
        Peer(answer(HEAD, DROP)) as peer,
        closing(http.client.HTTPConnection(*peer.address)) as connection,
    ):
        connection.request("GET", "/")
        sock = connection.sock
        with connection.getresponse() as response:
            finish(sock)
            seen.append(("reset", raised(lambda: READS[name](response))))
    compare(f"http.client.HTTPResponse.{name}", seen)


def open_by_opener(url: str, wait: float) -> object:
    return urllib.request.build_opener().open(url, timeout=wait)


def retrieve(url: str, _: float = LATE) -> object:
    return urllib.request.urlretrieve(url)


OPENERS: dict[str, Callable[[str, float], object]] = {
    "urllib.request.urlopen": lambda url, wait: urllib.request.urlopen(url, timeout=wait),
    "urllib.request.OpenerDirector.open": open_by_opener,
}


def open_and_fail(opener: Callable[[str, float], object]) -> Seen:
    seen: Seen = []
    with closed_port() as closed, black_hole() as hole:
        seen += [
            ("refused", raised(lambda: opener(f"http://{closed[0]}:{closed[1]}/", LATE))),
            ("unresolved", raised(lambda: opener(f"http://{UNKNOWN_HOST}/", LATE))),
            ("unreachable", raised(lambda: opener("http://255.255.255.255/", LATE))),
        ]
        if opener is not retrieve:
            seen.append(("timeout", raised(lambda: opener(f"http://{hole[0]}:{hole[1]}/", SOON))))
    for scenario, treat in (*ANSWERS, ("answered", answer(SAD))):
        if scenario == "timeout" and opener is retrieve:
            continue
        with Peer(treat) as peer:
            error = raised(lambda: opener("http" + peer.url, patience(scenario)))  # noqa: B023
            if isinstance(error, urllib.request.HTTPError):
                error.close()
            seen.append((scenario, error))
    with Peer(hear(b"\x01", reset)) as dropping, Peer(say(SAD)) as other:
        seen += [
            ("handshake", raised(lambda: opener("https" + dropping.url, LATE))),
            ("handshake", raised(lambda: opener("https" + other.url, LATE))),
        ]
    return seen


@pytest.mark.parametrize("name", OPENERS)
def test_urlopen(name: str) -> None:
    compare(name, open_and_fail(OPENERS[name]))


def test_urlretrieve() -> None:
    seen = open_and_fail(retrieve)
    with Peer(answer(HEAD + b"x")) as short, Peer(answer(CHUNKED + b"9\r\nx")) as torn:
        for peer in (short, torn):
            seen.append(("cut", raised(lambda: retrieve("http" + peer.url))))  # noqa: B023
    urllib.request.urlcleanup()
    compare("urllib.request.urlretrieve", seen)


def test_xmlrpc() -> None:
    def call(url: str) -> BaseException | None:
        with xmlrpc.client.ServerProxy(url) as proxy:
            return raised(proxy.add)

    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no")).encode()
    fault = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(fault), fault)
    seen: Seen = []
    with closed_port() as closed:
        seen += [
            ("refused", call(f"http://{closed[0]}:{closed[1]}/")),
            ("unresolved", call(f"http://{UNKNOWN_HOST}/")),
            ("unreachable", call("http://255.255.255.255/")),
        ]
    end = b"</methodCall>"
    treatments: tuple[tuple[Scenario, Callable[[socket.socket], None]], ...] = (
        ("reset", hear(end, reset)),
        ("closed", hear(end, close)),
        ("cut", hear(end, say(HEAD + b"x", close))),
        ("cut", hear(end, say(CHUNKED + b"9\r\nx", close))),
        ("rubbish", hear(end, say(b"220 smtp.example.org ready\r\n", close))),
        ("rubbish", hear(end, say(HEAD + b"rubbish!!", close))),
        ("answered", hear(end, say(SAD, close))),
        ("answered", hear(end, say(fault, close))),
    )
    for scenario, treat in treatments:
        with Peer(treat) as peer:
            seen.append((scenario, call("http" + peer.url)))
    compare("xmlrpc.client.ServerProxy.add", seen, documented=("BrokenPipeError",))
