"""What the backoff library waits (2.2.1). Its generators get their arguments from the decorator's call."""

from __future__ import annotations

from connlint.knowledge.policies.model import UNKNOWN, Policy, Setting, Table, Wait

TABLE = Table(
    policies=(
        Policy(
            "backoff.on_exception",
            "backoff",
            "backoff 2.2.1, _decorator.py",
            parameters=("wait_gen", "exception"),
            keywords=(
                "jitter",
                "giveup",
                "on_success",
                "on_backoff",
                "on_giveup",
                "raise_on_giveup",
                "logger",
                "backoff_log_level",
                "giveup_log_level",
                "interval",
                "base",
                "factor",
                "max_value",
                "value",
            ),
            strategy="wait_gen",
            waits=(UNKNOWN,),
            attempts="max_tries",
            bounds=(Setting("max_time"),),
            filters="exception",
            callbacks=("on_backoff",),
        ),
    ),
    strategies={
        "backoff.constant": Wait(start=Setting("interval", 1), delays="interval"),
        "backoff.expo": Wait(start=Setting("factor", 1), factor=Setting("base", 2), cap=Setting("max_value")),
        "backoff.fibo": Wait(start=Setting(None, 1), factor=Setting(None, 1.6), cap=Setting("max_value")),
        "backoff.runtime": UNKNOWN,
    },
    aliases={"backoff._decorator.": "backoff.", "backoff._wait_gen.": "backoff."},
)
