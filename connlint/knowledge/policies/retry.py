"""What the retry library waits (0.9.2, api.py), and retry2, which is imported by the same name."""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

_SOURCE = "retry 0.9.2, api.py"
_PARAMETERS = ("exceptions", "tries", "delay", "max_delay", "backoff", "jitter", "logger")
_WAITS = (
    Wait(
        start=Setting("delay", 0),
        factor=Setting("backoff", 1),
        step=Setting("jitter", 0),  # added each time anew to the last wait; drawn at random from a pair
        cap=Setting("max_delay"),
    ),
)

TABLE = Table(
    policies=(
        Policy(
            "retry.retry",
            "retry",
            _SOURCE,
            parameters=_PARAMETERS,
            waits=_WAITS,
            attempts="tries",
            filters="exceptions",
        ),
        Policy(
            "retry.retry_call",
            "retry",
            _SOURCE,
            parameters=("f", "fargs", "fkwargs", *_PARAMETERS),
            waits=_WAITS,
            attempts="tries",
            filters="exceptions",
        ),
    ),
    aliases={"retry.api.": "retry."},
)
