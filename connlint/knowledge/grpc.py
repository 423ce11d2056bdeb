"""What is known of gRPC, in both of its voices.

A channel connects by itself, again and again, and tells nobody: a call fails by an `RpcError` whose code says why,
`UNAVAILABLE` where no connection came about and `DEADLINE_EXCEEDED` where it took too long, and nothing at all is a
builtin. Without a timeout, a call on a channel that waits for readiness never ends. Programs call the methods of
generated stubs, whose modules the tables cannot name: these rows stand for what is below them.
"""

from __future__ import annotations

from connlint.knowledge.classes import grpc as classes
from connlint.knowledge.model import Failure, Library, Operation, Scenario

_KINDS: tuple[Scenario, ...] = ("refused", "reset", "closed", "cut", "timeout", "unresolved", "unreachable", "rubbish")
_CALL = (*(Failure(kind, "grpc.RpcError") for kind in _KINDS), Failure("answered", "grpc.RpcError"))
# What `channel_ready_future` returns
_READY = "grpc._utilities._ChannelReadyFuture"
_ASYNC_CALL = tuple(Failure(each.scenario, "grpc.aio.AioRpcError") for each in _CALL)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "grpc.Future.result",
        "receive",
        (*_CALL, Failure("timeout", "grpc.FutureTimeoutError", only_with="timeout")),
        "tests/faults/test_grpc.py::test_call",
        parameters=("timeout",),
        timeout="timeout",
    ),
    # a channel that cannot connect is not ready yet, whatever keeps it: this waits all of its time, or for ever
    Operation(
        f"{_READY}.result",
        "request",
        (Failure("timeout", "grpc.FutureTimeoutError"),),
        "tests/faults/test_grpc.py::test_ready",
        parameters=("timeout",),
        timeout="timeout",
        only_with="timeout",
    ),
    *(
        Operation(
            f"grpc.{kind}MultiCallable.{name}",
            "request",
            _CALL,
            "tests/faults/test_grpc.py::test_call",
            parameters=(request, "timeout"),
            timeout="timeout",
        )
        for kind, request in (("StreamUnary", "request_iterator"), ("UnaryUnary", "request"))
        for name in ("__call__", "with_call")
    ),
    *(
        Operation(
            f"grpc.aio.{kind}MultiCallable.__call__",
            "request",
            _ASYNC_CALL,
            "tests/faults/test_grpc.py::test_async_call",
            timeout="timeout",
            awaited=True,
        )
        for kind in ("StreamUnary", "UnaryUnary")
    ),
)

_KINDS_OF_CALLS = ("StreamStream", "StreamUnary", "UnaryStream", "UnaryUnary")
_METHODS = {
    "stream_stream": "StreamStream",
    "stream_unary": "StreamUnary",
    "unary_stream": "UnaryStream",
    "unary_unary": "UnaryUnary",
}

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    _READY: ("grpc.Future",),
    "grpc.CallCredentials": ("object",),
    "grpc.Channel": ("object",),
    "grpc.ChannelCredentials": ("object",),
    "grpc.Future": ("object",),
    "grpc.aio.Channel": ("object",),
    **{f"{module}.{kind}MultiCallable": ("object",) for module in ("grpc", "grpc.aio") for kind in _KINDS_OF_CALLS},
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "grpc.aio.insecure_channel": "grpc.aio.Channel",
    "grpc.aio.secure_channel": "grpc.aio.Channel",
    "grpc.channel_ready_future": _READY,
    "grpc.insecure_channel": "grpc.Channel",
    "grpc.intercept_channel": "grpc.Channel",
    "grpc.secure_channel": "grpc.Channel",
    "grpc.ssl_channel_credentials": "grpc.ChannelCredentials",
    **{
        f"{module}.Channel.{method}": f"{module}.{kind}MultiCallable"
        for module in ("grpc", "grpc.aio")
        for method, kind in _METHODS.items()
    },
    "grpc.StreamUnaryMultiCallable.future": "grpc.Future",
    "grpc.UnaryUnaryMultiCallable.future": "grpc.Future",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "grpc.aio._base_channel": "grpc.aio",
    "grpc.aio._channel.insecure_channel": "grpc.aio.insecure_channel",
    "grpc.aio._channel.secure_channel": "grpc.aio.secure_channel",
    "grpc.experimental.aio": "grpc.aio",
}

# A channel is made of nothing, and connects behind the scenes
HARMLESS: frozenset[str] = frozenset(
    {
        *(f"{module}.Channel.{name}" for module in ("grpc", "grpc.aio") for name in (*_METHODS, "close")),
        "grpc.Channel.subscribe",
        "grpc.Channel.unsubscribe",
        "grpc.Future.add_done_callback",
        "grpc.Future.cancel",
        "grpc.Future.done",
        "grpc.StreamUnaryMultiCallable.future",
        "grpc.UnaryUnaryMultiCallable.future",
        "grpc.access_token_call_credentials",
        "grpc.aio.insecure_channel",
        "grpc.aio.secure_channel",
        "grpc.channel_ready_future",
        "grpc.composite_channel_credentials",
        "grpc.insecure_channel",
        "grpc.intercept_channel",
        "grpc.metadata_call_credentials",
        "grpc.secure_channel",
        "grpc.ssl_channel_credentials",
    }
)

LIBRARY = Library(
    name="grpc",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"grpc.FutureTimeoutError", "grpc.RpcError"}),
)
