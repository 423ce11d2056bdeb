"""What is known of the standard library's HTTP: `http.client`, `urllib.request`, `xmlrpc.client`.

A connection object only prepares; its `connect` and `request` reach the peer. `urlopen` turns what fails before the
request is sent into `URLError`, and lets through what fails after.
"""

from __future__ import annotations

from connlint.knowledge.model import Failure, Library, Operation
from connlint.knowledge.sockets import NO_ROUTE

_REFUSED = Failure("refused", "ConnectionRefusedError")
_RESET = Failure("reset", "ConnectionResetError")
_BROKEN = Failure("broken", "BrokenPipeError")
_TIMEOUT = Failure("timeout", "TimeoutError")
_UNRESOLVED = Failure("unresolved", "socket.gaierror")
_OTHER = Failure("unreachable", "OSError")
_HANDSHAKE = Failure("handshake", "ssl.SSLError")
_CLOSED = Failure("closed", "http.client.RemoteDisconnected")
_CUT = Failure("cut", "http.client.IncompleteRead")
# A line that is no head of an answer, or none that is understood
_BAD_HEAD = (
    Failure("cut", "http.client.BadStatusLine"),
    *(
        Failure("rubbish", f"http.client.{name}")
        for name in ("BadStatusLine", "HTTPException", "LineTooLong", "UnknownProtocol")
    ),
)

_CONNECT = (_REFUSED, _TIMEOUT, _UNRESOLVED, _OTHER)
_REQUEST = (*_CONNECT, _RESET, _BROKEN)
_TLS = (_RESET, _HANDSHAKE)
# Before Python 3.12.3 (gh-115627)
_TLS_REQUEST = (*_REQUEST, _HANDSHAKE, Failure("reset", "ssl.SSLError"), Failure("broken", "ssl.SSLError"))
_ANSWER = (_RESET, _CLOSED, _TIMEOUT, NO_ROUTE, *_BAD_HEAD)
_READ = (
    _RESET,
    _TIMEOUT,
    NO_ROUTE,
    Failure("rubbish", "http.client.LineTooLong"),
    Failure("rubbish", "ssl.SSLError"),  # over TLS
)
_BAD_CHUNK = Failure("rubbish", "http.client.IncompleteRead")
_READS = {
    "peek": _READ,  # it tells no end from another
    "read": (*_READ, _CUT, _BAD_CHUNK),
    "read1": (*_READ, _CUT, _BAD_CHUNK),
    "readinto": (*_READ, _CUT, _BAD_CHUNK),
    "readline": (*_READ, _CUT),
    "readlines": (*_READ, _CUT),
}

_URLOPEN = (
    *(
        Failure(kind, "urllib.error.URLError")
        for kind in ("refused", "timeout", "unresolved", "unreachable", "handshake")
    ),
    _RESET,
    _CLOSED,
    _TIMEOUT,
    *_BAD_HEAD,
    Failure("answered", "urllib.error.HTTPError"),
)
_XMLRPC = (
    *_CONNECT,
    _RESET,
    # it tries once more after a failure, and may meet this then
    _BROKEN._replace(source="https://man7.org/linux/man-pages/man2/send.2.html"),
    _HANDSHAKE,
    _CLOSED,
    _CUT,
    *_BAD_HEAD,
    Failure("cut", "xml.parsers.expat.ExpatError"),
    Failure("rubbish", "xml.parsers.expat.ExpatError"),
    Failure("answered", "xmlrpc.client.ProtocolError"),
    Failure("answered", "xmlrpc.client.Fault"),
)

OPERATIONS: tuple[Operation, ...] = (
    # https://docs.python.org/3/library/http.client.html
    Operation(
        "http.client.HTTPConnection.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_web.py::test_http_connect",
    ),
    Operation(
        "http.client.HTTPSConnection.connect",
        "connect",
        (*_CONNECT, *_TLS),
        "tests/faults/test_web.py::test_https_connect",
    ),
    *(
        Operation(f"http.client.{owner}.{name}", "request", failures, "tests/faults/test_web.py::test_http_request")
        for owner, failures in (("HTTPConnection", _REQUEST), ("HTTPSConnection", _TLS_REQUEST))
        for name in ("request", "endheaders", "send")
    ),
    Operation(
        "http.client.HTTPConnection.getresponse",
        "receive",
        _ANSWER,
        "tests/faults/test_web.py::test_http_answer",
    ),
    Operation(
        "http.client.HTTPSConnection.getresponse",
        "receive",
        (*_ANSWER, _HANDSHAKE),
        "tests/faults/test_web.py::test_https_answer",
    ),
    *(
        Operation(f"http.client.HTTPResponse.{name}", "receive", failures, "tests/faults/test_web.py::test_http_read")
        for name, failures in _READS.items()
    ),
    # https://docs.python.org/3/library/urllib.request.html
    Operation(
        "urllib.request.urlopen",
        "request",
        _URLOPEN,
        "tests/faults/test_web.py::test_urlopen",
        parameters=("url", "data", "timeout"),
        address=("url",),
        timeout="timeout",
    ),
    Operation(
        "urllib.request.OpenerDirector.open",
        "request",
        _URLOPEN,
        "tests/faults/test_web.py::test_urlopen",
        parameters=("fullurl", "data", "timeout"),
        address=("fullurl",),
        timeout="timeout",
    ),
    Operation(
        "urllib.request.urlretrieve",
        "request",
        (*_URLOPEN, _CUT, Failure("cut", "urllib.error.ContentTooShortError")),
        "tests/faults/test_web.py::test_urlretrieve",
        parameters=("url", "filename", "reporthook", "data"),
        address=("url",),
    ),
    # https://docs.python.org/3/library/xmlrpc.client.html: the methods of the server are attributes of its proxy
    Operation("xmlrpc.client.ServerProxy.*", "request", _XMLRPC, "tests/faults/test_web.py::test_xmlrpc"),
)

BASES: dict[str, tuple[str, ...]] = {
    "http.client.BadStatusLine": ("http.client.HTTPException",),
    "http.client.CannotSendHeader": ("http.client.ImproperConnectionState",),
    "http.client.CannotSendRequest": ("http.client.ImproperConnectionState",),
    "http.client.HTTPConnection": ("object",),
    "http.client.HTTPException": ("Exception",),
    "http.client.HTTPResponse": ("io.BufferedIOBase",),
    "http.client.HTTPSConnection": ("http.client.HTTPConnection",),
    "http.client.ImproperConnectionState": ("http.client.HTTPException",),
    "http.client.IncompleteRead": ("http.client.HTTPException",),
    "http.client.InvalidURL": ("http.client.HTTPException",),
    "http.client.LineTooLong": ("http.client.HTTPException",),
    "http.client.NotConnected": ("http.client.HTTPException",),
    "http.client.RemoteDisconnected": ("ConnectionResetError", "http.client.BadStatusLine"),
    "http.client.ResponseNotReady": ("http.client.ImproperConnectionState",),
    "http.client.UnimplementedFileMode": ("http.client.HTTPException",),
    "http.client.UnknownProtocol": ("http.client.HTTPException",),
    "http.client.UnknownTransferEncoding": ("http.client.HTTPException",),
    "urllib.error.ContentTooShortError": ("urllib.error.URLError",),
    "urllib.error.HTTPError": ("urllib.error.URLError", "urllib.response.addinfourl"),
    "urllib.error.URLError": ("OSError",),
    "urllib.request.HTTPBasicAuthHandler": ("urllib.request.BaseHandler",),
    "urllib.request.HTTPCookieProcessor": ("urllib.request.BaseHandler",),
    "urllib.request.HTTPHandler": ("urllib.request.BaseHandler",),
    "urllib.request.HTTPSHandler": ("urllib.request.BaseHandler",),
    "urllib.request.OpenerDirector": ("object",),
    "urllib.request.ProxyHandler": ("urllib.request.BaseHandler",),
    "urllib.request.Request": ("object",),
    "urllib.request.BaseHandler": ("object",),
    "xml.parsers.expat.ExpatError": ("Exception",),
    "xmlrpc.client.Error": ("Exception",),
    "xmlrpc.client.Fault": ("xmlrpc.client.Error",),
    "xmlrpc.client.ProtocolError": ("xmlrpc.client.Error",),
    "xmlrpc.client.ResponseError": ("xmlrpc.client.Error",),
    "xmlrpc.client.ServerProxy": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "http.client.HTTPConnection.getresponse": "http.client.HTTPResponse",
    "http.client.HTTPSConnection.getresponse": "http.client.HTTPResponse",
    "http.client.HTTPResponse.read": "bytes",
    "urllib.request.OpenerDirector.open": "http.client.HTTPResponse",
    "urllib.request.build_opener": "urllib.request.OpenerDirector",
    "urllib.request.urlopen": "http.client.HTTPResponse",
}

ALIASES: dict[str, str] = {
    # Python 2's names, and what stands in for them
    "eventlet.green.http.client": "http.client",
    "eventlet.green.httplib": "http.client",
    "eventlet.green.urllib.error": "urllib.error",
    "eventlet.green.urllib.request": "urllib.request",
    "future.moves.http.client": "http.client",
    "future.moves.urllib.error": "urllib.error",
    "future.moves.urllib.parse": "urllib.parse",
    "future.moves.urllib.request": "urllib.request",
    "http.client.error": "http.client.HTTPException",
    "httplib": "http.client",
    "six.moves.http_client": "http.client",
    "six.moves.urllib.error": "urllib.error",
    "six.moves.urllib.parse": "urllib.parse",
    "six.moves.urllib.request": "urllib.request",
    "six.moves.urllib_error": "urllib.error",
    "six.moves.urllib_parse": "urllib.parse",
    "six.moves.xmlrpc_client": "xmlrpc.client",
    "urllib.request.HTTPError": "urllib.error.HTTPError",
    "urllib.request.URLError": "urllib.error.URLError",
    "urllib2.HTTPError": "urllib.error.HTTPError",
    "urllib2.OpenerDirector": "urllib.request.OpenerDirector",
    "urllib2.Request": "urllib.request.Request",
    "urllib2.URLError": "urllib.error.URLError",
    "urllib2.build_opener": "urllib.request.build_opener",
    "urllib2.install_opener": "urllib.request.install_opener",
    "urllib2.urlopen": "urllib.request.urlopen",
    "xmlrpclib": "xmlrpc.client",
    "xmlrpc.client.Server": "xmlrpc.client.ServerProxy",
    "xmlrpc.client.expat.ExpatError": "xml.parsers.expat.ExpatError",
    "xml.parsers.expat.error": "xml.parsers.expat.ExpatError",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"http.client.HTTPConnection.{name}"
            for name in "close putheader putrequest set_debuglevel set_tunnel".split()
        ),
        *(
            f"http.client.HTTPResponse.{name}"
            for name in "close fileno flush getcode getheader getheaders geturl info isclosed readable".split()
        ),
        "urllib.parse.*",
        "urllib.request.OpenerDirector.add_handler",
        "urllib.request.Request.*",
        "urllib.request.build_opener",
        "urllib.request.getproxies",
        "urllib.request.install_opener",
        "urllib.request.pathname2url",
        "urllib.request.url2pathname",
    }
)

LIBRARY = Library(
    name="web",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {"http.client.IncompleteRead", "http.client.RemoteDisconnected", "urllib.error.URLError"}
    ),
    answers=frozenset({"urllib.error.HTTPError"}),
)
