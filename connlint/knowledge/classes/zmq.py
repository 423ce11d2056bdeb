"""The exception classes of pyzmq 27.3.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "zmq.Again": ("zmq.ZMQError",),
    "zmq.ContextTerminated": ("zmq.ZMQError",),
    "zmq.InterruptedSystemCall": ("zmq.ZMQError", "InterruptedError"),
    "zmq.NotDone": ("zmq.ZMQBaseError",),
    "zmq.ZMQBaseError": ("Exception",),
    "zmq.ZMQBindError": ("zmq.ZMQBaseError",),
    "zmq.ZMQError": ("zmq.ZMQBaseError",),
    "zmq.ZMQVersionError": ("NotImplementedError",),
}

ALIASES: dict[str, str] = {
    "zmq.error.Again": "zmq.Again",
    "zmq.error.ContextTerminated": "zmq.ContextTerminated",
    "zmq.error.InterruptedSystemCall": "zmq.InterruptedSystemCall",
    "zmq.error.NotDone": "zmq.NotDone",
    "zmq.error.ZMQBaseError": "zmq.ZMQBaseError",
    "zmq.error.ZMQBindError": "zmq.ZMQBindError",
    "zmq.error.ZMQError": "zmq.ZMQError",
    "zmq.error.ZMQVersionError": "zmq.ZMQVersionError",
}
