"""What httpx and httpcore wait before they connect again (httpcore 1.0.9, _sync/connection.py): 0, 0.5, 1, 2, 4, ... s.

Only what fails to connect is tried again; there is no argument for the wait, and nothing random in it.
"""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

_SOURCE = "httpcore 1.0.9, exponential_backoff(factor=0.5)"
_WAIT = Wait(start=Setting(None, 0.5), factor=Setting(None, 2))


def _policy(name: str) -> Policy:
    return Policy(
        name,
        name.partition(".")[0],
        _SOURCE,
        waits=(_WAIT,),
        attempts="retries",
        first=1,
        default=0,
        transport=True,
        open=True,
    )


TABLE = Table(
    policies=tuple(
        _policy(name)
        for name in (
            "httpcore.AsyncConnectionPool",
            "httpcore.AsyncHTTPConnection",
            "httpcore.ConnectionPool",
            "httpcore.HTTPConnection",
            "httpx.AsyncHTTPTransport",
            "httpx.HTTPTransport",
        )
    ),
    aliases={"httpx._transports.default.": "httpx."},
)
