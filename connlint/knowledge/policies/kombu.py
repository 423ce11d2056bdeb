"""What kombu waits (5.7.0, connection.py and utils/functional.py), and celery where it publishes with kombu.

`retry_policy` is a dictionary of the same arguments. What it lacks comes from whom it is given to: celery, which tries
three times with 0, 0.2, 0.4 s in between, or kombu's `ensure`.
"""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

_SOURCE = "kombu 5.7.0, utils/functional.py: retry_over_time"


def _wait(start: float, step: float, cap: float) -> Wait:
    return Wait(
        start=Setting("interval_start", start),
        step=Setting("interval_step", step),
        cap=Setting("interval_max", cap),
    )


_CONNECT = Policy(
    "kombu.connection.Connection.ensure_connection",
    "kombu",
    _SOURCE,
    parameters=("errback", "max_retries", "interval_start", "interval_step", "interval_max", "callback"),
    keywords=("reraise_as_library_errors",),
    waits=(_wait(2, 2, 30),),
    attempts="max_retries",
    first=1,
    bounds=(Setting("timeout"),),
    callbacks=("errback", "callback"),
    transport=True,
)

# A dictionary `retry_policy={...}`
RETRY_POLICY = Policy(
    "kombu.retry_policy",
    "kombu",
    _SOURCE,
    keywords=("errback", "on_revive"),
    waits=(_wait(0, 0.2, 1),),
    attempts="max_retries",
    first=1,
    default=3,
    bounds=(Setting("timeout"),),
    callbacks=("errback",),
    transport=True,
)

TABLE = Table(
    policies=(
        _CONNECT,
        Policy(
            "kombu.connection.Connection.ensure",
            "kombu",
            _SOURCE,
            parameters=(
                "obj",
                "fun",
                "errback",
                "max_retries",
                "interval_start",
                "interval_step",
                "interval_max",
                "on_revive",
            ),
            keywords=("retry_errors",),
            waits=(_wait(1, 1, 1),),
            attempts="max_retries",
            first=1,
            callbacks=("errback",),
            transport=True,
        ),
        Policy(
            "kombu.utils.functional.retry_over_time",
            "kombu",
            _SOURCE,
            parameters=(
                "fun",
                "catch",
                "args",
                "kwargs",
                "errback",
                "max_retries",
                "interval_start",
                "interval_step",
                "interval_max",
                "callback",
            ),
            waits=(_wait(2, 2, 30),),
            attempts="max_retries",
            first=1,
            bounds=(Setting("timeout"),),
            filters="catch",
            callbacks=("errback", "callback"),
        ),
        RETRY_POLICY,
    ),
    aliases={"kombu.Connection.": "kombu.connection.Connection."},
)
