"""The exception classes of anyio 4.16.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "anyio.BrokenResourceError": ("Exception",),
    "anyio.ClosedResourceError": ("Exception",),
    "anyio.ConnectionFailed": ("OSError",),
    "anyio.DelimiterNotFound": ("Exception",),
    "anyio.EndOfStream": ("Exception",),
    "anyio.IncompleteRead": ("Exception",),
    "anyio.RunFinishedError": ("RuntimeError",),
    "anyio.WouldBlock": ("Exception",),
    "anyio._backends._asyncio.BusyResourceError": ("Exception",),
    "anyio._core._exceptions.FutureAlreadyFinished": ("Exception",),
    "anyio._core._exceptions.FutureCancelled": ("anyio._core._exceptions.FutureFailed",),
    "anyio._core._exceptions.FutureFailed": ("Exception",),
    "anyio._core._exceptions.FutureNotFinished": ("Exception",),
    "anyio._core._exceptions.TaskCancelled": ("anyio._core._exceptions.TaskFailed",),
    "anyio._core._exceptions.TaskFailed": ("Exception",),
    "anyio._core._exceptions.TaskNotFinished": ("Exception",),
    "anyio._core._exceptions.TypedAttributeLookupError": ("LookupError",),
    "anyio.from_thread.NoEventLoopError": ("RuntimeError",),
    "anyio.to_interpreter.BrokenWorkerInterpreter": ("Exception",),
    "anyio.to_process.BrokenWorkerProcess": ("Exception",),
}

ALIASES: dict[str, str] = {
    "anyio._core._exceptions.BrokenWorkerInterpreter": "anyio.to_interpreter.BrokenWorkerInterpreter",
    "anyio._core._exceptions.BrokenWorkerProcess": "anyio.to_process.BrokenWorkerProcess",
    "anyio._core._exceptions.BusyResourceError": "anyio._backends._asyncio.BusyResourceError",
    "anyio._core._exceptions.NoEventLoopError": "anyio.from_thread.NoEventLoopError",
    "anyio.from_thread.RunFinishedError": "anyio.RunFinishedError",
}
