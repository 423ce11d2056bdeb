"""How servers of websockets fail once the handshake is done."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from tests.faults.http_peers import END
from tests.faults.peers import DROP, HANG_UP, close, hear, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from connlint.knowledge.model import Scenario


def shake_hands(then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """Return a treatment that opens a websocket and then goes on with another."""

    def treat(connection: socket.socket) -> None:
        heard = b""
        while END not in heard:
            heard += connection.recv(65536)
        found = re.search(rb"Sec-WebSocket-Key: (\S+)", heard, re.IGNORECASE)
        assert found is not None
        digest = hashlib.sha1(found[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % base64.b64encode(digest)
        )
        then(connection)

    return treat


# What each does when it has heard the word `!`
ENDS: Mapping[str, tuple[Scenario, Callable[[socket.socket], None]]] = {
    "reset": ("reset", DROP),
    "close": ("closed", HANG_UP),
    "half a frame": ("cut", hear(b"!", say(b"\x81\x05x", close))),
    "no frame": ("rubbish", hear(b"!", say(b"\xff\x01x", close))),
    "farewell": ("closed", hear(b"!", say(b"\x88\x02\x03\xe8", close))),
    "silence": ("timeout", stay_silent),
}
