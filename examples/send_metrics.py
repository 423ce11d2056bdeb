"""Send one measurement to the collector, and hope that it is up."""

import socket

s = socket.socket()
s.connect(("localhost", 9999))
s.sendall(b"requests.count 1\n")
s.close()
