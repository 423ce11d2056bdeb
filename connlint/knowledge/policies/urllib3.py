"""What urllib3 waits (2.8.0, util/retry.py), and requests, which hands on to it (2.34.2, adapters.py).

Before the first retry it waits for nothing but the random part; then for the factor times 2, 4, 8, ...
"""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

TABLE = Table(
    policies=(
        Policy(
            "requests.adapters.HTTPAdapter",
            "requests",
            "requests 2.34.2, adapters.py: Retry.from_int",
            parameters=("pool_connections", "pool_maxsize", "max_retries", "pool_block"),
            attempts="max_retries",
            first=1,
            default=0,
            transport=True,
        ),
        Policy(
            "urllib3.Retry",
            "urllib3",
            "urllib3 2.8.0, util/retry.py",
            parameters=(
                "total",
                "connect",
                "read",
                "redirect",
                "status",
                "other",
                "allowed_methods",
                "status_forcelist",
            ),
            keywords=(
                "history",
                "method_whitelist",  # before urllib3 2
                "raise_on_redirect",
                "raise_on_status",
                "remove_headers_on_redirect",
                "respect_retry_after_header",
                "retry_after_max",
            ),
            waits=(
                Wait(
                    start=Setting("backoff_factor", 0),
                    factor=Setting(None, 2),
                    jitter=Setting("backoff_jitter", 0),
                    cap=Setting("backoff_max", 120),
                ),
            ),
            attempts="total",
            first=1,
            default=10,
            transport=True,
        ),
        Policy(
            "urllib3.Retry.from_int",
            "urllib3",
            "urllib3 2.8.0, util/retry.py",
            parameters=("retries", "redirect", "default"),
            attempts="retries",
            first=1,
            default=3,
            transport=True,
        ),
    ),
    aliases={
        "requests.adapters.Retry": "urllib3.Retry",
        "urllib3.util.Retry": "urllib3.Retry",
        "urllib3.util.retry.Retry": "urllib3.Retry",
    },
)
