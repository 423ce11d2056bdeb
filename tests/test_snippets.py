"""The page that this project began from, end to end: what each snippet gets, as a command and under flake8."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GUARDED = """\
import socket

try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect(("localhost", 9999))
except ConnectionRefusedError as e:
    print(f"Connection refused: {e}")
"""

BACKS_OFF = """\
import time

import requests

for i in range(5):
    try:
        response = requests.get("http://localhost:9999/")
        break
    except requests.exceptions.ConnectionError:
        wait = 2**i
        print(f"Retrying in {wait} s")
        time.sleep(wait)
"""

BARE = """\
import socket

s = socket.socket()
s.connect(("localhost", 9999))
"""

SPECIFIC = """\
try:
    conn = connect_to_service()
except ConnectionRefusedError:
    print("refused")
except ConnectionResetError:
    print("reset")
"""

OPAQUE = """\
import time

for attempt in range(5):
    try:
        conn = connect()
        break
    except ConnectionError:
        time.sleep(2 ** attempt)
"""

HOT = """\
for attempt in range(5):
    try:
        conn = connect()
        break
    except ConnectionError:
        pass
"""

SENDALL = """\
import socket

def send(sock: socket.socket, data: bytes) -> None:
    try:
        sock.sendall(data)
    except ConnectionError:
        print("lost")
"""

ACCEPT = """\
import socket

def serve(listener: socket.socket) -> None:
    try:
        conn, _ = listener.accept()
    except ConnectionError:
        print("gone")
"""

CREATE = """\
import socket

def probe(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 5).close()
    except ConnectionError:
        return False
    return True
"""

FOREIGN = """\
import requests

def fetch(url: str) -> str | None:
    try:
        return requests.get(url, timeout=5).text
    except ConnectionError:
        return None
"""

ERRNO = """\
import errno
import socket

def probe(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), 5):
            return True
    except OSError as e:
        # nobody is there
        if e.errno != errno.ECONNREFUSED:
            raise
        return False  # down
"""

EXPECTED = {
    "guarded": (GUARDED, ["CNL302"]),
    "backs-off": (BACKS_OFF, ["CNL204"]),
    "bare": (BARE, ["CNL301", "CNL302"]),
    "specific": (SPECIFIC, []),
    "opaque": (OPAQUE, ["CNL204"]),
    "hot": (HOT, ["CNL201", "CNL204"]),
    "sendall": (SENDALL, ["CNL102"]),
    "accept": (ACCEPT, ["CNL102"]),
    "create-connection": (CREATE, ["CNL102"]),
    "foreign": (FOREIGN, ["CNL103"]),
    "errno": (ERRNO, ["CNL101"]),
}

CASES = pytest.mark.parametrize(("code", "codes"), EXPECTED.values(), ids=EXPECTED.keys())


def connlint(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connlint", *args], cwd=cwd, capture_output=True, text=True, check=False
    )


@CASES
def test_command_line(code: str, codes: list[str], tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(code)
    done = connlint("check", "--isolated", "--output-format", "json", "page.py", cwd=tmp_path)
    assert [item["code"] for item in json.loads(done.stdout)] == codes
    assert done.returncode == (1 if codes else 0)


@CASES
def test_flake8(code: str, codes: list[str], tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "CNL", "page.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.findall(r"CNL\d+", "\n".join(line.partition(" ")[2][:7] for line in done.stdout.splitlines())) == codes
    assert not done.stderr


@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param(SENDALL, {"BrokenPipeError", "ConnectionResetError"}, id="sendall"),
        pytest.param(ACCEPT, {"ConnectionAbortedError"}, id="accept"),
        pytest.param(CREATE, {"ConnectionRefusedError"}, id="create-connection"),
    ],
)
def test_narrowed_to_exactly_what_can_come(code: str, names: set[str], tmp_path: Path) -> None:
    fixed = fix(code, tmp_path, unsafe=True)
    (handler,) = [node for node in ast.walk(ast.parse(fixed)) if isinstance(node, ast.ExceptHandler)]
    assert handler.type is not None
    assert {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} == names


def fix(code: str, tmp_path: Path, *, unsafe: bool) -> str:
    """Return `code` as `connlint --fix` leaves it; `--diff` must write nothing and a second run change nothing."""
    page = tmp_path / "page.py"
    page.write_text(code)
    options = ["--isolated", *(["--unsafe-fixes"] if unsafe else [])]
    connlint("--diff", *options, "page.py", cwd=tmp_path)
    assert page.read_text() == code
    connlint("--fix", *options, "page.py", cwd=tmp_path)
    fixed = page.read_text()
    connlint("--fix", *options, "page.py", cwd=tmp_path)
    assert page.read_text() == fixed
    return fixed


def test_foreign_is_fixed_by_the_qualified_name(tmp_path: Path) -> None:
    assert "except requests.exceptions.ConnectionError:" in fix(FOREIGN, tmp_path, unsafe=True)


def test_errno_is_fixed_safely(tmp_path: Path) -> None:
    assert fix(ERRNO, tmp_path, unsafe=False) == dedent(
        """\
        import socket

        def probe(host: str, port: int) -> bool:
            try:
                with socket.create_connection((host, port), 5):
                    return True
            except ConnectionRefusedError:
                # nobody is there
                return False  # down
        """
    )


def test_bare_connect_ends_with_a_clear_message(tmp_path: Path, refused_port: int) -> None:
    fixed = fix(BARE.replace("9999", str(refused_port)), tmp_path, unsafe=True)
    (tmp_path / "run.py").write_text(fixed)
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "run.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert str(refused_port) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "ResourceWarning" not in ended.stderr


def test_hot_retry_backs_off_and_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = fix(HOT, tmp_path, unsafe=True)
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    attempts: list[int] = []

    def connect() -> None:
        attempts.append(1)
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        exec(compile(fixed, "page.py", "exec"), {"connect": connect})
    assert len(attempts) == 5
    assert len(waited) == 4
    assert all(wait <= 60 for wait in waited)


def test_hot_retry_still_stops_at_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = fix(HOT, tmp_path, unsafe=True)
    monkeypatch.setattr("time.sleep", lambda _: None)
    outcomes = iter([ConnectionResetError, ConnectionRefusedError, None])

    def connect() -> str:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return "open"

    namespace: dict[str, object] = {"connect": connect}
    exec(compile(fixed, "page.py", "exec"), namespace)
    assert namespace["conn"] == "open"
    assert next(outcomes, "used up") == "used up"
