"""The harness itself: it must see what it claims to see."""

from __future__ import annotations

import pytest

from tests.execution.harness import Program, backs_off, execute, grow, vary

HOT = """
    import socket
    def run(address):
        for _ in range(4):
            try:
                return socket.create_connection(address)
            except ConnectionRefusedError as error:
                print(type(error).__name__)
        raise RuntimeError("gave up")
"""


def test_refuses_so_often_and_then_answers() -> None:
    for failures in range(4):
        found = execute(HOT, failures)
        assert (found.result, found.error, found.attempts) == ("a socket", None, failures + 1)
        assert found.printed == ("ConnectionRefusedError",) * failures
        assert found.left_open == 1
    found = execute(HOT, None)
    assert (found.result, found.error, found.attempts, found.left_open) == (None, "RuntimeError: gave up", 4, 0)


def test_resets_so_often_and_then_answers() -> None:
    code = """
        import http.client
        def run(address):
            while True:
                connection = http.client.HTTPConnection(*address)
                try:
                    connection.request("GET", "/")
                    return connection.getresponse().read()
                except ConnectionResetError:
                    print("reset")
                finally:
                    connection.close()
    """
    found = execute(code, 2, how="reset")
    assert (found.result, found.error, found.attempts) == (b"answer", None, 3)
    assert found.printed == ("reset", "reset")
    assert found.left_open == 0


@pytest.mark.parametrize("kind", ["time", "asyncio", "trio", "anyio"])
def test_nobody_sleeps(kind: str) -> None:
    head, wait = ("def", "") if kind == "time" else ("async def", "await ")
    code = f"import {kind}\n{head} run(address):\n    {wait}{kind}.sleep(1000)\n    {wait}{kind}.sleep(0.5)\n    return 1\n"
    found = execute(Program(code, "trio" if kind == "trio" else "anyio"), 0)
    assert (found.result, found.delays, found.attempts) == (1, (1000, 0.5), 0)


def test_endless_program_is_ended() -> None:
    code = """
        import socket
        def run(address):
            while True:
                try:
                    return socket.create_connection(address)
                except Exception:
                    pass
    """
    assert execute(code, None).error == "EndlessError: "


def test_open_sockets_are_counted() -> None:
    code = """
        import socket
        def run(address):
            sock = socket.socket()
            try:
                sock.connect(address)
            except OSError:
                KEPT.append(sock)
        KEPT = []
        class Closing(list):
            def __del__(self):
                for sock in self:
                    sock.close()
        KEPT = Closing()
    """
    assert execute(code, None).left_open == 1
    assert execute(code.replace("KEPT.append(sock)", "sock.close()"), None).left_open == 0


def test_modules_of_the_project() -> None:
    program = Program(
        "import acme.net\ndef run(address):\n    return acme.net.twice(2)\n",
        modules={"acme.net": "def twice(n):\n    return 2 * n\n"},
    )
    assert execute(program, 0).result == 4


def test_what_backing_off_is() -> None:
    assert backs_off((1, 2, 4, 8, 16, 30, 30))
    assert not backs_off((1, 2, 4, 8, 16, 32))
    assert not backs_off((1.5,))
    steady = [(1.0,) * 10] * 3
    rising = [tuple(factor * min(30, 2**n) for n in range(10)) for factor in (0.8, 0.9, 1)]
    assert (grow(steady), vary(steady)) == (False, False)
    assert (grow(rising), vary(rising)) == (True, True)
