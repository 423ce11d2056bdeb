"""What google.api_core.retry waits (2.44.0, retry/retry_base.py): all of it is drawn at random."""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

_RETRY = Policy(
    "google.api_core.retry.Retry",
    "google.api_core",
    "google.api_core 2.44.0, retry/retry_base.py",
    parameters=("predicate", "initial", "maximum", "multiplier", "timeout", "on_error"),
    waits=(Wait(start=Setting("initial", 1), factor=Setting("multiplier", 2), cap=Setting("maximum", 60), full=True),),
    bounds=(Setting("timeout", 120), Setting("deadline")),
    filters="predicate",
    callbacks=("on_error",),
)

# Retried on its account, a call is repeated because the service could not be reached, or cannot serve it now.
TRANSIENT = frozenset(
    f"google.{name}"
    for name in (
        "api_core.exceptions.BadGateway",
        "api_core.exceptions.GatewayTimeout",
        "api_core.exceptions.ServiceUnavailable",
        "auth.exceptions.TransportError",
    )
)

TABLE = Table(
    policies=(
        _RETRY,
        *(
            _RETRY._replace(name=f"google.api_core.retry.{name}")
            for name in ("AsyncRetry", "AsyncStreamingRetry", "StreamingRetry")
        ),
    ),
    aliases={
        "google.api_core.retry.retry_streaming.": "google.api_core.retry.",
        "google.api_core.retry.retry_streaming_async.": "google.api_core.retry.",
        "google.api_core.retry.retry_unary.": "google.api_core.retry.",
        "google.api_core.retry.retry_unary_async.": "google.api_core.retry.",
        "google.api_core.retry_async.": "google.api_core.retry.",
    },
)
