"""The retries that libraries make on a program's behalf, and what makes them wait.

One row per constructor or decorator: the argument that sets the wait and what comes without it, the argument that
bounds the attempts, the argument that says which failures are retried, and how a wait is written. The defaults were
read from the sources of the versions named; those of installed libraries are checked against the libraries themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from connlint import knowledge

if TYPE_CHECKING:
    from collections.abc import Mapping

Growth = Literal["none", "constant", "linear", "exponential", "unknown"]


class Policy(NamedTuple):
    """A constructor or decorator that makes a retry policy.

    `parameters` are its parameters in order, `keywords` those by keyword only. `waits` maps the arguments that make it
    wait to how such a wait grows, and a literal 0 for one of `zero` is no wait; `growth` is what it does without them.
    `attempts` is the argument that counts, and `first` is 1 if it counts the retries after the first attempt; `default`
    is what it counts without that argument, None for no end. `bounds` are other arguments that end the retrying.
    `filters` is the argument that names the exceptions retried, `results` those that retry on what is returned, and
    `callbacks` those that name code which runs between the attempts. `remedy` is what a fix adds. With `transport`, it
    belongs to a client library, and what it retries is a request.
    """

    name: str
    library: str
    source: str
    parameters: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    waits: Mapping[str, Growth] = {}
    zero: tuple[str, ...] = ()
    growth: Growth = "none"
    attempts: str | None = None
    first: int = 0
    default: int | None = None
    bounds: tuple[str, ...] = ()
    filters: str | None = None
    results: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    remedy: tuple[tuple[str, str], ...] = ()
    transport: bool = False


class Strategy(NamedTuple):
    """A wait as an object: how it grows, its parameters, and those of which a literal 0 means that it does not wait."""

    growth: Growth
    parameters: tuple[str, ...] = ()
    zero: tuple[str, ...] = ()


_TENACITY_WAIT = (("wait", "tenacity.wait_exponential_jitter(max=30)"),)
_TENACITY = Policy(
    "tenacity.retry",
    "tenacity",
    "tenacity 9.2.1, BaseRetrying.__init__",
    parameters=("sleep", "stop", "wait", "retry", "before", "after", "before_sleep", "reraise"),
    keywords=("retry_error_cls", "retry_error_callback", "name", "enabled"),
    waits={"wait": "unknown"},
    attempts="stop",
    filters="retry",
    callbacks=("sleep", "before", "after", "before_sleep"),
    remedy=_TENACITY_WAIT,
)

POLICIES: tuple[Policy, ...] = (
    Policy(
        "aiohttp_retry.ExponentialRetry",
        "aiohttp_retry",
        "aiohttp_retry 2.9.1, retry_options.py",
        parameters=("attempts", "start_timeout", "max_timeout", "factor", "statuses", "exceptions", "methods"),
        keywords=("retry_all_server_errors", "evaluate_response_callback"),
        waits={"start_timeout": "exponential"},
        zero=("start_timeout",),
        growth="exponential",
        attempts="attempts",
        default=3,
        remedy=(("start_timeout", "0.5"),),
        transport=True,
    ),
    Policy(
        "backoff.on_exception",
        "backoff",
        "backoff 2.2.1, _decorator.py",
        parameters=("wait_gen", "exception"),
        keywords=(
            "max_tries",
            "max_time",
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
        waits={"wait_gen": "unknown"},
        growth="unknown",
        attempts="max_tries",
        bounds=("max_time",),
        filters="exception",
        callbacks=("on_backoff",),
    ),
    Policy(
        "redis.retry.Retry",
        "redis",
        "redis 8.1.0, retry.py",
        parameters=("backoff", "retries", "supported_errors"),
        waits={"backoff": "unknown"},
        growth="unknown",
        attempts="retries",
        first=1,
        remedy=(("backoff", "redis.backoff.FullJitterBackoff(cap=10, base=0.5)"),),
        transport=True,
    ),
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
        "retry.retry",
        "retry",
        "retry 0.9.2, api.py",
        parameters=("exceptions", "tries", "delay", "max_delay", "backoff", "jitter", "logger"),
        waits={"delay": "constant", "jitter": "linear"},
        zero=("delay", "jitter"),
        attempts="tries",
        filters="exceptions",
        remedy=(("delay", "1"), ("max_delay", "30"), ("backoff", "2"), ("jitter", "(0, 1)")),
    ),
    Policy(
        "retry.retry_call",
        "retry",
        "retry 0.9.2, api.py",
        parameters=(
            "f",
            "fargs",
            "fkwargs",
            "exceptions",
            "tries",
            "delay",
            "max_delay",
            "backoff",
            "jitter",
            "logger",
        ),
        waits={"delay": "constant", "jitter": "linear"},
        zero=("delay", "jitter"),
        attempts="tries",
        filters="exceptions",
        remedy=(("delay", "1"), ("max_delay", "30"), ("backoff", "2"), ("jitter", "(0, 1)")),
    ),
    Policy(
        "retrying.retry",
        "retrying",
        "retrying 1.4.2, Retrying.__init__",
        parameters=(),
        keywords=("wrap_exception", "before_attempts", "after_attempts", "logger"),
        waits={
            "wait": "unknown",
            "wait_fixed": "constant",
            "wait_random_min": "constant",
            "wait_random_max": "constant",
            "wait_incrementing_start": "linear",
            "wait_incrementing_increment": "linear",
            "wait_incrementing_max": "linear",
            "wait_exponential_multiplier": "exponential",
            "wait_exponential_max": "exponential",
            "wait_jitter_max": "constant",
            "wait_func": "unknown",
        },
        zero=("wait_fixed",),
        attempts="stop_max_attempt_number",
        bounds=("stop_max_delay", "stop_func", "stop"),
        filters="retry_on_exception",
        results=("retry_on_result",),
        callbacks=("before_attempts", "after_attempts"),
        remedy=(
            ("wait_exponential_multiplier", "500"),
            ("wait_exponential_max", "30000"),
            ("wait_jitter_max", "1000"),
        ),
    ),
    _TENACITY,
    _TENACITY._replace(name="tenacity.Retrying"),
    _TENACITY._replace(name="tenacity.AsyncRetrying"),
    _TENACITY._replace(name="tenacity.tornadoweb.TornadoRetrying"),
    Policy(
        "urllib3.Retry",
        "urllib3",
        "urllib3 2.8.0, util/retry.py",
        parameters=("total", "connect", "read", "redirect", "status", "other", "allowed_methods", "status_forcelist"),
        keywords=(
            "backoff_factor",
            "backoff_jitter",
            "backoff_max",
            "history",
            "method_whitelist",  # before urllib3 2
            "raise_on_redirect",
            "raise_on_status",
            "remove_headers_on_redirect",
            "respect_retry_after_header",
            "retry_after_max",
        ),
        waits={"backoff_factor": "exponential", "backoff_jitter": "constant"},
        zero=("backoff_factor", "backoff_jitter"),
        attempts="total",
        first=1,
        default=10,
        remedy=(("backoff_factor", "0.5"),),
        transport=True,
    ),
)

# A decorator is a task's if it says `autoretry_for`, whatever the application is called.
CELERY_TASK = Policy(
    "celery.Task",
    "celery",
    "celery 5.6, Task: default_retry_delay is 180 s",
    growth="constant",
    attempts="max_retries",
    first=1,
    default=3,
    filters="autoretry_for",
    remedy=(("retry_backoff", "True"),),
)
CELERY_RETRY = Policy(
    "celery.Task.retry",
    "celery",
    "celery 5.6, Task.retry: default_retry_delay is 180 s",
    waits={"countdown": "unknown"},
    zero=("countdown",),
    growth="constant",
    attempts="max_retries",
    first=1,
    default=3,
)

_ROWS: Mapping[str, Policy] = {row.name: row for row in POLICIES}

# Other names of the same; a name that ends in a dot stands for all that begins with it.
ALIASES: Mapping[str, str] = {
    "aiohttp_retry.retry_options.": "aiohttp_retry.",
    "backoff._decorator.": "backoff.",
    "redis.asyncio.retry.Retry": "redis.retry.Retry",
    "redis.retry.AbstractRetry": "redis.retry.Retry",
    "requests.adapters.Retry": "urllib3.Retry",
    "retry.api.": "retry.",
    "tenacity._asyncio.": "tenacity.",
    "tenacity.asyncio.retry.": "tenacity.",
    "tenacity.asyncio.": "tenacity.",
    "tenacity.retry.": "tenacity.",
    "tenacity.stop.": "tenacity.",
    "tenacity.wait.": "tenacity.",
    "urllib3.util.Retry": "urllib3.Retry",
    "urllib3.util.retry.Retry": "urllib3.Retry",
}

STRATEGIES: Mapping[str, Strategy] = {
    "backoff.constant": Strategy("constant", (), ("interval",)),
    "backoff.expo": Strategy("exponential"),
    "backoff.fibo": Strategy("exponential"),
    "backoff.runtime": Strategy("unknown"),
    "redis.backoff.ConstantBackoff": Strategy("constant", ("backoff",), ("backoff",)),
    "redis.backoff.DecorrelatedJitterBackoff": Strategy("exponential", ("cap", "base"), ("cap",)),
    "redis.backoff.EqualJitterBackoff": Strategy("exponential", ("cap", "base"), ("cap",)),
    "redis.backoff.ExponentialBackoff": Strategy("exponential", ("cap", "base"), ("cap", "base")),
    "redis.backoff.ExponentialWithJitterBackoff": Strategy("exponential", ("cap", "base"), ("cap",)),
    "redis.backoff.FullJitterBackoff": Strategy("exponential", ("cap", "base"), ("cap", "base")),
    "redis.backoff.NoBackoff": Strategy("none"),
    "tenacity.wait_chain": Strategy("unknown"),
    "tenacity.wait_combine": Strategy("unknown"),
    "tenacity.wait_exception": Strategy("unknown"),
    "tenacity.wait_exponential": Strategy("exponential", ("multiplier", "max", "exp_base", "min"), ("max",)),
    "tenacity.wait_exponential_jitter": Strategy("exponential", ("initial", "max", "exp_base", "jitter"), ("max",)),
    "tenacity.wait_fixed": Strategy("constant", ("wait",), ("wait",)),
    "tenacity.wait_full_jitter": Strategy("exponential", ("multiplier", "max"), ("max",)),
    "tenacity.wait_incrementing": Strategy("linear", ("start", "increment", "max"), ("max",)),
    "tenacity.wait_none": Strategy("none"),
    "tenacity.wait_random": Strategy("constant", ("min", "max"), ("max",)),
    "tenacity.wait_random_exponential": Strategy("exponential", ("multiplier", "max"), ("max",)),
}

# Callbacks of the libraries themselves that only write a line.
PROMPT_CALLBACKS = frozenset(
    {
        "tenacity.after.after_log",
        "tenacity.after.after_nothing",
        "tenacity.after_log",
        "tenacity.after_nothing",
        "tenacity.before.before_log",
        "tenacity.before.before_nothing",
        "tenacity.before_log",
        "tenacity.before_nothing",
        "tenacity.before_sleep.before_sleep_log",
        "tenacity.before_sleep.before_sleep_nothing",
        "tenacity.before_sleep_log",
        "tenacity.before_sleep_nothing",
    }
)

# Packages that are imported to reach a peer: where nothing more can be told, they say what a function is about.
CLIENTS = frozenset(
    """
    aioftp aiohttp amqp amqplib asyncpg asyncssh boto3 botocore elasticsearch ftplib grpc http.client httplib httpx
    imaplib kafka kombu ldap3 motor paho paramiko pika poplib psycopg pycurl pymongo redis requests smtplib
    telnetlib urllib.request urllib2 urllib3 websocket websockets xmlrpc.client zeep
    """.split()
)

# What is retried on its account alone says nothing of connections: everything, and what files and timers raise too.
GENERAL = frozenset({"BaseException", "Exception", "OSError", "TimeoutError"})


def canonical(name: str) -> str:
    """Return the name that the tables use for `name`."""
    name = knowledge.canonical(name)
    if name in ALIASES:
        return ALIASES[name]
    for alias, real in ALIASES.items():
        if alias.endswith(".") and name.startswith(alias):
            return real + name.removeprefix(alias)
    return name


def policy(name: str | None) -> Policy | None:
    """Return the row of the constructor or decorator `name`, or None if it makes no retry that the tables know."""
    return _ROWS.get(canonical(name)) if name is not None else None


def strategy(name: str | None) -> Strategy | None:
    """Return what the wait `name` is, or None if the tables do not know it."""
    return STRATEGIES.get(canonical(name)) if name is not None else None
