"""What celery waits before it runs a task again (5.7.0, app/task.py and app/autoretry.py).

A decorator is a task's if it says `autoretry_for`, whatever the application is called; so these rows have no name that
a file could say.
"""

from __future__ import annotations

from connlint.knowledge.policies.model import Policy, Setting, Table, Wait

TASK = Policy(
    "celery.Task",
    "celery",
    "celery 5.7, Task: default_retry_delay is 180 s",
    waits=(Wait(start=Setting("default_retry_delay", 180)),),
    attempts="max_retries",
    first=1,
    default=3,
    filters="autoretry_for",
    open=True,
)
RETRY = Policy(
    "celery.Task.retry",
    "celery",
    "celery 5.7, Task.retry: default_retry_delay is 180 s",
    parameters=("args", "kwargs", "exc", "throw", "eta", "countdown", "max_retries"),
    waits=(Wait(start=Setting("countdown", 180)),),
    attempts="max_retries",
    first=1,
    default=3,
    open=True,
)
# With `retry_backoff`, a task that retries by itself waits by this; `retry_jitter` acts only then.
BACKOFF = Wait(start=Setting("retry_backoff", 1), factor=Setting(None, 2), cap=Setting("retry_backoff_max", 600))

TABLE = Table(policies=(TASK, RETRY))
