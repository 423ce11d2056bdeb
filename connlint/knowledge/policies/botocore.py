"""What botocore waits (1.44.5): all its modes draw the whole wait at random, and double it.

The mode `legacy` makes five attempts (retryhandler.py, data/_retry.json), `standard` and `adaptive` three, with at most
20 s in between (retries/standard.py). What the options are written in is a dictionary.
"""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

TABLE = Table(
    policies=(
        Policy(
            "botocore.config.Config.retries",
            "botocore",
            "botocore 1.44.5, retryhandler.py and retries/standard.py",
            keywords=("mode", "max_attempts"),
            waits=(Wait(start=Setting(None, 1), factor=Setting(None, 2), cap=Setting(None, 20), full=True),),
            attempts="total_max_attempts",
            default=3,
            transport=True,
        ),
    ),
    aliases={"botocore.client.Config": "botocore.config.Config", "boto3.session.Config": "botocore.config.Config"},
)
