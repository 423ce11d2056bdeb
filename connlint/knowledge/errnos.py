"""Which class `OSError(errno, ...)` makes: PEP 3151's table.

https://peps.python.org/pep-3151/#new-exception-classes and `errnomap` in CPython's `Objects/exceptions.c`. What
stands in no row is raised as a plain `OSError`, and no `except` clause can tell it from others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASS_OF: Mapping[str, str] = {
    "EACCES": "PermissionError",
    "EAGAIN": "BlockingIOError",
    "EALREADY": "BlockingIOError",
    "ECHILD": "ChildProcessError",
    "ECONNABORTED": "ConnectionAbortedError",
    "ECONNREFUSED": "ConnectionRefusedError",
    "ECONNRESET": "ConnectionResetError",
    "EEXIST": "FileExistsError",
    "EINPROGRESS": "BlockingIOError",
    "EINTR": "InterruptedError",
    "EISDIR": "IsADirectoryError",
    "ENOENT": "FileNotFoundError",
    "ENOTDIR": "NotADirectoryError",
    "EPERM": "PermissionError",
    "EPIPE": "BrokenPipeError",
    "ESHUTDOWN": "BrokenPipeError",
    "ESRCH": "ProcessLookupError",
    "ETIMEDOUT": "TimeoutError",
    "EWOULDBLOCK": "BlockingIOError",
}

# On Windows `errno.ECONNREFUSED` is Winsock's number, and Winsock's own names exist nowhere else.
ALIASES: Mapping[str, str] = {
    "WSAEALREADY": "EALREADY",
    "WSAECONNABORTED": "ECONNABORTED",
    "WSAECONNREFUSED": "ECONNREFUSED",
    "WSAECONNRESET": "ECONNRESET",
    "WSAEINPROGRESS": "EINPROGRESS",
    "WSAEINTR": "EINTR",
    "WSAESHUTDOWN": "ESHUTDOWN",
    "WSAETIMEDOUT": "ETIMEDOUT",
    "WSAEWOULDBLOCK": "EWOULDBLOCK",
}

# Numbers that are written out in real code: those of Linux, and Winsock's. Other systems number them otherwise.
NAME_OF: Mapping[int, str] = {
    4: "EINTR",
    11: "EAGAIN",
    32: "EPIPE",
    103: "ECONNABORTED",
    104: "ECONNRESET",
    108: "ESHUTDOWN",
    110: "ETIMEDOUT",
    111: "ECONNREFUSED",
    115: "EINPROGRESS",
    10004: "EINTR",
    10035: "EWOULDBLOCK",
    10036: "EINPROGRESS",
    10053: "ECONNABORTED",
    10054: "ECONNRESET",
    10058: "ESHUTDOWN",
    10060: "ETIMEDOUT",
    10061: "ECONNREFUSED",
}

# The same everywhere: Linux, macOS, the BSDs and Windows.
PORTABLE = frozenset({4, 32})

# Those of macOS and the BSDs. On Linux they are other errnos, so they mean these only beside one that surely does.
NAME_OF_ON_BSD: Mapping[int, str] = {
    35: "EAGAIN",
    36: "EINPROGRESS",
    53: "ECONNABORTED",
    54: "ECONNRESET",
    58: "ESHUTDOWN",
    60: "ETIMEDOUT",
    61: "ECONNREFUSED",
}

# What only ever befalls connections and pipes. The others need a network operation beside them to speak of one.
OF_CONNECTIONS = frozenset({"ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ESHUTDOWN"})

# The classes for which one errno, or all of these together, are all there is. No set of errnos is all of
# `TimeoutError`: a socket's own timeout is one without an errno.
WHOLE: Mapping[str, tuple[frozenset[str], ...]] = {
    "BlockingIOError": (
        frozenset({"EAGAIN", "EALREADY", "EINPROGRESS"}),
        frozenset({"EALREADY", "EINPROGRESS", "EWOULDBLOCK"}),
    ),
    "BrokenPipeError": (frozenset({"EPIPE", "ESHUTDOWN"}),),
    "ChildProcessError": (frozenset({"ECHILD"}),),
    "ConnectionAbortedError": (frozenset({"ECONNABORTED"}),),
    "ConnectionRefusedError": (frozenset({"ECONNREFUSED"}),),
    "ConnectionResetError": (frozenset({"ECONNRESET"}),),
    "FileExistsError": (frozenset({"EEXIST"}),),
    "FileNotFoundError": (frozenset({"ENOENT"}),),
    "InterruptedError": (frozenset({"EINTR"}),),
    "IsADirectoryError": (frozenset({"EISDIR"}),),
    "NotADirectoryError": (frozenset({"ENOTDIR"}),),
    "PermissionError": (frozenset({"EACCES", "EPERM"}),),
    "ProcessLookupError": (frozenset({"ESRCH"}),),
}

# Functions that return the errno of the exception that they are given.
READERS = frozenset({"eventlet.support.get_errno", "tornado.util.errno_from_exception"})

# Packages whose OSErrors carry an errno and are of no class above: aiohttp's `ClientConnectorError` has errno 111,
# PyBluez' `BluetoothError` the arguments of the error it stands for, PyUSB's `USBError` EPIPE for an endpoint that
# stalls, pyserial's `SerialException` the errno of the port.
CARRIERS = frozenset({"aiohttp", "bluetooth", "serial", "usb"})
