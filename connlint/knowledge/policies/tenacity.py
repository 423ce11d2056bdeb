"""What tenacity waits (9.2.1, wait.py), and what its callbacks do."""

from __future__ import annotations

from connlint.knowledge.policies.model import UNKNOWN, Policy, Setting, Table, Wait

_RETRY = Policy(
    "tenacity.retry",
    "tenacity",
    "tenacity 9.2.1, BaseRetrying.__init__",
    parameters=("sleep", "stop", "wait", "retry", "before", "after", "before_sleep", "reraise"),
    keywords=("retry_error_cls", "retry_error_callback", "name", "enabled"),
    strategy="wait",
    attempts="stop",
    filters="retry",
    callbacks=("sleep", "before", "after", "before_sleep"),
)
_EXPONENTIAL = Wait(
    ("multiplier", "max", "exp_base", "min"),
    start=Setting("multiplier", 1),
    factor=Setting("exp_base", 2),
    cap=Setting("max"),
    floor=Setting("min", 0),
)

TABLE = Table(
    policies=(
        _RETRY,
        _RETRY._replace(name="tenacity.AsyncRetrying"),
        _RETRY._replace(name="tenacity.Retrying"),
        _RETRY._replace(name="tenacity.tornadoweb.TornadoRetrying"),
    ),
    strategies={
        "tenacity.wait_chain": UNKNOWN,  # read by what they are made of
        "tenacity.wait_combine": UNKNOWN,
        "tenacity.wait_exception": UNKNOWN,
        "tenacity.wait_exponential": _EXPONENTIAL,
        "tenacity.wait_exponential_jitter": Wait(
            ("initial", "max", "exp_base", "jitter"),
            start=Setting("initial", 1),
            factor=Setting("exp_base", 2),
            jitter=Setting("jitter", 1),
            cap=Setting("max"),
        ),
        "tenacity.wait_fixed": Wait(("wait",), start=Setting("wait")),
        "tenacity.wait_full_jitter": _EXPONENTIAL._replace(full=True),
        "tenacity.wait_incrementing": Wait(
            ("start", "increment", "max"),
            start=Setting("start", 0),
            step=Setting("increment", 100),
            cap=Setting("max"),
        ),
        "tenacity.wait_none": Wait(),
        "tenacity.wait_random": Wait(("min", "max"), start=Setting("min", 0), until=Setting("max", 1)),
        "tenacity.wait_random_exponential": _EXPONENTIAL._replace(full=True),
    },
    aliases={
        "tenacity._asyncio.": "tenacity.",
        "tenacity.after.": "tenacity.",
        "tenacity.asyncio.retry.": "tenacity.",
        "tenacity.asyncio.": "tenacity.",
        "tenacity.before.": "tenacity.",
        "tenacity.before_sleep.": "tenacity.",
        "tenacity.retry.": "tenacity.",
        "tenacity.stop.": "tenacity.",
        "tenacity.wait.": "tenacity.",
    },
    prompt=frozenset(
        {
            "tenacity.after_log",
            "tenacity.after_nothing",
            "tenacity.before_log",
            "tenacity.before_nothing",
            "tenacity.before_sleep_log",
            "tenacity.before_sleep_nothing",
        }
    ),
)
