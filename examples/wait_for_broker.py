import socket
import time


def wait_for_broker(host, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(5)
    for attempt in range(6):
        try:
            sock.connect((host, port))
            return sock
        except ConnectionRefusedError:
            if attempt == 5:
                raise
            time.sleep(min(30, 2**attempt))
