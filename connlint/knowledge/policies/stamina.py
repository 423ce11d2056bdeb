"""What stamina waits (26.1.0, _core.py): a tenth of a second, doubled up to five, and up to a second at random."""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

_RETRY = Policy(
    "stamina.retry",
    "stamina",
    "stamina 26.1.0, _core.py",
    waits=(
        Wait(
            start=Setting("wait_initial", 0.1),
            factor=Setting("wait_exp_base", 2),
            jitter=Setting("wait_jitter", 1),
            cap=Setting("wait_max", 5),
        ),
    ),
    attempts="attempts",
    default=10,
    bounds=(Setting("timeout", 45),),
    filters="on",
)

TABLE = Table(
    policies=(
        _RETRY,
        _RETRY._replace(
            name="stamina.retry_context",
            parameters=("on", "attempts", "timeout", "wait_initial", "wait_max", "wait_jitter", "wait_exp_base"),
        ),
    ),
    aliases={"stamina._core.": "stamina."},
)
