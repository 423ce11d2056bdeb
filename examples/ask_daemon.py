"""Ask a daemon how it is, which may not be there."""

import socket


def ask(host, question, timeout=3):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        sock.connect_ex((host, 7070))
        sock.sendall(question)
        return sock.recv(1024)
