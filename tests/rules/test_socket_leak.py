"""The repair of CNL302, run against a port that refuses: the same outcome, and no socket left open."""

from __future__ import annotations

import socket
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from connlint.engine import Selection, check, fix

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAKS = Selection(select=("CNL302",))

CASES = {
    "nothing-around": """
        def run(address):
            s = socket.socket()
            s.settimeout(5)
            s.connect(address)
            return s
    """,
    "handler-returns": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError:
                return "down"
            return s
    """,
    "handler-passes": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError:
                pass  # never mind
    """,
    "handler-converts": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError as exc:
                raise ValueError("down") from exc
    """,
    "two-handlers": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                return "slow"
            except OSError:
                return "down"
    """,
    "one-handler-closes": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                s.close()
                return "slow"
            except OSError:
                return "down"
    """,
    "made-inside-the-try": """
        def run(address):
            try:
                s = socket.socket()
                s.connect(address)
                s.close()
                return "up"
            except ConnectionRefusedError as exc:
                return f"down: {type(exc).__name__}"
    """,
    "too-narrow": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                s.close()
                return "slow"
    """,
    "clauses-that-all-lose-it-and-take-too-little": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
                state = "open"
                s.close()
            except TimeoutError:
                state = "slow"
            except PermissionError:
                state = "forbidden"
            return state
    """,
    "clauses-around-clauses": """
        def run(address):
            s = socket.socket()
            try:
                try:
                    s.connect(address)
                except TimeoutError:
                    return "slow"
            except OSError as exc:
                return exc.errno
    """,
    "clause-in-one-row": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError: pass; return "down"  # for now
            return s
    """,
    "handed-on-before-something-else-fails": """
        def run(address):
            s = socket.socket()
            known = []
            try:
                s.connect(address)
                known.append(s)
                known.greet()
            except OSError:
                return known
    """,
    "asked-before-it-is-given-up": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError:
                print(s.fileno() >= 0)
                return s.gettimeout is None
            return s
    """,
    "loop": """
        def run(address):
            for _ in range(3):
                s = socket.socket()
                try:
                    s.connect(address)
                except OSError:
                    continue
                return s
            raise RuntimeError("gave up")
    """,
    "loop-with-the-maker-in-the-try": """
        def run(address):
            last = None
            for _ in range(3):
                try:
                    s = socket.socket()
                    s.connect(address)
                    return s
                except OSError as exc:
                    last = exc
            raise last
    """,
    "constructor": """
        class Client:
            def __init__(self, address):
                self.sock = socket.socket()
                self.sock.connect(address)

        def run(address):
            return Client(address)
    """,
    "enter": """
        class Client:
            def __enter__(self):
                self.sock = socket.socket()
                self.sock.connect(self.address)
                return self

            def __exit__(self, *exc_info):
                self.sock.close()

        def run(address):
            client = Client()
            client.address = address
            with client:
                return "up"
    """,
    "suppressed": """
        import contextlib

        def run(address):
            s = socket.socket()
            with contextlib.suppress(OSError):
                s.connect(address)
            return "done"
    """,
    "assigned": """
        def run(address):
            s = socket.socket()
            nothing = s.connect(address)
            return nothing
    """,
    "own-class": """
        class Traced(socket.socket):
            pass

        def run(address):
            s = Traced()
            s.connect(address)
    """,
    "wrapped": """
        import ssl

        def run(address):
            s = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="localhost")
            s.connect(address)
    """,
    "tabs-and-semicolons-around": """
        def run(address):
        \ts = socket.socket(); s.settimeout(5)
        \t# first the line
        \ts.connect(address)  # then the talk

        \treturn s
    """,
}


class Recorder:
    """Remembers every socket that is made, so that none is closed by the garbage collector."""

    def __init__(self) -> None:
        self.made: list[socket.socket] = []

    @property
    def open(self) -> int:
        return sum(each.fileno() != -1 for each in self.made)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    plain = socket.socket.__init__

    def recorded(self: socket.socket, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        recorder.made.append(self)

    monkeypatch.setattr(socket.socket, "__init__", recorded)
    yield recorder
    for each in recorder.made:
        each.close()


def outcome(code: str, port: int) -> tuple[str, str]:
    """Return what `run` of `code` gives or raises."""
    namespace: dict[str, Any] = {"socket": socket}
    exec(compile(code, "case.py", "exec"), namespace)
    try:
        return "returned", repr(namespace["run"](("127.0.0.1", port)))
    except (OSError, ValueError, RuntimeError) as exc:
        return "raised", f"{exc!r} from {exc.__cause__!r}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_same_outcome_and_nothing_left_open(case: str, refused_port: int, recorder: Recorder) -> None:
    before = f"import socket\n{dedent(case)}"
    fixed = fix(before.encode(), "case.py", LEAKS, unsafe=False)
    assert fixed.dropped == ()
    assert fixed.checked.diagnostics == ()
    first = outcome(before, refused_port)
    assert recorder.open > 0
    already = recorder.open
    assert outcome(fixed.data.decode(), refused_port) == first
    assert recorder.open == already


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_second_run_changes_nothing(case: str) -> None:
    once = fix(f"import socket\n{dedent(case)}".encode(), "case.py", LEAKS, unsafe=True)
    again = fix(once.data, "case.py", LEAKS, unsafe=True)
    assert (again.data, again.applied) == (once.data, {})


def fixed(code: str) -> str:
    return fix(dedent(code).encode(), "case.py", LEAKS, unsafe=False).data.decode()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import socket\ns = socket.socket(); s.connect(a)\n", id="shares-its-line"),
        pytest.param("import socket\ns = socket.socket()\nif True: s.connect(a)\n", id="shares-a-header"),
        pytest.param("import socket\ns = socket.socket()\nif s.connect(a): pass\n", id="part-of-a-test"),
        pytest.param(
            "import socket\ns = socket.socket()\nBaseException = 1\ns.connect(a)\n", id="the-class-means-another-thing"
        ),
    ],
)
def test_reported_and_left_alone(code: str) -> None:
    (found,) = check(code.encode(), "case.py", LEAKS).diagnostics
    assert found.fixable is None
    assert fixed(code) == code


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("except OSError:\n        s.shutdown(2)\n        return", id="fails-before-a-close-would-come"),
        pytest.param("except OSError:\n        return s.getsockname()", id="answers-with-the-socket-s-answer"),
        pytest.param("except OSError:\n        pass\n    print(s.getsockname())", id="asks-it-afterwards"),
        pytest.param("finally:\n        s.settimeout(None)", id="asks-it-finally"),
    ],
)
def test_left_alone_where_a_closed_socket_answers_otherwise(after: str) -> None:
    code = f"import socket\ndef f(a):\n    s = socket.socket()\n    try:\n        s.connect(a)\n    {after}\n"
    (found,) = check(code.encode(), "case.py", LEAKS).diagnostics
    assert found.fixable is None
    assert fixed(code) == code


def test_comments_and_line_ends_stay() -> None:
    code = "import socket\r\n\r\ns = socket.socket()\r\n# the line\r\ns.connect(a)  # now\r\n"
    assert fix(code.encode(), "case.py", LEAKS, unsafe=False).data.decode() == (
        "import socket\r\n\r\ns = socket.socket()\r\n# the line\r\ntry:\r\n    s.connect(a)  # now\r\n"
        "except BaseException:\r\n    s.close()\r\n    raise\r\n"
    )


def test_pass_gives_way_and_its_comment_stays() -> None:
    after = fixed(
        """
        import socket
        s = socket.socket()
        try:
            s.connect(a)
        except OSError:
            pass  # never mind
        """
    )
    assert after.endswith("except OSError:\n    s.close()  # never mind\n")


def test_message_names_socket_and_address() -> None:
    code = b'import socket\nline = socket.socket()\nline.connect(("localhost", 80))\n'
    (found,) = check(code, "case.py", LEAKS).diagnostics
    assert (found.row, found.column) == (3, 1)
    assert "`line`" in found.message
    assert "localhost:80" in found.message


def test_why_names_the_class_that_gets_past_a_narrow_handler() -> None:
    code = dedent(
        """
        import socket
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except ConnectionRefusedError:
                s.close()
                raise
        """
    )
    (found,) = check(code.encode(), "case.py", LEAKS).diagnostics
    assert "TimeoutError" in found.why[0]
