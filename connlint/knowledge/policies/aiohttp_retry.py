"""What aiohttp_retry waits (2.9.1, retry_options.py)."""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

_SOURCE = "aiohttp_retry 2.9.1, retry_options.py"
_FILTERS = ("statuses", "exceptions", "methods")
_KEYWORDS = ("retry_all_server_errors", "evaluate_response_callback")
_EXPONENTIAL = Wait(start=Setting("start_timeout", 0.1), factor=Setting("factor", 2), cap=Setting("max_timeout", 30))


def _policy(name: str, wait: Wait, parameters: tuple[str, ...], keywords: tuple[str, ...] = ()) -> Policy:
    counts = "attempts" if "attempts" in parameters else None
    return Policy(
        f"aiohttp_retry.{name}",
        "aiohttp_retry",
        _SOURCE,
        parameters=parameters,
        keywords=(*keywords, *_KEYWORDS),
        waits=(wait,),
        attempts=counts,
        default=3 if counts is not None else None,
        transport=True,
    )


TABLE = Table(
    policies=(
        _policy("ExponentialRetry", _EXPONENTIAL, ("attempts", "start_timeout", "max_timeout", "factor", *_FILTERS)),
        _policy(
            "FibonacciRetry",
            Wait(start=Setting("multiplier", 1), factor=Setting(None, 1.6), cap=Setting("max_timeout", 3)),
            ("attempts", "multiplier", *_FILTERS, "max_timeout"),
        ),
        _policy(
            "JitterRetry",
            _EXPONENTIAL._replace(jitter=Setting("random_interval_size", 2)),
            ("attempts", "start_timeout", "max_timeout", "factor", *_FILTERS, "random_interval_size"),
        ),
        _policy("ListRetry", Wait(delays="timeouts"), ("timeouts", *_FILTERS)),
        _policy(
            "RandomRetry",
            Wait(start=Setting("min_timeout", 0.1), until=Setting("max_timeout", 3)),
            ("attempts", *_FILTERS, "min_timeout", "max_timeout"),
            ("random_func",),
        ),
    ),
    aliases={"aiohttp_retry.retry_options.": "aiohttp_retry."},
)
