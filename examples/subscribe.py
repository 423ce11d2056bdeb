"""Follow a feed, and come back to it whenever the connection is lost."""

import socket
import time

PAUSE = 0.5


def subscribe(topic: bytes) -> socket.socket:
    while True:
        try:
            conn = socket.create_connection(("broker.internal", 5000), timeout=3)
        except OSError as error:
            print(f"no connection: {error}")
            time.sleep(PAUSE)
        else:
            conn.settimeout(None)
            conn.sendall(topic)
            return conn
