"""The repair of CNL301, run against a port that refuses: a clear message instead of a traceback, the same status."""

from __future__ import annotations

import errno
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from connlint.engine import Selection, check, fix

if TYPE_CHECKING:
    from pathlib import Path

CONNECTS = Selection(select=("CNL301",))
BOTH = Selection(select=("CNL301", "CNL302"))
LEAKS = Selection(select=("CNL302",))

SCRIPTS = {
    "bare": """
        import socket

        s = socket.socket()
        s.connect(("127.0.0.1", PORT))
    """,
    "tutorial": """
        import socket

        HOST = "127.0.0.1"

        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.connect((HOST, PORT))
            s.sendall(b"Hello")
    """,
    "address-in-a-name": """
        import socket

        def main():
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            address = ("127.0.0.1", PORT)
            sock.connect(address)
            try:
                sock.sendall(b"Hello")
            finally:
                sock.close()

        if __name__ == "__main__":
            main()
    """,
    "result": """
        import socket

        sock = socket.create_connection(("127.0.0.1", PORT), 5)
        sock.close()
    """,
    "header-of-a-with": """
        import socket

        with socket.create_connection(("127.0.0.1", PORT)) as sock:
            sock.sendall(b"Hello")
    """,
    "finally": """
        import socket

        s = socket.socket()
        try:
            s.connect(("127.0.0.1", PORT))
            s.sendall(b"Hello")
        finally:
            s.close()
    """,
    "too-narrow": """
        import socket

        s = socket.socket()
        try:
            s.connect(("127.0.0.1", PORT))
        except TimeoutError:
            print("slow")
    """,
    "closed-and-raised-again": """
        import socket

        s = socket.socket()
        try:
            s.connect(("127.0.0.1", PORT))
        except OSError:
            s.close()
            raise
    """,
    "closed-with-more-in-the-try": """
        import socket

        s = socket.socket()
        try:
            s.settimeout(5)
            s.connect(("127.0.0.1", PORT))
        except OSError:
            s.close()
            raise
    """,
    "loop": """
        import socket

        while True:
            s = socket.socket()
            s.connect(("127.0.0.1", PORT))
            print(s.recv(10))
            s.close()
    """,
    "interrupted": """
        import socket

        def main():
            s = socket.socket()
            s.connect(("127.0.0.1", PORT))
            s.close()

        try:
            main()
        except KeyboardInterrupt:
            pass
    """,
    "asyncio": """
        import asyncio

        async def main():
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.close()

        asyncio.run(main())
    """,
    "asyncio-within-a-time": """
        import asyncio

        async def main():
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", PORT), timeout=5)
            writer.close()

        asyncio.run(main())
    """,
    "run-of-a-class": """
        import socket

        class Client:
            def __init__(self, host, port):
                self.address = (host, port)
                self.sock = None

            def run(self):
                self.sock = socket.create_connection(self.address)
                self.sock.sendall(b"Hello")

        if __name__ == "__main__":
            Client("127.0.0.1", PORT).run()
    """,
    "global-of-main": """
        import socket

        def main():
            global sock
            sock = socket.create_connection(("127.0.0.1", PORT))
            sock.sendall(b"Hello")

        main()
    """,
    "smtp": """
        import smtplib

        server = smtplib.SMTP("127.0.0.1", PORT)
        server.quit()
    """,
    "ftp": """
        import ftplib

        ftp = ftplib.FTP()
        ftp.connect("127.0.0.1", PORT)
    """,
    "imap": """
        import imaplib

        mail = imaplib.IMAP4("127.0.0.1", PORT)
    """,
    "multiprocessing": """
        from multiprocessing.connection import Client

        with Client(("127.0.0.1", PORT), authkey=b"secret") as conn:
            conn.send("Hello")
    """,
    "http": """
        import http.client

        conn = http.client.HTTPConnection("127.0.0.1", PORT)
        conn.connect()
    """,
    "star-import": """
        from socket import *

        clientSocket = socket(AF_INET, SOCK_STREAM)
        clientSocket.connect(("127.0.0.1", PORT))
        clientSocket.close()
    """,
    "first-request": """
        import http.client

        conn = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
        conn.request("GET", "/")
        print(conn.getresponse().status)
    """,
    "coroutine-run-later": """
        import asyncio

        loop = asyncio.new_event_loop()
        connecting = loop.create_connection(asyncio.Protocol, "127.0.0.1", PORT)
        try:
            loop.run_until_complete(connecting)
        finally:
            loop.close()
    """,
    "above-its-try": """
        import socket
        import sys

        s = socket.socket()
        s.connect(("127.0.0.1", PORT))
        try:
            s.sendall(b"Hello")
        except ConnectionRefusedError as exc:
            s.close()
            sys.exit(f"cannot connect: {exc}")
        s.close()
    """,
    "beside-a-guarded-branch": """
        import socket
        import sys

        def open_link(path, address):
            if path:
                sock = socket.socket(socket.AF_UNIX)
                try:
                    sock.connect(path)
                except OSError as exc:
                    sock.close()
                    raise SystemExit(f"cannot connect: {exc}") from exc
            else:
                sock = socket.socket()
                sock.connect(address)
            return sock

        open_link(None, ("127.0.0.1", PORT)).close()
    """,
    "name-in-use": """
        import socket

        exc = "taken"
        s = socket.socket()
        s.connect(("127.0.0.1", PORT))
        print(exc)
    """,
}


def run(code: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.py"
    script.write_text(code)
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_ends_with_a_message_and_the_same_status(script: str, refused_port: int, tmp_path: Path) -> None:
    before = dedent(script).lstrip().replace("PORT", str(refused_port))
    fixed = fix(before.encode(), "script.py", BOTH, unsafe=True)
    assert fixed.dropped == ()
    assert [item.code for item in fixed.checked.diagnostics] == []
    assert "CNL301" in fixed.applied
    first = run(before, tmp_path)
    assert "Traceback" in first.stderr
    assert "ConnectionRefusedError" in first.stderr
    after = run(fixed.data.decode(), tmp_path)
    assert (after.returncode, after.stdout) == (first.returncode, first.stdout) == (1, "")
    assert "Traceback" not in after.stderr
    assert "ResourceWarning" not in after.stderr
    assert after.stderr.startswith("cannot connect")
    assert str(errno.ECONNREFUSED) in after.stderr


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_either_order_comes_to_the_same_end(script: str) -> None:
    before = dedent(script).lstrip().replace("PORT", "9").encode()
    for first, second in ((CONNECTS, LEAKS), (LEAKS, CONNECTS)):
        once = fix(before, "script.py", first, unsafe=True)
        twice = fix(once.data, "script.py", second, unsafe=True)
        assert [item.code for item in check(twice.data, "script.py", BOTH).diagnostics] == []
        again = fix(twice.data, "script.py", BOTH, unsafe=True)
        assert (again.data, again.applied) == (twice.data, {})


ELSEWHERE = {
    "thread": """
        import socket
        import threading

        def feed():
            sock = socket.socket()
            sock.connect(("127.0.0.1", PORT))
            sock.close()

        thread = threading.Thread(target=feed)
        thread.start()
        thread.join()
    """,
    "thread-class": """
        import socket
        import threading

        class Feeder(threading.Thread):
            def run(self):
                with socket.create_connection(("127.0.0.1", PORT)) as sock:
                    sock.sendall(b"x")

        feeder = Feeder()
        feeder.start()
        feeder.join()
    """,
    "task": """
        import asyncio

        async def watch():
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.close()

        async def main():
            try:
                asyncio.create_task(watch())
            except OSError:
                print("down")
            await asyncio.sleep(0.05)

        asyncio.run(main())
    """,
    "gathered": """
        import asyncio

        async def feed(port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()

        async def main():
            await asyncio.gather(feed(PORT), feed(PORT))

        asyncio.run(main())
    """,
}


@pytest.mark.parametrize("script", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_elsewhere_it_is_closed_and_raised_again_with_its_cause(script: str, refused_port: int, tmp_path: Path) -> None:
    before = dedent(script).lstrip().replace("PORT", str(refused_port))
    fixed = fix(before.encode(), "script.py", BOTH, unsafe=True)
    assert fixed.dropped == ()
    assert [item.code for item in fixed.checked.diagnostics] == []
    assert "CNL301" in fixed.applied
    first = run(before, tmp_path)
    assert "ConnectionRefusedError" in first.stderr
    after = run(fixed.data.decode(), tmp_path)
    assert (after.returncode, after.stdout) == (first.returncode, first.stdout)
    assert "ResourceWarning" not in after.stderr
    assert "ConnectionRefusedError" in after.stderr  # the cause
    said = [line for line in after.stderr.splitlines() if line.startswith("ConnectionError: cannot connect to ")]
    assert said
    assert all("127.0.0.1" in line and str(errno.ECONNREFUSED) in line for line in said)


def test_two_clauses_and_no_try_within_the_try() -> None:
    before = """\
import socket

s = socket.socket()
s.settimeout(3)
try:
    s.connect(("localhost", 80))
except socket.timeout:
    print("timeout")
"""
    after = """\
import socket

s = socket.socket()
s.settimeout(3)
try:
    s.connect(("localhost", 80))
except socket.timeout:
    s.close()
    print("timeout")
except OSError as exc:
    s.close()
    raise SystemExit(f"cannot connect to localhost:80: {exc}") from exc
"""
    assert fix(before.encode(), "script.py", BOTH, unsafe=True).data.decode() == after


def test_safe_fixes_alone_leave_the_traceback(refused_port: int, tmp_path: Path) -> None:
    before = dedent(SCRIPTS["bare"]).lstrip().replace("PORT", str(refused_port))
    fixed = fix(before.encode(), "script.py", BOTH, unsafe=False)
    assert [item.code for item in fixed.checked.diagnostics] == ["CNL301"]
    after = run(fixed.data.decode(), tmp_path)
    assert "Traceback" in after.stderr
    assert "ResourceWarning" not in after.stderr


def fixed(code: str) -> str:
    return fix(dedent(code).lstrip().encode(), "script.py", CONNECTS, unsafe=True).data.decode()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param('("localhost", 80)', "localhost:80", id="literals"),
        pytest.param("(host, port)", "{host}:{port}", id="names"),
        pytest.param("(cfg.host, int(port))", "{cfg.host}:{port}", id="attributes-and-conversions"),
        pytest.param("(sys.argv[1], 80)", "{sys.argv[1]}:80", id="arguments"),
        pytest.param("address", "{address}", id="whole"),
        pytest.param('("::1", 80, 0, 0)', "[::1]:80", id="ipv6"),
        pytest.param('"/run/x.sock"', "/run/x.sock", id="path"),
        pytest.param('(cfg["host"], 80)', "{cfg['host']}:80", id="item"),
        pytest.param('(cfg["ho\\"st"], 80)', None, id="item-that-would-break-the-message"),
        pytest.param("(pick(), 80)", None, id="call"),
        pytest.param("('a{b}\"c', 80)", None, id="text-that-would-break-the-message"),
        pytest.param("('', 80)", None, id="empty"),
    ],
)
def test_message_says_where_it_connects_to(address: str, said: str | None) -> None:
    after = fixed(f"import socket\nsock = socket.create_connection({address})\n")
    assert f'SystemExit(f"cannot connect{f" to {said}" if said else ""}: {{exc}}") from exc' in after


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import socket\nsocket.create_connection(a).sendall(b'x')\n", id="part-of-more"),
        pytest.param("import socket\nif a: s = socket.create_connection(a)\n", id="shares-a-header"),
        pytest.param("import socket\nx = 1; s = socket.create_connection(a)\n", id="shares-its-line"),
        pytest.param("import socket\nOSError = 1\ns = socket.create_connection(a)\n", id="the-class-is-another"),
        pytest.param(
            "import socket\ntry:\n    s = socket.create_connection(a)\n    s.sendall(b'x')\n"
            "except TimeoutError:\n    print('slow')\n",
            id="a-handler-would-lose-what-it-takes",
        ),
        pytest.param(
            "import socket\ndef main():\n    s = socket.create_connection(a)\n"
            "try:\n    main()\nexcept TimeoutError:\n    print('slow')\n",
            id="a-caller-would-lose-what-it-takes",
        ),
        pytest.param("import socket\nwith socket.create_connection(a):\n    pass\n", id="no-name-to-hold-it-by"),
        pytest.param(
            "import socket\nwith open(p) as f, socket.create_connection(a) as s:\n    pass\n", id="second-of-a-with"
        ),
        pytest.param(
            "import contextlib, smtplib\n@contextlib.contextmanager\ndef mailing():\n    try:\n        yield\n"
            "    except smtplib.SMTPException:\n        print('mail')\nwith mailing():\n    s = smtplib.SMTP('h')\n",
            id="a-context-would-lose-what-it-takes",
        ),
        pytest.param(
            "import socket\ndef f(a):\n    s = socket.create_connection(a)\n    try:\n        s.sendall(b'x')\n"
            "    except ConnectionRefusedError:\n        print('down')\n    finally:\n        s.close()\n",
            id="above-a-try-that-needs-what-it-binds",
        ),
        pytest.param(
            "import socket\ndef f(a, b):\n    if a:\n        t = socket.socket()\n        try:\n            t.connect(a)\n"
            "        except OSError:\n            t.close()\n            raise SystemExit(1)\n    else:\n"
            "        s = socket.socket()\n        s.connect(b)\n        s.close()\n",
            id="beside-a-handler-that-needs-another-name",
        ),
    ],
)
def test_reported_and_left_alone(code: str) -> None:
    (found,) = check(code.encode(), "script.py", CONNECTS).diagnostics
    assert found.fixable is None
    assert fixed(code) == code


def test_why_names_the_handler_that_cannot_take_it() -> None:
    code = b"import socket\ntry:\n    socket.create_connection(a)\nexcept TimeoutError:\n    pass\n"
    (found,) = check(code, "script.py", CONNECTS).diagnostics
    assert any("TimeoutError" in why and "ConnectionRefusedError" in why for why in found.why)
