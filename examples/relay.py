"""Relay lines from one peer to another."""

import socket


def forward(downstream: socket.socket, line: bytes) -> bool:
    """Return False when the peer has gone."""
    try:
        downstream.sendall(line)
    except ConnectionError:
        return False
    return True


def serve(listener: socket.socket) -> socket.socket | None:
    try:
        conn, _ = listener.accept()
    except ConnectionError:
        return None
    return conn
