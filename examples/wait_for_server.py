"""Say whether the server is up yet."""

import errno
import socket


def is_up(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError as e:
        # anything but a refusal is a problem of ours
        if e.errno != errno.ECONNREFUSED:
            raise
        return False
    return True
