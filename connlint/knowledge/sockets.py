"""What is known of `socket`, `ssl`, `select`, pipes, and the modules that sit right on top of them.

The rows are those of Linux. Where `except ConnectionError` could be narrowed by them, they name exactly the classes
that the experiments bring out; what comes only by a race, or only on Windows, is `seldom`. A socket that is known to be
a datagram socket has a class of its own here (`DATAGRAM`), because a lone `recv` on it meets refusals, which a stream
never does.
"""

from __future__ import annotations

from connlint.knowledge.model import Failure, Library, Operation

DATAGRAM = "socket.socket[SOCK_DGRAM]"

_TIMEOUT = Failure("timeout", "TimeoutError")
_OTHER = Failure("unreachable", "OSError")
_RESET = Failure("reset", "ConnectionResetError")
_BROKEN = Failure("broken", "BrokenPipeError")
_REFUSED = Failure("refused", "ConnectionRefusedError")
_UNRESOLVED = Failure("unresolved", "socket.gaierror")
_HANDSHAKE = Failure("handshake", "ssl.SSLError")

_TCP = "https://man7.org/linux/man-pages/man7/tcp.7.html"
_IP = "https://man7.org/linux/man-pages/man7/ip.7.html"
_WINSOCK = "https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2"

# TCP gives up when nothing is acknowledged any more: no experiment waits that long
GIVEN_UP = _TIMEOUT._replace(source=_TCP)
# A route that goes away under a connection: the loopback does not
NO_ROUTE = _OTHER._replace(source=_IP)

# A peer that accepts and drops the line at once can be met by the connect itself, as a reset: hardly ever without a
# timeout, and in some 16 of 300 with one. It says of the peer what a refusal says.
_HASTY = (
    Failure(
        "reset",
        "ConnectionResetError",
        source="https://pubs.opengroup.org/onlinepubs/9699919799/functions/connect.html",
    ),
)
# On Windows, the system gives up a connection on its own side (WSAECONNABORTED)
_GIVEN_UP_ON_WINDOWS = (Failure("aborted", "ConnectionAbortedError", source=_WINSOCK, platforms=("win32",)),)
_CONNECT = (_REFUSED, _TIMEOUT, _UNRESOLVED, _OTHER)
_TLS_CONNECT = (*_CONNECT, _RESET, _HANDSHAKE)
_TLS_HANDSHAKE = (_RESET, _TIMEOUT, _OTHER, _HANDSHAKE)
# Linux takes a client that is gone for accepted: the abort is accept(2)'s word, and other systems'
_ABORTED = Failure("aborted", "ConnectionAbortedError", source="https://man7.org/linux/man-pages/man2/accept.2.html")
_ACCEPT = (_ABORTED, _TIMEOUT, _OTHER)
_SEND = (_BROKEN, _RESET, _TIMEOUT, _OTHER)
_RECEIVE = (_RESET, _TIMEOUT, _OTHER)
# Before Python 3.12.3 most of what ends a TLS connection came out as SSLEOFError, or as an empty read (gh-115627)
_TLS_SEND = (
    _BROKEN,
    _RESET,
    _TIMEOUT,
    NO_ROUTE,
    Failure("reset", "ssl.SSLError"),
    Failure("broken", "ssl.SSLError"),
)
_TLS_RECEIVE = (
    _RESET,
    _TIMEOUT,
    NO_ROUTE,
    Failure("rubbish", "ssl.SSLError"),
    Failure("reset", "ssl.SSLError"),
    Failure("closed", "ssl.SSLError"),  # where an end without a goodbye is no end (`suppress_ragged_eofs`)
)
_TLS_UNWRAP = (
    _BROKEN,
    _RESET,
    _TIMEOUT,
    NO_ROUTE,
    Failure("closed", "ssl.SSLError"),
    Failure("rubbish", "ssl.SSLError"),
)
_DATAGRAM = (_REFUSED, _TIMEOUT, _OTHER)

OPERATIONS: tuple[Operation, ...] = (
    # socket: https://docs.python.org/3/library/socket.html
    Operation(
        "socket.create_connection",
        "connect",
        (
            *(failure._replace(unless="all_errors") for failure in _CONNECT),
            Failure("refused", "ExceptionGroup", only_with="all_errors"),
        ),
        "tests/faults/test_sockets.py::test_connect",
        parameters=("address", "timeout", "source_address"),
        address=("address",),
        timeout="timeout",
        seldom=_HASTY,
    ),
    Operation(
        "socket.socket.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_sockets.py::test_connect",
        parameters=("address",),
        address=("address",),
        seldom=_HASTY,
    ),
    Operation(
        "socket.socket.connect_ex",
        "connect",
        (_UNRESOLVED,),
        "tests/faults/test_sockets.py::test_connect_ex_reports_by_its_result",
        parameters=("address",),
        address=("address",),
    ),
    Operation(
        "socket.socket.accept",
        "accept",
        _ACCEPT,
        "tests/faults/test_sockets.py::test_accept",
    ),
    *(
        Operation(
            f"socket.socket.{name}",
            "send",
            _SEND,
            "tests/faults/test_sockets.py::test_send",
            parameters=given,
            seldom=_GIVEN_UP_ON_WINDOWS,
        )
        for name, given in (
            ("send", ("data", "flags")),
            ("sendall", ("data", "flags")),
            ("sendmsg", ("buffers", "ancdata", "flags", "address")),
        )
    ),
    Operation(
        "socket.socket.sendfile",
        "send",
        (*_SEND, Failure("reset", "BrokenPipeError")),  # sendfile(2) does not tell one from the other
        "tests/faults/test_sockets.py::test_send",
        parameters=("file", "offset", "count"),
        seldom=_GIVEN_UP_ON_WINDOWS,
    ),
    Operation(
        "socket.socket.sendto",
        "send",
        (*_SEND, _REFUSED, _UNRESOLVED),
        "tests/faults/test_sockets.py::test_send tests/faults/test_sockets.py::test_datagram",
        seldom=_GIVEN_UP_ON_WINDOWS,
    ),
    *(
        Operation(
            f"socket.socket.{name}",
            "receive",
            _RECEIVE,
            "tests/faults/test_sockets.py::test_receive",
            seldom=_GIVEN_UP_ON_WINDOWS,
        )
        for name in ("recv", "recv_into", "recvmsg", "recvmsg_into")
    ),
    *(
        # who asks where a message came from may well read datagrams
        Operation(
            f"socket.socket.{name}",
            "receive",
            (*_RECEIVE, _REFUSED),
            "tests/faults/test_sockets.py::test_receive tests/faults/test_sockets.py::test_datagram",
            seldom=_GIVEN_UP_ON_WINDOWS,
        )
        for name in ("recvfrom", "recvfrom_into")
    ),
    *(
        Operation(f"{DATAGRAM}.{name}", "send", _DATAGRAM, "tests/faults/test_sockets.py::test_datagram")
        for name in ("send", "sendall", "sendmsg")
    ),
    Operation(
        f"{DATAGRAM}.sendto",
        "send",
        (*_DATAGRAM, _UNRESOLVED),
        "tests/faults/test_sockets.py::test_datagram",
    ),
    *(
        Operation(f"{DATAGRAM}.{name}", "receive", _DATAGRAM, "tests/faults/test_sockets.py::test_datagram")
        for name in ("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into")
    ),
    *(
        Operation(
            f"socket.SocketIO.{name}",
            "receive",
            _RECEIVE,
            "tests/faults/test_sockets.py::test_makefile",
            seldom=_GIVEN_UP_ON_WINDOWS,
        )
        for name in ("read", "read1", "readinto", "readline", "readlines", "peek")
    ),
    *(
        Operation(
            f"socket.SocketIO.{name}",
            "send",
            _SEND,
            "tests/faults/test_sockets.py::test_makefile",
            seldom=_GIVEN_UP_ON_WINDOWS,
        )
        for name in ("write", "writelines", "flush", "close")
    ),
    *(
        Operation(f"socket.{name}", "request", (_UNRESOLVED,), "tests/faults/test_sockets.py::test_resolve")
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getnameinfo")
    ),
    Operation(
        "socket.gethostbyaddr",
        "request",
        (
            _UNRESOLVED,
            # of an address without a name, which only a name server can tell
            Failure(
                "unresolved", "socket.herror", source="https://docs.python.org/3/library/socket.html#socket.herror"
            ),
        ),
        "tests/faults/test_sockets.py::test_resolve",
    ),
    # ssl: https://docs.python.org/3/library/ssl.html
    Operation(
        "ssl.SSLSocket.connect",
        "connect",
        _TLS_CONNECT,
        "tests/faults/test_tls.py::test_connect",
        parameters=("addr",),
        address=("addr",),
    ),
    Operation(
        "ssl.SSLSocket.connect_ex",
        "connect",
        (_UNRESOLVED, _RESET, _TIMEOUT, NO_ROUTE, _HANDSHAKE),
        "tests/faults/test_tls.py::test_connect_ex",
        parameters=("addr",),
        address=("addr",),
    ),
    Operation(
        "ssl.SSLSocket.accept",
        "accept",
        (*_ACCEPT, _RESET, _HANDSHAKE),  # the client's handshake is part of it
        "tests/faults/test_tls.py::test_accept",
    ),
    *(
        Operation(name, "request", failures, "tests/faults/test_tls.py::test_handshake")
        for name, failures in (
            ("ssl.SSLSocket.do_handshake", _TLS_HANDSHAKE),
            ("ssl.SSLContext.wrap_socket", (_RESET, _TIMEOUT, NO_ROUTE, _HANDSHAKE)),
            ("ssl.wrap_socket", (_RESET, _TIMEOUT, NO_ROUTE, _HANDSHAKE)),
        )
    ),
    *(
        Operation(f"ssl.SSLSocket.{name}", "send", _TLS_SEND, "tests/faults/test_tls.py::test_send")
        for name in ("send", "sendall", "write", "sendfile")
    ),
    *(
        Operation(f"ssl.SSLSocket.{name}", "receive", _TLS_RECEIVE, "tests/faults/test_tls.py::test_receive")
        for name in ("recv", "recv_into", "read")
    ),
    Operation("ssl.SSLSocket.unwrap", "request", _TLS_UNWRAP, "tests/faults/test_tls.py::test_unwrap"),
    Operation(
        "ssl.get_server_certificate",
        "connect",
        _TLS_CONNECT,
        "tests/faults/test_tls.py::test_get_server_certificate",
        parameters=("addr", "ssl_version", "ca_certs", "timeout"),
        address=("addr",),
        timeout="timeout",
    ),
    # A descriptor may be a file's, which meets no peer, or a pipe's, whose reader can go
    *(
        Operation(f"os.{name}", "send", (_BROKEN, _OTHER), "tests/faults/test_sockets.py::test_pipe")
        for name in ("write", "writev")
    ),
    # multiprocessing.connection: https://docs.python.org/3/library/multiprocessing.html
    Operation(
        "multiprocessing.connection.Client",
        "connect",
        (
            _REFUSED,
            Failure("timeout", "TimeoutError", source="https://man7.org/linux/man-pages/man2/connect.2.html"),
            _UNRESOLVED,
            _OTHER,
            Failure("reset", "ConnectionResetError", only_with="authkey"),
            Failure(
                "broken",
                "BrokenPipeError",
                only_with="authkey",
                source="https://man7.org/linux/man-pages/man2/send.2.html",
            ),
            Failure("closed", "EOFError", only_with="authkey"),
            Failure("answered", "multiprocessing.AuthenticationError", only_with="authkey"),
        ),
        "tests/faults/test_sockets.py::test_multiprocessing_client",
        parameters=("address", "family", "authkey"),
        address=("address",),
        seldom=_HASTY,
    ),
    Operation(
        "multiprocessing.connection.Listener.accept",
        "accept",
        (
            _ABORTED,
            GIVEN_UP,
            _OTHER,
            _RESET,
            # a client that goes while the keys are compared
            Failure("broken", "BrokenPipeError", source="https://man7.org/linux/man-pages/man2/send.2.html"),
            Failure("closed", "EOFError"),
            Failure("answered", "multiprocessing.AuthenticationError"),
        ),
        "tests/faults/test_sockets.py::test_multiprocessing_listener",
    ),
    *(
        Operation(
            f"multiprocessing.connection.Connection.{name}",
            "send",
            (_BROKEN, _RESET, _OTHER),
            "tests/faults/test_sockets.py::test_multiprocessing_connection",
        )
        for name in ("send", "send_bytes")
    ),
    *(
        Operation(
            f"multiprocessing.connection.Connection.{name}",
            "receive",
            (_RESET, Failure("closed", "EOFError"), Failure("cut", "OSError"), _OTHER),
            "tests/faults/test_sockets.py::test_multiprocessing_connection",
        )
        for name in ("recv", "recv_bytes", "recv_bytes_into")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    DATAGRAM: ("socket.socket",),
    "multiprocessing.AuthenticationError": ("multiprocessing.ProcessError",),
    "multiprocessing.BufferTooShort": ("multiprocessing.ProcessError",),
    "multiprocessing.ProcessError": ("Exception",),
    "multiprocessing.TimeoutError": ("multiprocessing.ProcessError",),
    "multiprocessing.connection.Connection": ("object",),
    "multiprocessing.connection.Listener": ("object",),
    "socket.SocketIO": ("io.IOBase",),
    "socket.gaierror": ("OSError",),
    "socket.herror": ("OSError",),
    "socket.socket": ("object",),
    "socketserver.BaseRequestHandler": ("object",),
    "socketserver.BaseServer": ("object",),
    "socketserver.DatagramRequestHandler": ("socketserver.BaseRequestHandler",),
    "socketserver.StreamRequestHandler": ("socketserver.BaseRequestHandler",),
    "socketserver.TCPServer": ("socketserver.BaseServer",),
    "socketserver.ThreadingMixIn": ("object",),
    "socketserver.ThreadingTCPServer": ("socketserver.ThreadingMixIn", "socketserver.TCPServer"),
    "socketserver.ThreadingUDPServer": ("socketserver.ThreadingMixIn", "socketserver.UDPServer"),
    "socketserver.UDPServer": ("socketserver.TCPServer",),
    "ssl.MemoryBIO": ("object",),
    "ssl.SSLCertVerificationError": ("ssl.SSLError", "ValueError"),
    "ssl.SSLContext": ("object",),
    "ssl.SSLEOFError": ("ssl.SSLError",),
    "ssl.SSLError": ("OSError",),
    "ssl.SSLSocket": ("socket.socket",),
    "ssl.SSLSyscallError": ("ssl.SSLError",),
    "ssl.SSLWantReadError": ("ssl.SSLError",),
    "ssl.SSLWantWriteError": ("ssl.SSLError",),
    "ssl.SSLZeroReturnError": ("ssl.SSLError",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "multiprocessing.Pipe": ("multiprocessing.connection.Connection", "multiprocessing.connection.Connection"),
    "multiprocessing.connection.Client": "multiprocessing.connection.Connection",
    "multiprocessing.connection.Listener.accept": "multiprocessing.connection.Connection",
    "socket.create_connection": "socket.socket",
    "socket.create_server": "socket.socket",
    "socket.fromfd": "socket.socket",
    "socket.socket.accept": ("socket.socket", "tuple"),
    "socket.socket.dup": "socket.socket",
    "socket.socket.fileno": "int",
    "socket.socket.makefile": "socket.SocketIO",
    "socket.socket.recv": "bytes",
    "socket.socketpair": ("socket.socket", "socket.socket"),
    "ssl.SSLContext.wrap_socket": "ssl.SSLSocket",
    "ssl.SSLSocket.accept": ("ssl.SSLSocket", "tuple"),
    "ssl.SSLSocket.recv": "bytes",
    "ssl.SSLSocket.unwrap": "socket.socket",
    "ssl._create_unverified_context": "ssl.SSLContext",
    "ssl.create_default_context": "ssl.SSLContext",
    "ssl.wrap_socket": "ssl.SSLSocket",
}

ALIASES: dict[str, str] = {
    "SocketServer": "socketserver",
    "_socket": "socket",
    "_ssl": "ssl",
    "eventlet.green.select": "select",
    "eventlet.green.socket": "socket",
    "eventlet.green.ssl": "ssl",
    "gevent.select": "select",
    "gevent.socket": "socket",
    "gevent.ssl": "ssl",
    "multiprocessing.context.AuthenticationError": "multiprocessing.AuthenticationError",
    "multiprocessing.context.BufferTooShort": "multiprocessing.BufferTooShort",
    "multiprocessing.context.ProcessError": "multiprocessing.ProcessError",
    "multiprocessing.context.TimeoutError": "multiprocessing.TimeoutError",
    "select.error": "OSError",
    "six.moves.socketserver": "socketserver",
    "socket.SocketType": "socket.socket",
    "socket.error": "OSError",
    "socket.timeout": "TimeoutError",
    "ssl.CertificateError": "ssl.SSLCertVerificationError",
    "ssl.socket": "socket.socket",
    "ssl.socket_error": "OSError",
}

_SOCKET_METHODS = """
    bind close detach dup family fileno get_inheritable getblocking getpeername getsockname getsockopt gettimeout
    listen makefile proto set_inheritable setblocking setsockopt settimeout shutdown type
""".split()
_TLS_METHODS = """
    cipher compression get_channel_binding getpeercert get_verified_chain get_unverified_chain pending
    selected_alpn_protocol shared_ciphers version
""".split()
_CONTEXT_METHODS = """
    cert_store_stats get_ca_certs get_ciphers load_cert_chain load_default_certs load_dh_params
    load_verify_locations set_alpn_protocols set_ciphers set_default_verify_paths set_ecdh_curve
    set_servername_callback session_stats
""".split()
_SOCKET_FUNCTIONS = """
    CMSG_LEN CMSG_SPACE close create_server fromfd getdefaulttimeout getfqdn gethostname getprotobyname getservbyname
    getservbyport has_dualstack_ipv6 has_ipv6 htonl htons if_indextoname if_nameindex if_nametoindex inet_aton
    inet_ntoa inet_ntop inet_pton ntohl ntohs setdefaulttimeout socketpair
""".split()

HARMLESS: frozenset[str] = frozenset(
    {
        # no peer: UDP's connect only notes the address, and closing ignores a reset (bpo-30319)
        f"{DATAGRAM}.connect",
        f"{DATAGRAM}.connect_ex",
        *(f"socket.socket.{name}" for name in _SOCKET_METHODS),
        *(f"socket.{name}" for name in _SOCKET_FUNCTIONS),
        *(f"ssl.SSLSocket.{name}" for name in _TLS_METHODS),
        *(f"ssl.SSLContext.{name}" for name in _CONTEXT_METHODS),
        "multiprocessing.Pipe",
        "multiprocessing.connection.Connection.close",
        "multiprocessing.connection.Connection.fileno",
        "multiprocessing.connection.Connection.poll",
        "multiprocessing.connection.Listener.close",
        "multiprocessing.connection.wait",
        "os.close",
        "os.pipe",
        "select.epoll.*",
        "select.poll.*",
        "select.select",
        "selectors.*",
        # a server reports the failures of its clients and goes on
        "socketserver.BaseServer.*",
        "ssl.SSLContext.wrap_bio",
        "ssl._create_unverified_context",
        "ssl.create_default_context",
    }
)

LIBRARY = Library(
    name="sockets",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {"ConnectionError", "TimeoutError", "socket.gaierror", "socket.herror", "ssl.SSLError"}
    ),
)
