"""What gRPC waits by the `retryPolicy` of a service configuration, which is written in JSON or as dictionaries.

https://github.com/grpc/proposal/blob/master/A6-client-retries.md: the wait is drawn from all up to the smaller of
`initialBackoff * backoffMultiplier ** (n - 1)` and `maxBackoff`; more than five attempts are not made.
"""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

TABLE = Table(
    policies=(
        Policy(
            "grpc.retryPolicy",
            "grpc",
            "gRPC proposal A6, client retries",
            keywords=("retryableStatusCodes",),
            waits=(
                Wait(
                    start=Setting("initialBackoff"),
                    factor=Setting("backoffMultiplier"),
                    cap=Setting("maxBackoff"),
                    full=True,
                ),
            ),
            attempts="maxAttempts",
            transport=True,
        ),
    )
)
