"""What a handler catches, what stands around it, and what it sorts out by errno or class."""

from __future__ import annotations

import pytest

from connlint.facts.dispatch import read_dispatch
from connlint.facts.pythons import supports_python2
from tests.facts.reading import read, text


def test_clauses_come_in_source_order_with_what_stands_around_them() -> None:
    found = read(
        """
        try:
            try:
                work()
            except (KeyError, socket_error):
                pass
        except ConnectionResetError:
            pass
        except OSError:
            pass
        except:
            pass
        """
    )
    assert [(each.caught, each.earlier, each.later) for each in found.handlers] == [
        (("KeyError", "?"), (), ()),
        (("ConnectionResetError",), (), ("OSError", "BaseException")),
        (("OSError",), ("ConnectionResetError",), ("BaseException",)),
        (("BaseException",), ("ConnectionResetError", "OSError"), ()),
    ]


def test_tuples_in_names_and_aliases_are_followed() -> None:
    found = read(
        """
        import socket
        GONE = (ConnectionError, socket.timeout)
        try:
            work()
        except GONE + (socket.error,):
            pass
        """
    )
    assert found.handlers[0].caught == ("ConnectionError", "TimeoutError", "OSError")


def test_effects_are_those_of_the_body_and_read_once() -> None:
    found = read(
        """
        import socket
        try:
            socket.create_connection(("localhost", 80))
        except OSError:
            socket.create_connection(("localhost", 81))
        except ValueError:
            pass
        """
    )
    first, second = found.handlers
    assert [item.operation.name for item in first.effects.tried] == ["socket.create_connection"]
    assert first.effects is second.effects


def test_groups_are_left_out() -> None:
    assert read("try:\n    work()\nexcept* OSError:\n    pass\n").handlers == ()


CASES = {
    "equal-else": ("if e.errno == errno.EPIPE:\n    a()\nelse:\n    raise", [("EPIPE", "a()")]),
    "unequal": ("if e.errno != errno.EPIPE:\n    raise\na()", [("EPIPE", "a()")]),
    "reversed": ("if errno.EPIPE != e.errno: raise\na()", [("EPIPE", "a()")]),
    "only-a-guard": ("if e.errno != errno.EPIPE:\n    raise", [("EPIPE", "")]),
    "not": ("if not e.errno == errno.EPIPE:\n    raise e\na()", [("EPIPE", "a()")]),
    "in": ("if e.errno in (errno.EPIPE, errno.ESHUTDOWN):\n    return a()\nraise", [("EPIPE ESHUTDOWN", "return a()")]),
    "not-in-a-constant": ("if e.errno not in GONE:\n    raise\na()", [("EPIPE ECONNRESET", "a()")]),
    "joined-constants": ("if e.errno not in GONE | {errno.EINTR}:\n    raise", [("EPIPE ECONNRESET EINTR", "")]),
    "or": ("if e.errno == errno.EPIPE or e.errno == errno.EINTR: a()\nelse: raise", [("EPIPE EINTR", "a()")]),
    "and": ("if e.errno != errno.EPIPE and e.errno != errno.EINTR:\n    raise\na()", [("EPIPE EINTR", "a()")]),
    "args": ("if e.args[0] != errno.EPIPE:\n    raise\na()", [("EPIPE", "a()")]),
    "getattr": ("if getattr(e, 'errno', None) != errno.EPIPE:\n    raise\na()", [("EPIPE", "a()")]),
    "hasattr": ("if hasattr(e, 'errno') and e.errno == errno.EPIPE:\n    a()\nelse:\n    raise", [("EPIPE", "a()")]),
    "named-first": ("code = e.errno\nif code != errno.EPIPE:\n    raise\na()", [("EPIPE", "a()")]),
    "unpacked": ("code, message = e.args\nif code != errno.EPIPE:\n    raise\na(message)", [("EPIPE", "a(message)")]),
    "number": ("if e.errno != 111:\n    raise\na()", [("ECONNREFUSED", "a()")]),
    "windows": (
        "if e.errno != getattr(errno, 'WSAECONNRESET', errno.ECONNRESET):\n    raise\na()",
        [("ECONNRESET", "a()")],
    ),
    "chain": (
        "if e.errno == errno.EPIPE:\n    a()\nelif e.errno == errno.EINTR:\n    b()\nelse:\n    raise",
        [("EPIPE", "a()"), ("EINTR", "b()")],
    ),
    "one-after-the-other": (
        "if e.errno == errno.EPIPE:\n    return a()\nif e.errno != errno.EINTR:\n    raise\nb()",
        [("EPIPE", "return a()"), ("EINTR", "b()")],
    ),
    "further-condition": ("if e.errno != errno.EPIPE or last:\n    raise\na()", [("EPIPE", "if last:\n    raise a()")]),
    "condition-first": ("if last or e.errno != errno.EPIPE:\n    raise\na()", [("EPIPE", "if last:\n    raise a()")]),
    "further-condition-else": (
        "if e.errno == errno.EPIPE and quiet:\n    a()\nelse:\n    raise",
        [("EPIPE", "if quiet:\n    a()\nelse:\n    raise")],
    ),
    "class-and-errno": (
        "if isinstance(e, OSError) and e.errno == errno.EPIPE:\n    a()\nelse:\n    raise",
        [("EPIPE", "a()")],
    ),
    "reader-of-a-library": ("if get_errno(e) != errno.EPIPE:\n    raise\na()", [("EPIPE", "a()")]),
    # no dispatch, or none that is understood
    "nothing-raised": ("if e.errno == errno.EPIPE:\n    a()\nelse:\n    b()", None),
    "all-but-one": ("if e.errno == errno.EPIPE:\n    raise\na()", None),
    "converted": ("if e.errno == errno.EPIPE:\n    a()\nelse:\n    raise Lost from e", None),
    "raised-with-a-cause": ("if e.errno != errno.EPIPE:\n    raise e from None\na()", None),
    "always-raised": ("if e.errno == errno.EPIPE:\n    a()\nraise", None),
    "work-before": ("a()\nif e.errno != errno.EPIPE:\n    raise", None),
    "work-for-the-others": ("if e.errno != errno.EPIPE:\n    a()\n    raise", None),
    "no-class": ("if e.errno not in (errno.EPIPE, errno.ENOTCONN):\n    raise", None),
    "not-a-name": ("if e.errno not in (errno.EPIPE, None):\n    raise", None),
    "unknown-set": ("if e.errno not in unknown:\n    raise", None),
    "unknown-number": ("if e.errno != 4711:\n    raise", None),
    "another-exception": ("if other.errno != errno.EPIPE:\n    raise", None),
    "none-is-picked": ("if e.errno and e.errno != errno.EPIPE:\n    raise\na()", None),
    "none-is-picked-or": ("if not e.args or e.args[0] == errno.EPIPE:\n    a()\nelse:\n    raise", None),
    "action-first": ("if last() or e.errno != errno.EPIPE:\n    raise\na()", None),
    "class-or-errno": ("if isinstance(e, EOFError) or e.errno == errno.EPIPE:\n    a()\nelse:\n    raise", None),
    "not-by-mistake": ("if e.errno is not errno.EPIPE:\n    raise", None),
}


@pytest.mark.parametrize(("handler", "expected"), CASES.values(), ids=CASES.keys())
def test_dispatch(handler: str, expected: list[tuple[str, str]] | None) -> None:
    body = handler.replace("\n", "\n        ")
    found = read(
        f"""\
import errno
from eventlet.support import get_errno
GONE = frozenset([errno.EPIPE, errno.ECONNRESET])
def act():
    try:
        work()
    except OSError as e:
        {body}
"""
    )
    dispatch = read_dispatch(found, found.handlers[0])
    cases = None
    if dispatch is not None:
        cases = [(" ".join(case.errnos), " ".join(text(piece) for piece in case.pieces)) for case in dispatch.cases]
    assert cases == expected


def test_dispatch_by_class() -> None:
    found = read(
        """
        try:
            work()
        except Exception as e:
            if not isinstance(e, (ConnectionResetError, BrokenPipeError)):
                raise
        """
    )
    dispatch = read_dispatch(found, found.handlers[0])
    assert dispatch is not None
    assert dispatch.classes == ("ConnectionResetError", "BrokenPipeError")
    assert dispatch.errnos == ()


def test_dispatch_on_what_exc_info_returns() -> None:
    found = read(
        """
        import errno, sys
        try:
            work()
        except OSError:
            e = sys.exc_info()[1]
            if e.errno != errno.EPIPE:
                raise
        """
    )
    dispatch = read_dispatch(found, found.handlers[0])
    assert dispatch is not None
    assert dispatch.classes == ("BrokenPipeError",)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("from __future__ import annotations", id="future-of-python-3"),
        pytest.param("import sys\nif sys.version_info >= (3, 11): pass", id="version-of-python-3"),
        pytest.param("from urllib.parse import urlparse", id="python-3-module"),
        pytest.param("from .compat import override", id="compatibility-of-another-kind"),
        pytest.param("x.unicode = 1; f(unicode=2)", id="attribute-and-keyword"),
    ],
)
def test_python_3_only(code: str) -> None:
    assert not supports_python2(read(code))


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("from __future__ import print_function", id="future"),
        pytest.param("import six", id="six"),
        pytest.param("from six.moves import urllib", id="six-moves"),
        pytest.param("from requests.packages.six import text_type", id="vendored-six"),
        pytest.param("try:\n    import urllib2\nexcept ImportError:\n    import urllib.request", id="old-module"),
        pytest.param("import sys\nPY2 = sys.version_info[0] == 2", id="major"),
        pytest.param("import sys\nif sys.version_info < (3,): pass", id="version"),
        pytest.param("from .compat import as_bytes", id="shim"),
        pytest.param("isinstance(x, basestring)", id="builtin"),
        pytest.param("#!/usr/bin/env python2\nimport os", id="interpreter"),
    ],
)
def test_python_2_too(code: str) -> None:
    assert supports_python2(read(code))
