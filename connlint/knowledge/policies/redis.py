"""What redis-py waits (8.1.0, retry.py and backoff.py): before the retry n, `base * 2 ** n`."""

from __future__ import annotations

from connlint.knowledge.policies.model import UNKNOWN, Policy, Setting, Table, Wait

_EXPONENTIAL = Wait(("cap", "base"), start=Setting("base", 0.008), factor=Setting(None, 2), cap=Setting("cap", 0.512))
_RANDOM = _EXPONENTIAL._replace(full=True)

TABLE = Table(
    policies=(
        Policy(
            "redis.retry.Retry",
            "redis",
            "redis 8.1.0, retry.py",
            parameters=("backoff", "retries", "supported_errors"),
            strategy="backoff",
            waits=(UNKNOWN,),
            attempts="retries",
            first=1,
            transport=True,
        ),
    ),
    strategies={
        "redis.backoff.ConstantBackoff": Wait(("backoff",), start=Setting("backoff")),
        "redis.backoff.DecorrelatedJitterBackoff": _RANDOM,
        "redis.backoff.EqualJitterBackoff": _RANDOM,
        "redis.backoff.ExponentialBackoff": _EXPONENTIAL,
        "redis.backoff.ExponentialWithJitterBackoff": _RANDOM,
        "redis.backoff.FullJitterBackoff": _RANDOM,
        "redis.backoff.NoBackoff": Wait(),
    },
    aliases={"redis.asyncio.retry.Retry": "redis.retry.Retry", "redis.retry.AbstractRetry": "redis.retry.Retry"},
)
