"""What paramiko raises, against a server that speaks SSH as long as it is asked to."""

from __future__ import annotations

import functools
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY_TWICE, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, SOON, Peer, close, hear, raised, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address, Treatment

paramiko = pytest.importorskip("paramiko")

SSH = "paramiko.ssh_exception.SSHException"
BANNER = b"SSH-2.0-x\r\n"
KEY = paramiko.ECDSAKey.generate()
# The thread of a connection that is lost says so, and nobody here wants to hear it
logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)


class Server(paramiko.ServerInterface):  # type: ignore[misc, name-defined]
    """Lets everybody in who knows the password, until it is asked for `word`."""

    def __init__(self, word: str, then: Callable[[], object]) -> None:
        self.word = word
        self.then = then

    def hear(self, word: str) -> None:
        if word == self.word:
            self.then()

    def check_auth_password(self, _: str, password: str) -> int:
        return int(paramiko.AUTH_SUCCESSFUL if password == "right" else paramiko.AUTH_FAILED)

    def get_allowed_auths(self, _: str) -> str:
        return "password"

    def check_channel_request(self, *_: object) -> int:
        self.hear("session")
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, *_: object) -> bool:
        self.hear("command")
        return True

    def check_channel_shell_request(self, _: object) -> bool:
        return True

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_subsystem_request(self, channel: Any, name: str) -> bool:
        self.hear("sftp")
        return bool(super().check_channel_subsystem_request(channel, name))


class Files(paramiko.SFTPServerInterface):  # type: ignore[misc, name-defined]
    """Has no file, and says why by its name; until it is asked for `word`."""

    def __init__(self, server: Server, *_: object) -> None:
        self.server = server

    def stat(self, path: str) -> int:
        path = path.lstrip("/")
        self.server.hear(path)
        return {
            "gone": int(paramiko.SFTP_NO_SUCH_FILE),
            "mine": int(paramiko.SFTP_PERMISSION_DENIED),
        }.get(path, int(paramiko.SFTP_FAILURE))

    def open(self, path: str, _flags: int, _attributes: object) -> int:
        return self.stat(path)

    lstat = list_folder = remove = rmdir = readlink = stat


def serve(word: str = "", then: Treatment = stay_silent) -> Treatment:
    """Return a treatment that is a server until it is asked for `word`, and goes on with another then."""

    def treat(connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        transport.add_server_key(KEY)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
        transport.start_server(threading.Event(), Server(word, lambda: then(connection)))
        transport.join(LATE)

    return treat


def client() -> Any:
    made = paramiko.SSHClient()
    made.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    return made


def connect(address: Address, timeout: float, password: str = "right") -> BaseException | None:
    with client() as ssh:
        return raised(lambda: connected(ssh, address, timeout, password))


def connect_wrongly(address: Address, timeout: float) -> BaseException | None:
    return connect(address, timeout, "wrong")


def connected(ssh: Any, address: Address, timeout: float, password: str = "right") -> Any:
    ssh.connect(
        *address,
        username="u",
        password=password,
        timeout=timeout,
        banner_timeout=timeout,
        allow_agent=False,
        look_for_keys=False,
    )
    return ssh


LINE = b"\n"
CONNECT = {
    **NOBODY_TWICE,
    "no banner, reset": Place("reset", at(hear(LINE, reset))),
    "no banner, closed": Place("closed", at(hear(LINE, close))),
    "no banner": Place("timeout", at(stay_silent)),
    "half a banner": Place("cut", at(hear(LINE, say(BANNER[:5], close)))),
    "another protocol": Place("rubbish", at(hear(LINE, say(b"HTTP/1.1 400 Bad Request\r\n\r\n", close)))),
    "rubbish after the banner": Place("rubbish", at(hear(LINE, say(BANNER + b"x" * 4000)))),
    "banner, then reset": Place("reset", at(hear(LINE, say(BANNER, hear(b"curve25519", reset))))),
    "banner, then closed": Place("closed", at(hear(LINE, say(BANNER, hear(b"curve25519", close))))),
    "half a packet": Place("cut", at(hear(LINE, say(BANNER + b"\0\0\1\0", hear(b"curve25519", close))))),
}
CONNECT_RAISES = {
    "closed port": "paramiko.ssh_exception.NoValidConnectionsError",
    "two closed ports": "paramiko.ssh_exception.NoValidConnectionsError",
    "full backlog": "TimeoutError",
    "unknown host": "socket.gaierror",
    "no route": "OSError",
    "banner, then reset": "ConnectionResetError",
    "banner, then closed": "EOFError",
    "half a packet": "EOFError",
}


def connects() -> Iterator[Experiment]:
    name = "paramiko.SSHClient.connect"
    yield from experiments(name, connect, CONNECT, SSH, CONNECT_RAISES)
    wrong = {"wrong password": Place("answered", at(serve()))}
    yield from experiments(name, connect_wrongly, wrong, "paramiko.ssh_exception.AuthenticationException")


def perform(call: Callable[[Any], object], address: Address, _: float) -> BaseException | None:
    with client() as ssh:
        return raised(lambda: call(connected(ssh, address, LATE)))


def twice(call: Callable[[Any], object], address: Address, _: float) -> BaseException | None:
    """Perform what loses the connection, and then something over a connection that is lost."""
    with client() as ssh:
        connected(ssh, address, LATE)
        raised(lambda: call(ssh))
        return raised(lambda: call(ssh))


SESSIONS: dict[str, Callable[[Any], object]] = {
    "SSHClient.exec_command": lambda ssh: ssh.exec_command("true"),
    "SSHClient.invoke_shell": lambda ssh: ssh.invoke_shell(),
    "SSHClient.open_sftp": lambda ssh: ssh.open_sftp(),
    "Transport.open_session": lambda ssh: ssh.get_transport().open_session(),
}


def sessions() -> Iterator[Experiment]:
    for name, call in SESSIONS.items():
        once, again = functools.partial(perform, call), functools.partial(twice, call)
        places = {
            "reset": Place("reset", at(serve("session", reset))),
            "closed": Place("closed", at(serve("session", close))),
        }
        yield from experiments(f"paramiko.{name}", once, places, "ConnectionResetError", {"closed": "EOFError"})
    lost = {"lost before": Place("broken", at(serve("session", close)))}
    yield from experiments("paramiko.SSHClient.exec_command", again, lost, SSH)


def file_of(name: str, path: str, *rest: object) -> Callable[[Any], object]:
    return lambda ssh: getattr(ssh.open_sftp(), name)(path, *rest)


def file_of_lost(ssh: Any) -> object:
    files = ssh.open_sftp()
    raised(lambda: files.stat("word"))
    return files.stat("word")


def files() -> Iterator[Experiment]:
    for name in ("get", "listdir", "open", "stat"):
        rest = ("/dev/null",) if name == "get" else ()
        call = functools.partial(perform, file_of(name, "word", *rest))
        places = {
            "reset": Place("reset", at(serve("word", reset))),
            "closed": Place("closed", at(serve("word", close))),
        }
        yield from experiments(f"paramiko.SFTPClient.{name}", call, places, SSH)
    answers = {"gone": "FileNotFoundError", "mine": "PermissionError", "failed": "OSError"}
    for path, kind in answers.items():
        call = functools.partial(perform, file_of("stat", path))
        yield from experiments("paramiko.SFTPClient.stat", call, {path: Place("answered", at(serve()))}, kind)
    lost = {"lost before": Place("broken", at(serve("word", close)))}
    yield from experiments("paramiko.SFTPClient.stat", functools.partial(perform, file_of_lost), lost, "OSError")


def read_by(name: str) -> Callable[[Any], object]:
    return lambda ssh: getattr(ssh.exec_command("true", timeout=SOON)[1], name)()


def reads() -> Iterator[Experiment]:
    for name in ("read", "readline", "readlines"):
        call = functools.partial(perform, read_by(name))
        places = {"silent": Place("timeout", at(serve()))}
        yield from experiments(f"paramiko.channel.ChannelFile.{name}", call, places, "TimeoutError")


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(sessions())
def test_session(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(files())
def test_sftp(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(reads())
def test_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_a_peer_is_a_server() -> None:
    with Peer(serve()) as peer, client() as ssh:
        assert connected(ssh, peer.address, LATE).get_transport().is_authenticated()
