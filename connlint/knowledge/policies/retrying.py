"""What the retrying library waits (1.4.2, Retrying.__init__), in milliseconds: the longest of what it is given."""

from __future__ import annotations

from connlint.knowledge.policies.model import UNKNOWN, Policy, Setting, Table, Wait

_JITTER = Setting("wait_jitter_max", 0)

TABLE = Table(
    policies=(
        Policy(
            "retrying.retry",
            "retrying",
            "retrying 1.4.2, Retrying.__init__",
            keywords=("wrap_exception", "logger"),
            strategy="wait",
            waits=(
                Wait(start=Setting("wait_fixed", 1000), jitter=_JITTER, unit=0.001, optional=True),
                Wait(
                    start=Setting("wait_random_min", 0),
                    until=Setting("wait_random_max", 1000),
                    unit=0.001,
                    optional=True,
                ),
                Wait(
                    start=Setting("wait_incrementing_start", 0),
                    step=Setting("wait_incrementing_increment", 100),
                    cap=Setting("wait_incrementing_max"),
                    jitter=_JITTER,
                    unit=0.001,
                    optional=True,
                ),
                Wait(
                    start=Setting("wait_exponential_multiplier", 1),
                    factor=Setting(None, 2),
                    cap=Setting("wait_exponential_max"),
                    jitter=_JITTER,
                    unit=0.001,
                    optional=True,
                ),
                Wait(jitter=_JITTER, unit=0.001),
                UNKNOWN._replace(start=Setting("wait_func"), optional=True),
            ),
            attempts="stop_max_attempt_number",
            bounds=(Setting("stop_max_delay"), Setting("stop_func"), Setting("stop")),
            filters="retry_on_exception",
            results=("retry_on_result",),
            callbacks=("before_attempts", "after_attempts"),
        ),
    ),
)
