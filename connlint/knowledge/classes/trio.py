"""The exception classes of trio 0.35.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "trio.BrokenResourceError": ("Exception",),
    "trio.BusyResourceError": ("Exception",),
    "trio.Cancelled": ("BaseException",),
    "trio.ClosedResourceError": ("Exception",),
    "trio.EndOfChannel": ("Exception",),
    "trio.NeedHandshakeError": ("Exception",),
    "trio.RunFinishedError": ("RuntimeError",),
    "trio.TooSlowError": ("Exception",),
    "trio.TrioInternalError": ("Exception",),
    "trio.WouldBlock": ("Exception",),
    "trio._channel.MultipleExceptionError": ("Exception",),
    "trio._dtls.BadPacket": ("Exception",),
}

ALIASES: dict[str, str] = {
    "trio._util.MultipleExceptionError": "trio._channel.MultipleExceptionError",
}
