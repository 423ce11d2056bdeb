"""CNL101 beyond its examples: when the fix is safe, and that the safe one changes nothing."""

from __future__ import annotations

import errno
import socket
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from connlint.engine import Selection, check, fix
from connlint.knowledge import errnos
from connlint.options import Options

if TYPE_CHECKING:
    from connlint.options import Python2

ONLY = Selection(select=("CNL101",))


def applicability(code: str) -> list[str | None]:
    found = check(dedent(code).encode(), "x.py", ONLY)
    assert found.problems == ()
    return [item.fixable for item in found.diagnostics]


def fixed(code: str, *, unsafe: bool = True) -> str:
    done = fix(dedent(code).encode(), "x.py", ONLY, unsafe=unsafe)
    assert done.dropped == ()
    return done.data.decode()


def around(tried: str, picked: str, caught: str = "OSError", head: str = "") -> str:
    """Return code that tries `tried` and acts only where `picked` holds."""
    return f"""\
import asyncio
import errno
import http.client
import socket
import urllib.request
{head}

async def act(sock: socket.socket, connection: http.client.HTTPConnection, writer: asyncio.StreamWriter, url):
    try:
        {tried}
    except {caught} as e:
        if not ({picked}):
            raise
        return False
"""


@pytest.mark.parametrize(
    ("tried", "picked", "expected"),
    [
        pytest.param("sock.connect(url)", "e.errno == errno.ECONNREFUSED", "safe", id="refused"),
        pytest.param("sock.sendall(b'')", "e.errno in (errno.EPIPE, errno.ESHUTDOWN)", "safe", id="both-of-a-class"),
        pytest.param("sock.sendall(b'')", "e.errno == errno.EPIPE", "unsafe", id="one-of-two"),
        pytest.param("sock.recv(9)", "e.errno == errno.EAGAIN", "safe", id="would-block"),
        pytest.param("sock.connect(url)", "e.errno == errno.EINPROGRESS", "unsafe", id="in-progress"),
        pytest.param("sock.connect(url)", "e.errno == errno.ETIMEDOUT", "unsafe", id="timeout-without-errno"),
        pytest.param("sock.connect(url)", "e.errno == 111", "unsafe", id="number"),
        pytest.param("work()", "e.errno == errno.ECONNREFUSED", "unsafe", id="opaque"),
        pytest.param("work()", "isinstance(e, ConnectionRefusedError)", "safe", id="by-class"),
        pytest.param("connection.getresponse()", "e.errno == errno.ECONNRESET", "unsafe", id="remote-disconnected"),
        pytest.param("await writer.drain()", "e.errno == errno.ECONNRESET", "unsafe", id="asyncio-without-errno"),
        pytest.param(
            "await asyncio.open_connection(url, 1)", "e.errno == errno.ECONNREFUSED", "safe", id="asyncio-refused"
        ),
        pytest.param("raise ConnectionResetError", "e.errno == errno.ECONNRESET", "unsafe", id="raised-by-name"),
    ],
)
def test_applicability(tried: str, picked: str, expected: str) -> None:
    assert applicability(around(tried, picked)) == [expected]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(around("urllib.request.urlopen(url)", "e.errno == errno.ECONNREFUSED"), id="urlerror"),
        pytest.param(around("work()", "e.errno == errno.ECONNREFUSED", head="import aiohttp"), id="aiohttp-near"),
        pytest.param(around("work()", "e.errno == errno.ECONNREFUSED", "Exception"), id="any-exception-has-errno"),
        pytest.param(around("work()", "e.errno == errno.EAGAIN"), id="no-operation"),
        pytest.param(around("work()", "isinstance(e, FileNotFoundError)"), id="file-class"),
        pytest.param(around("sock.recv(9)", "e.errno == errno.ETIMEDOUT", "ConnectionError"), id="not-caught-at-all"),
        pytest.param(around("work()", "e.errno == errno.EPIPE", "some.Error"), id="unknown-class"),
        pytest.param(
            around("sock.recv(9)", "e.errno == errno.ECONNRESET").replace(
                "    except", "    except ConnectionResetError:\n        pass\n    except"
            ),
            id="taken-before",
        ),
        pytest.param(
            around("sock.recv(9)", "e.errno == errno.ECONNRESET") + "    except:\n        pass\n", id="bare-after"
        ),
        pytest.param(
            around("sock.recv(9)", "e.errno == errno.ECONNRESET") + "    except socket.timeout:\n        pass\n",
            id="subclass-after",
        ),
        pytest.param(around("sock.recv(9)", "e.errno == errno.ECONNRESET", head="import six"), id="python-2"),
        pytest.param(
            around("sock.recv(9)", "e.errno == errno.ECONNRESET", head="class errno:\n    ECONNRESET = 1"),
            id="another-errno",
        ),
    ],
)
def test_silent(code: str) -> None:
    assert applicability(code) == []


@pytest.mark.parametrize(
    ("python2", "head", "expected"),
    [
        pytest.param("auto", "", ["safe"], id="nothing-shows-it"),
        pytest.param("auto", "import six", [], id="file-shows-it"),
        pytest.param(True, "", [], id="project-says-so"),
        pytest.param(False, "import six", ["safe"], id="project-denies-it"),
    ],
)
def test_python2(python2: Python2, head: str, expected: list[str]) -> None:
    selection = Selection(select=("CNL101",), options=Options(python2=python2))
    found = check(around("sock.recv(9)", "e.errno == errno.ECONNRESET", head=head).encode(), "x.py", selection)
    assert [item.fixable for item in found.diagnostics] == expected


REFUSED = "if e.errno == errno.ECONNREFUSED:\n    return 1"


@pytest.mark.parametrize(
    ("body", "tried", "head"),
    [
        pytest.param("if e.errno == errno.ECONNREFUSED:\n    print(e)", "sock.connect(data)", "", id="tells-of-it"),
        pytest.param("if e.errno == errno.ECONNREFUSED:\n    pass", "sock.connect(data)", "", id="does-nothing"),
        pytest.param(REFUSED + "\nelse:\n    log(e)", "sock.connect(data)", "", id="else"),
        pytest.param(REFUSED + "\nlog(e)", "sock.connect(data)", "", id="more-after"),
        pytest.param(REFUSED, "return sock.connect(data)", "", id="end-means-failure"),
        pytest.param(REFUSED, "work(data)", "", id="nothing-known"),
        pytest.param(REFUSED, "sock.connect(data)", "sock.setblocking(False)", id="does-not-block"),
        pytest.param(REFUSED, "sock.recv(9)", "sock.settimeout(1)", id="times-out"),
        pytest.param(
            "if e.errno in (errno.ECONNRESET, errno.EAGAIN):\n    return 1", "sock.recv(9)", "", id="would-block"
        ),
        pytest.param(
            "if isinstance(e, ConnectionRefusedError):\n    return 1", "sock.connect(data)", "", id="by-class"
        ),
        pytest.param(
            "if e.errno == errno.ECONNRESET:\n    return 1", "data = sock.recv(9)", "", id="value-from-before"
        ),
    ],
)
def test_silent_of_what_is_dropped(body: str, tried: str, head: str) -> None:
    assert applicability(f"{head}\n{handler(body, tried)}") == []


@pytest.mark.parametrize(
    ("body", "tried"),
    [
        pytest.param(REFUSED, "sock.connect(data)", id="returns"),
        pytest.param("if e.errno == errno.ECONNREFUSED:\n    raise Down", "sock.connect(data)", id="converts"),
        pytest.param("if e.errno == errno.ECONNREFUSED:\n    start()", "sock.connect(data)", id="acts"),
        pytest.param("if e.errno == errno.ECONNRESET:\n    return 1", "text = sock.recv(9)", id="receives"),
        pytest.param(
            "match e.errno:\n    case errno.ECONNREFUSED:\n        return 1", "sock.connect(data)", id="match"
        ),
    ],
)
def test_dropped_without_a_word(body: str, tried: str) -> None:
    (found,) = check(handler(body, tried).encode(), "x.py", ONLY).diagnostics
    assert "drops every other failure" in found.message
    assert found.fixable == "unsafe"


def test_unrelated_clause_after_is_no_obstacle() -> None:
    code = around("sock.recv(9)", "e.errno == errno.ECONNRESET") + "    except ValueError:\n        pass\n"
    assert applicability(code) == ["safe"]


def test_no_fix_where_the_class_means_something_else() -> None:
    code = around("sock.recv(9)", "e.errno == errno.ECONNRESET", head="class ConnectionResetError: pass")
    assert applicability(code) == [None]


def test_no_fix_where_a_comment_speaks_to_a_tool() -> None:
    code = around("sock.recv(9)", "e.errno == errno.ECONNRESET").replace("raise", "raise  # pragma: no cover")
    assert applicability(code) == [None]


def handler(body: str, tried: str = "sock.sendall(data)") -> str:
    return (
        "import errno\nimport socket\nimport sys\n\n\n"
        f"def act(sock: socket.socket, data):\n    try:\n        {tried}\n    except OSError as e:\n"
        f"{indent(dedent(body), ' ' * 8)}\n    return True\n"
    )


def test_comments_stay_in_order() -> None:
    body = """\
        # one
        code = e.errno  # two
        # three
        if code == errno.ECONNRESET:  # four
            # five
            print("reset")  # six
            # seven
        # eight
        else:  # nine
            # ten
            raise  # eleven
            # twelve
        # thirteen
        return False  # fourteen
        """
    clause = fixed(handler(body)).partition("    except ")[2].partition("    return True")[0]
    assert [line.strip() for line in clause.splitlines()] == [
        "ConnectionResetError:",
        *(f"# {word}" for word in ("one", "two", "three", "four", "five")),
        'print("reset")  # six',
        *(f"# {word}" for word in ("seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen")),
        "return False  # fourteen",
        "",
    ]


def test_what_is_bound_first_stays_where_it_is_used() -> None:
    text = fixed(handler("code, message = e.args\nif code != errno.ECONNRESET:\n    raise\nprint(message)"))
    assert "except ConnectionResetError as e:\n        code, message = e.args\n        print(message)\n" in text


def test_exception_stays_bound_where_it_is_used() -> None:
    text = fixed(handler("if e.errno != errno.ECONNRESET:\n    raise\nprint(f'{e}')"))
    assert "except ConnectionResetError as e:\n        print(f'{e}')\n" in text


def test_import_stays_where_something_uses_it() -> None:
    text = fixed(handler("if e.errno != errno.ECONNRESET:\n    raise\nprint(errno.errorcode)"))
    assert "import errno\n" in text


def test_chain_with_a_shared_end_is_reported_without_fix() -> None:
    body = "if e.errno == errno.ECONNRESET:\n    a()\nelif e.errno == errno.ECONNABORTED:\n    return 2\nelse:\n    raise\nb()"
    assert applicability(handler(body)) == [None]


def test_block_on_one_line() -> None:
    text = fixed(handler("if e.errno == errno.ECONNRESET: a(); return False  # gone\nraise"))
    assert "except ConnectionResetError:\n        a()\n        return False  # gone\n" in text


def test_further_condition_on_several_lines_stays_valid() -> None:
    body = "if (e.errno != errno.ECONNRESET or\n        sys.argv or\n        data):\n    raise\na()"
    text = fixed(handler(body))
    assert "if (sys.argv or\n" in text
    compile(text, "x.py", "exec")


@pytest.mark.parametrize("name", sorted(errnos.CLASS_OF))
def test_table_is_what_python_does(name: str) -> None:
    assert type(OSError(getattr(errno, name), "made")).__name__ == errnos.CLASS_OF[name]


def test_table_is_complete() -> None:
    made = {name for number, name in errno.errorcode.items() if type(OSError(number, "made")) is not OSError}
    assert made <= set(errnos.CLASS_OF) | {"ENOTCAPABLE"}


@pytest.mark.parametrize("name", sorted(errnos.WHOLE))
def test_errnos_of_a_class_are_whole(name: str) -> None:
    numbers = {number for number in errno.errorcode if type(OSError(number, "made")).__name__ == name}
    for group in errnos.WHOLE[name]:
        assert {getattr(errno, each) for each in group} == numbers


@pytest.mark.parametrize(
    "arms",
    [
        pytest.param("case errno.ECONNREFUSED:\n    print(e)", id="tells-of-some"),
        pytest.param("case errno.ECONNREFUSED if quiet:\n    return 1\ncase _:\n    raise", id="asks-for-more"),
        pytest.param(
            "case errno.ECONNREFUSED:\n    return 1\ncase other:\n    print(other)\n    raise", id="acts-on-rest"
        ),
        pytest.param("case errno.ECONNREFUSED | errno.ENOTCONN:\n    return 1\ncase _:\n    raise", id="has-no-class"),
        pytest.param("case 'refused':\n    return 1\ncase _:\n    raise", id="no-errno"),
    ],
)
def test_match_that_is_no_dispatch(arms: str) -> None:
    assert applicability(handler(f"match e.errno:\n{indent(arms, '    ')}")) == []


BODIES = {
    "guard": "if e.errno != errno.ECONNREFUSED:\n    raise\nreturn 'refused'",
    "else": "if e.errno in (errno.EPIPE, errno.ESHUTDOWN):\n    seen.append(e.errno)\nelse:\n    raise\nreturn 'broken'",
    "not-in": "if e.args[0] not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNRESET):\n    raise e",
    "chain": (
        "if e.errno == errno.ECONNRESET:\n    return 1\nelif e.errno == errno.ECONNABORTED:\n    seen.append(2)\n"
        "else:\n    raise"
    ),
    "ladder": "if e.errno == errno.ECONNRESET:\n    return 1\nif e.errno != errno.ECONNABORTED:\n    raise\nreturn 2",
    "condition": "if e.errno != errno.ECONNRESET or seen:\n    raise\nseen.append(1)",
    "named": "code = e.errno\nif code == errno.ECONNRESET:\n    return code\nraise",
    "match": (
        "match e.errno:\n    case errno.ECONNRESET:\n        return 1\n"
        "    case errno.EPIPE | errno.ESHUTDOWN:\n        seen.append(2)\n    case _:\n        raise"
    ),
    "match-then": "match e:\n    case ConnectionResetError() | ConnectionRefusedError():\n        return 1\nraise",
    "condition-first": "if seen and e.errno == errno.ECONNRESET:\n    return 1\nraise",
    "condition-first-or": "if seen or e.args[0] != errno.ECONNRESET:\n    raise\nseen.append(2)",
    "walrus": "if (code := e.errno) != errno.ECONNRESET:\n    raise\nreturn 2",
    "presence": "if e.args and e.args[0] == errno.ECONNRESET:\n    return 2\nraise",
    "absence": "if e.errno is None:\n    raise\nif e.errno != errno.ECONNRESET:\n    raise\nreturn 2",
    "exc-info": "_, err, _ = sys.exc_info()\nif err.errno != errno.ECONNRESET:\n    raise\nreturn str(err)",
    "either": "code = e.errno or e.args[0]\nif code in (errno.ECONNRESET, errno.ECONNABORTED):\n    return code\nraise",
    "dict": "if e.errno not in {errno.ECONNRESET: 1}:\n    raise\nreturn 3",
    "nested": "if isinstance(e, OSError):\n    if e.errno == errno.ECONNRESET:\n        return 2\nraise",
    "nested-else": (
        "if hasattr(e, 'errno'):\n    if e.errno == errno.ECONNRESET:\n        seen.append(2)\n    else:\n        raise\n"
        "else:\n    raise"
    ),
    "guards": "if not isinstance(e, OSError):\n    raise\nif e.errno != errno.ECONNRESET or seen:\n    raise\nreturn 2",
    "match-errno": "match e:\n    case OSError(errno=errno.ECONNRESET):\n        return 2\n    case _:\n        raise",
    "named-in-a-chain": (
        "code = e.errno\nif code == errno.ECONNRESET:\n    return code\nelif code == errno.ECONNABORTED:\n"
        "    seen.append(code)\nelse:\n    raise"
    ),
    "by-class": "if not isinstance(e, (ConnectionResetError, socket.gaierror)):\n    raise\nreturn type(e).__name__",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_safe_fix_changes_nothing(body: str) -> None:
    before = handler(body).replace("(sock: socket.socket, data)", "(sock: socket.socket, data, seen)")
    after = fixed(before, unsafe=False)
    assert after != before
    raised: list[Exception] = [OSError(number, "made") for number in errno.errorcode]
    raised += [OSError("no errno"), socket.gaierror(-2, "unknown"), TimeoutError("timed out"), ValueError("other")]
    for error in raised:
        for seen in ([], [0]):
            assert outcome(before, error, list(seen)) == outcome(after, error, list(seen)), error


class Broken:
    """A socket whose every use fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def sendall(self, _: bytes) -> None:
        raise self.error


def outcome(code: str, error: Exception, seen: list[int]) -> object:
    namespace: dict[str, object] = {}
    exec(compile(code, "x.py", "exec"), namespace)
    try:
        result = namespace["act"](Broken(error), b"", seen)  # type: ignore[operator]
    except Exception as raised:  # noqa: BLE001
        return (raised is error, seen)
    return (result, seen)


def test_why_names_the_call_its_line_and_its_classes() -> None:
    (item,) = check(around("sock.recv(9)", "e.errno == errno.ECONNRESET").encode(), "x.py", ONLY).diagnostics
    assert item.why == (
        "ECONNRESET is raised as ConnectionResetError (PEP 3151)",
        "sock.recv (line 10) can raise ConnectionResetError (socket.socket.recv)",
    )
