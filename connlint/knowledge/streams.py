"""What is known of asyncio: streams, and the network calls of its event loops.

A name with several addresses is tried address by address, and when all refuse, asyncio raises a plain `OSError` that
sums them up: `except ConnectionError` and `except ConnectionRefusedError` miss it. That is why a refusal has two
classes here.
"""

from __future__ import annotations

from connlint.knowledge.model import Failure, Library, Operation
from connlint.knowledge.sockets import GIVEN_UP, NO_ROUTE

# asyncio sets no timeout of its own; the kernel gives a connect up in the end, and no experiment waits that long
_TIMEOUT = Failure("timeout", "TimeoutError", source="https://man7.org/linux/man-pages/man2/connect.2.html")
_OTHER = Failure("unreachable", "OSError")
_RESET = Failure("reset", "ConnectionResetError")
_BROKEN = Failure("broken", "BrokenPipeError")

_CONNECT = (
    Failure("refused", "ConnectionRefusedError", unless="all_errors"),
    Failure("refused", "OSError", unless="all_errors"),  # several addresses
    Failure("refused", "ExceptionGroup", only_with="all_errors"),  # of one address, too; since Python 3.12
    _TIMEOUT,
    Failure("unresolved", "socket.gaierror"),
    _OTHER,
    # A peer that drops the line at once is met while the loop still asks how the connect went
    Failure("reset", "ConnectionResetError"),
    Failure("timeout", "ConnectionAbortedError", only_with="ssl"),  # the handshake takes too long
    Failure("handshake", "ssl.SSLError", only_with="ssl"),
)
_UNIX_CONNECT = (
    Failure("refused", "ConnectionRefusedError"),
    Failure("unresolved", "FileNotFoundError"),
    _OTHER,
    *(failure for failure in _CONNECT if failure.only_with == "ssl" or failure.scenario == "reset"),
)
_SOCK_CONNECT = (
    Failure("refused", "ConnectionRefusedError"),
    _RESET._replace(source="https://pubs.opengroup.org/onlinepubs/9699919799/functions/connect.html"),
    _TIMEOUT,
    Failure("unresolved", "socket.gaierror"),
    _OTHER,
)
# A reader hands out the failure that ended the connection, whichever side of it met that failure first
_READ = (_RESET, _BROKEN, GIVEN_UP, NO_ROUTE)
_DRAIN = (_RESET, _BROKEN, GIVEN_UP, NO_ROUTE)
_START_TLS = (
    _RESET,
    Failure("timeout", "ConnectionAbortedError"),
    Failure("handshake", "ssl.SSLError"),
    NO_ROUTE,
)

_LOOP = "asyncio.AbstractEventLoop"

OPERATIONS: tuple[Operation, ...] = (
    # https://docs.python.org/3/library/asyncio-stream.html
    Operation(
        "asyncio.open_connection",
        "connect",
        _CONNECT,
        "tests/faults/test_asyncio.py::test_open_connection",
        parameters=("host", "port"),
        address=("host", "port"),
        unless="sock",
        awaited=True,
    ),
    Operation(
        "asyncio.open_unix_connection",
        "connect",
        _UNIX_CONNECT,
        "tests/faults/test_asyncio.py::test_unix_connection",
        parameters=("path",),
        address=("path",),
        unless="sock",
        awaited=True,
    ),
    Operation("asyncio.StreamReader.read", "receive", _READ, "tests/faults/test_asyncio.py::test_read", awaited=True),
    Operation(
        "asyncio.StreamReader.readline",
        "receive",
        (*_READ, Failure("rubbish", "ValueError")),
        "tests/faults/test_asyncio.py::test_read",
        awaited=True,
    ),
    Operation(
        "asyncio.StreamReader.readexactly",
        "receive",
        (*_READ, Failure("cut", "asyncio.IncompleteReadError")),
        "tests/faults/test_asyncio.py::test_read",
        awaited=True,
    ),
    Operation(
        "asyncio.StreamReader.readuntil",
        "receive",
        (*_READ, Failure("cut", "asyncio.IncompleteReadError"), Failure("rubbish", "asyncio.LimitOverrunError")),
        "tests/faults/test_asyncio.py::test_read",
        awaited=True,
    ),
    Operation("asyncio.StreamWriter.drain", "send", _DRAIN, "tests/faults/test_asyncio.py::test_write", awaited=True),
    Operation(
        "asyncio.StreamWriter.wait_closed", "send", _DRAIN, "tests/faults/test_asyncio.py::test_write", awaited=True
    ),
    Operation(
        "asyncio.StreamWriter.start_tls",
        "request",
        _START_TLS,
        "tests/faults/test_asyncio.py::test_start_tls",
        awaited=True,
    ),
    # https://docs.python.org/3/library/asyncio-eventloop.html
    Operation(
        f"{_LOOP}.create_connection",
        "connect",
        _CONNECT,
        "tests/faults/test_asyncio.py::test_open_connection",
        parameters=("protocol_factory", "host", "port"),
        address=("host", "port"),
        unless="sock",
        awaited=True,
    ),
    Operation(
        f"{_LOOP}.create_unix_connection",
        "connect",
        _UNIX_CONNECT,
        "tests/faults/test_asyncio.py::test_unix_connection",
        parameters=("protocol_factory", "path"),
        address=("path",),
        unless="sock",
        awaited=True,
    ),
    Operation(
        f"{_LOOP}.sock_connect",
        "connect",
        _SOCK_CONNECT,
        "tests/faults/test_asyncio.py::test_loop_sock_connect",
        parameters=("sock", "address"),
        address=("address",),
        awaited=True,
    ),
    Operation(
        f"{_LOOP}.sock_accept",
        "accept",
        (
            Failure("aborted", "ConnectionAbortedError", source="https://man7.org/linux/man-pages/man2/accept.2.html"),
            _OTHER,
        ),
        "tests/faults/test_asyncio.py::test_loop_sock_accept",
        awaited=True,
    ),
    *(
        Operation(
            f"{_LOOP}.{name}",
            "send",
            (_BROKEN, _RESET, GIVEN_UP, NO_ROUTE),
            "tests/faults/test_asyncio.py::test_loop_sock_send",
            awaited=True,
        )
        for name in ("sock_sendall", "sock_sendfile")
    ),
    Operation(
        f"{_LOOP}.sock_sendto",
        "send",
        (
            _BROKEN,
            _RESET,
            Failure("refused", "ConnectionRefusedError"),
            Failure("unresolved", "socket.gaierror"),
            GIVEN_UP,
            NO_ROUTE,
        ),
        "tests/faults/test_asyncio.py::test_loop_sock_send",
        awaited=True,
    ),
    *(
        Operation(
            f"{_LOOP}.{name}",
            "receive",
            (_RESET, GIVEN_UP, _OTHER),
            "tests/faults/test_asyncio.py::test_loop_sock_receive",
            awaited=True,
        )
        for name in ("sock_recv", "sock_recv_into")
    ),
    *(
        # these two read datagrams, too
        Operation(
            f"{_LOOP}.{name}",
            "receive",
            (_RESET, Failure("refused", "ConnectionRefusedError"), GIVEN_UP, _OTHER),
            "tests/faults/test_asyncio.py::test_loop_sock_receive",
            awaited=True,
        )
        for name in ("sock_recvfrom", "sock_recvfrom_into")
    ),
    Operation(
        f"{_LOOP}.start_tls",
        "request",
        _START_TLS,
        "tests/faults/test_asyncio.py::test_start_tls",
        awaited=True,
    ),
    *(
        Operation(
            f"{_LOOP}.{name}",
            "request",
            (Failure("unresolved", "socket.gaierror"),),
            "tests/faults/test_asyncio.py::test_loop_resolve",
            awaited=True,
        )
        for name in ("getaddrinfo", "getnameinfo")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    "asyncio.AbstractEventLoop": ("object",),
    "asyncio.BrokenBarrierError": ("RuntimeError",),
    "asyncio.CancelledError": ("BaseException",),
    "asyncio.Event": ("object",),
    "asyncio.IncompleteReadError": ("EOFError",),
    "asyncio.InvalidStateError": ("Exception",),
    "asyncio.LimitOverrunError": ("Exception",),
    "asyncio.Lock": ("object",),
    "asyncio.Queue": ("object",),
    "asyncio.QueueEmpty": ("Exception",),
    "asyncio.QueueFull": ("Exception",),
    "asyncio.QueueShutDown": ("Exception",),
    "asyncio.Semaphore": ("object",),
    "asyncio.SendfileNotAvailableError": ("RuntimeError",),
    "asyncio.Server": ("object",),
    "asyncio.StreamReader": ("object",),
    "asyncio.StreamWriter": ("object",),
    "concurrent.futures.BrokenExecutor": ("RuntimeError",),
    "concurrent.futures.CancelledError": ("concurrent.futures.Error",),
    "concurrent.futures.Error": ("Exception",),
    "concurrent.futures.InvalidStateError": ("concurrent.futures.Error",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "asyncio.get_event_loop": "asyncio.AbstractEventLoop",
    "asyncio.get_running_loop": "asyncio.AbstractEventLoop",
    "asyncio.new_event_loop": "asyncio.AbstractEventLoop",
    "asyncio.open_connection": ("asyncio.StreamReader", "asyncio.StreamWriter"),
    "asyncio.open_unix_connection": ("asyncio.StreamReader", "asyncio.StreamWriter"),
    "asyncio.AbstractEventLoop.sock_accept": ("socket.socket", "tuple"),
    "asyncio.AbstractEventLoop.sock_recv": "bytes",
    "asyncio.StreamReader.read": "bytes",
    "asyncio.StreamReader.readexactly": "bytes",
    "asyncio.StreamReader.readline": "bytes",
    "asyncio.StreamReader.readuntil": "bytes",
}

ALIASES: dict[str, str] = {
    "asyncio.BaseEventLoop": "asyncio.AbstractEventLoop",
    "asyncio.ProactorEventLoop": "asyncio.AbstractEventLoop",
    "asyncio.SelectorEventLoop": "asyncio.AbstractEventLoop",
    "asyncio.TimeoutError": "TimeoutError",
    "asyncio.base_events": "asyncio",
    "asyncio.events": "asyncio",
    "asyncio.exceptions": "asyncio",
    "asyncio.locks": "asyncio",
    "asyncio.queues": "asyncio",
    "asyncio.streams": "asyncio",
    "asyncio.tasks": "asyncio",
    "asyncio.timeouts": "asyncio",
    "concurrent.futures.TimeoutError": "TimeoutError",
    "concurrent.futures._base": "concurrent.futures",
    "uvloop.Loop": "asyncio.AbstractEventLoop",
    "uvloop.new_event_loop": "asyncio.new_event_loop",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"{_LOOP}.{name}"
            for name in """
                add_reader add_signal_handler add_writer call_at call_exception_handler call_later call_soon
                call_soon_threadsafe close create_future create_server create_task get_debug is_closed is_running
                remove_reader remove_signal_handler remove_writer set_debug set_default_executor
                set_exception_handler stop time
            """.split()
        ),
        "asyncio.Event.*",
        "asyncio.Future",
        "asyncio.Lock.*",
        "asyncio.Queue.*",
        "asyncio.Semaphore.*",
        "asyncio.Server.*",
        "asyncio.StreamReader.at_eof",
        "asyncio.StreamReader.feed_data",
        "asyncio.StreamReader.feed_eof",
        # a writer only notes what it is to send: drain is where its failures come out
        "asyncio.StreamWriter.can_write_eof",
        "asyncio.StreamWriter.close",
        "asyncio.StreamWriter.get_extra_info",
        "asyncio.StreamWriter.is_closing",
        "asyncio.StreamWriter.write",
        "asyncio.StreamWriter.write_eof",
        "asyncio.StreamWriter.writelines",
        "asyncio.current_task",
        "asyncio.get_event_loop",
        "asyncio.get_running_loop",
        "asyncio.iscoroutine",
        "asyncio.iscoroutinefunction",
        "asyncio.new_event_loop",
        "asyncio.set_event_loop",
        "asyncio.sleep",
        "asyncio.start_server",
        "asyncio.start_unix_server",
        "asyncio.timeout",
        "asyncio.timeout_at",
    }
)

LIBRARY = Library(
    name="asyncio",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"asyncio.IncompleteReadError"}),
)
