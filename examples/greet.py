"""Say hello to a server on this machine."""

import socket

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect(("localhost", 9999))
    s.sendall(b"hello\n")
    print(s.recv(1024).decode())
    s.close()
except ConnectionRefusedError as e:
    print(f"nobody is listening: {e}")
