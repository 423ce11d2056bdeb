"""What makes a program wait, and what surely does not.

`SLEEPS` wait for a time that they are given. `MAY_WAIT` are calls that can block, or hand control to code that can.
What the tables do not know is judged by its name in the last resort, and only in one direction: a name that speaks of
waiting is taken at its word, because one false alarm costs more than one miss.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from collections.abc import Mapping


class Sleep(NamedTuple):
    """A call that waits: where its seconds are given, by position and by keyword, and their unit in seconds."""

    position: int | None
    keyword: str
    always: bool = True
    """False if without that argument it does not wait for a time of its own, but for something to happen."""


SLEEPS: Mapping[str, Sleep] = {
    "anyio.fail_after": Sleep(0, "delay"),
    "anyio.move_on_after": Sleep(0, "delay"),
    "anyio.sleep": Sleep(0, "delay"),
    "asyncio.sleep": Sleep(0, "delay"),
    "asyncio.tasks.sleep": Sleep(0, "delay"),
    "asyncio.wait": Sleep(None, "timeout", always=False),
    "curio.sleep": Sleep(0, "seconds"),
    "eventlet.green.time.sleep": Sleep(0, "seconds"),
    "eventlet.greenthread.sleep": Sleep(0, "seconds"),
    "eventlet.sleep": Sleep(0, "seconds"),
    "gevent.sleep": Sleep(0, "seconds"),
    "gevent.hub.sleep": Sleep(0, "seconds"),
    "queue.Queue.get": Sleep(1, "timeout", always=False),
    "select.select": Sleep(3, "timeout", always=False),
    "threading.Condition.wait": Sleep(0, "timeout"),
    "threading.Event.wait": Sleep(0, "timeout"),
    "time.sleep": Sleep(0, "seconds"),
    "tornado.gen.sleep": Sleep(0, "duration"),
    "trio.move_on_after": Sleep(0, "seconds"),
    "trio.sleep": Sleep(0, "seconds"),
    "twisted.internet.task.deferLater": Sleep(1, "delay"),
}

# Those of them that only make a coroutine
AWAITED = frozenset("anyio.sleep asyncio.sleep asyncio.tasks.sleep asyncio.wait curio.sleep trio.sleep".split())

# Modules whose calls compute, and come back at once. What a library's table calls harmless raises no connection
# failure, which says nothing of how long it takes.
MAY_WAIT_MODULES = frozenset(
    """
    anyio asyncio concurrent curio eventlet gevent multiprocessing os.popen os.system os.wait os.waitpid pty queue
    sched select selectors signal socketserver subprocess threading trio twisted input
    """.split()
)

PROMPT_MODULES = frozenset(
    """
    abc argparse ast base64 binascii bisect calendar codecs collections contextlib contextvars copy csv ctypes
    dataclasses datetime decimal difflib email enum errno fnmatch fractions functools gc getpass glob hashlib heapq
    hmac html inspect io ipaddress itertools json keyword locale logging math mimetypes numbers operator os pathlib
    pickle platform pprint random re reprlib secrets shlex shutil statistics string struct sys sysconfig tempfile
    textwrap time token traceback types typing unicodedata urllib.parse uuid warnings weakref xml zlib structlog
    loguru six colorama termcolor click
    """.split()
)

# Calls that only prepare, among those that the modules above would let wait.
PROMPT = frozenset(
    """
    asyncio.Event asyncio.Lock asyncio.Queue asyncio.get_event_loop asyncio.get_running_loop asyncio.iscoroutine
    asyncio.iscoroutinefunction asyncio.current_task asyncio.new_event_loop asyncio.Future threading.Event
    threading.Lock threading.RLock threading.Condition threading.current_thread threading.get_ident threading.Thread
    queue.Queue subprocess.Popen multiprocessing.Event multiprocessing.Queue
    """.split()
)

# Methods that come back at once on whatever they are called: those that close, and those that count and report.
PROMPT_METHODS = frozenset(
    """
    abort add_done_callback as_posix cancel close copy_with delete_cookie detach discard done fileno getpeername
    getsockname incr increment inc is_alive is_set isoformat kill locked name prune quit record shutdown
    set set_exception set_result setblocking setdefault setsockopt settimeout terminate timing total_seconds unlink
    update_state wait_closed with_traceback is_connected is_closed closed connected is_running add_note
    expovariate gauss getrandbits randint random randrange triangular uniform
    disconnect aclose exc_info clear_cookies getcode getheader getheaders geturl json raise_for_status
    """.split()
)

# What ends the program, and never returns
EXITS = frozenset({"exit", "os._exit", "os.abort", "quit", "sys.exit"})

WAITS = TextPattern(
    r"""(?:^|_)(?:a?sleep|wait|waits|waiting|backoff|back_off|delay|delayed|pause|throttle|cool_?down|nap|defer|later
    |snooze|retry_after|rate_limit|ratelimit|sleeper)(?:$|_|\d)""",
    re.VERBOSE | re.IGNORECASE,
)
LOGS = TextPattern(
    r"""^_*(?:[a-z]*_?log(?:ger|ging|_\w+|[A-Z]\w*)?|debug|info|warn|warning|error|exception|critical|trace|fatal|
    d?print\w*|p?print\w*|s?echo|style_?print|verbose\w*|msg|perror|puts|report\w*|notice|notify\w*|print_exc|
    _?log_\w+|fail_?log|capture_exception|capture_message|fprint|print_\w+)$""",
    re.VERBOSE,
)
LOGGERS = TextPattern(
    r"(?:^|[._])(?:[a-z]*_?log(?:ger|s|ging|gers)?|l|stderr|stdout|sentry_sdk|statsd|metrics)$", re.IGNORECASE
)
# What ends a connection, asks a question or shows how far the work has come.
ENDS = TextPattern(
    r"^_*(?:close|disconnect|clean_?up|tear_?down|invalidate|discard|dispose|release|safe_close|force_close)"
    r"(?:_\w+)?$",
    re.IGNORECASE,
)
ASKS = TextPattern(
    r"^_*(?:is|has)_[a-z_]+$|^(?:\w*_)?progress(?:_\w+)?$|^_*(?:[np]|np)?gettext(?:_lazy)?$|^_(?:L[CEIW])?$"
)
# What is given how long to wait first, and what only waits: `wait_for_slot(5)` is neither.
_SECONDS_FIRST = TextPattern(r"^_*(?:a?sleep|[a-z]+_sleep|wait|pause|call_?later|sleep_[a-z]+)_*$", re.IGNORECASE)
_POLICIES = TextPattern(
    r"(?:^|[._])(?:back_?off|polic(?:y|ies)|strategy|schedule|next|current)(?:$|[._])", re.IGNORECASE
)
GIVES_UP = TextPattern(r"^_*(?:re)?raise(?:_\w+)?$", re.IGNORECASE)
_HUMPS = TextPattern(r"(?<=[a-z0-9])(?=[A-Z])")


def speaks_of_waiting(name: str) -> bool:
    """Say whether the plain name `name` of a function says that it waits."""
    return WAITS.search(_HUMPS.sub("_", name)) is not None


def is_given_seconds(name: str) -> bool:
    """Say whether a function of the plain name `name` is given first how long to wait."""
    return _SECONDS_FIRST.match(_HUMPS.sub("_", name)) is not None


def speaks_of_a_policy(path: str) -> bool:
    """Say whether the dotted name `path` is of an object that reckons delays, or of the one that is due next."""
    return _POLICIES.search(_HUMPS.sub("_", path)) is not None


def speaks_of_ending(name: str) -> bool:
    """Say whether the plain name `name` of a function says that it ends something, or only asks."""
    return ENDS.search(_HUMPS.sub("_", name)) is not None or ASKS.search(name) is not None


def speaks_of_raising(name: str) -> bool:
    """Say whether the plain name `name` of a function says that it raises."""
    return GIVES_UP.search(_HUMPS.sub("_", name)) is not None


def surely_raises(name: str) -> bool:
    """Say whether `name` says that it raises whatever happens: `raise_with_cause`, not `raise_for_status`."""
    words = set(_HUMPS.sub("_", name).lower().split("_"))
    return speaks_of_raising(name) and words.isdisjoint({"for", "if", "on", "when", "unless"})


def speaks_of_logging(name: str, receiver: str | None) -> bool:
    """Say whether a call of `name`, on `receiver` if it is a method, says that it only reports."""
    if receiver is not None and LOGGERS.search(receiver):
        return True
    return LOGS.match(name) is not None


# Names of what reads, writes or serves: a loop around it is no retry that anyone can see from outside.
READS = frozenset(
    """
    accept arecv areadline bind consume dequeue fetchone get_message getline iter listen next poll read readexactly
    readinto readline readlines readuntil receive recv recv_into recvfrom recvmsg select wait
    """.split()
)
SENDS = frozenset("drain flush put send sendall sendmsg sendto write writelines".split())
RUNS = frozenset(
    """
    dispatch eval exec handle input loop main mainloop process prompt run run_forever run_once runcode serve
    serve_forever start step tick work
    """.split()
)

# Calls that give another one each time: the next item, or a different peer.
ADVANCES = TextPattern(
    r"""^_*(?:a?next|pop\w*|dequeue|read\w*|recv\w*|receive\w*|fetch(?:one|many)|choice|choose|sample|pick|shuffle|
    rotate|cycle|switch|input|raw_input|random|randint|randrange|randbytes|token_hex|uuid[14]|advance)(?:_|$)
    |(?:^|_|^get)(?:next|another|other|alternate|alternative|random|rotate|switch|failover|fallback|cycle|fall_back)(?:_|$)""",
    re.VERBOSE | re.IGNORECASE,
)
COUNTS = TextPattern(
    r"attempt|retr(?:y|ie)|tries|try|count|cnt|fail|error|num|delay|wait|back_?off|total|stat|sleep|interval|timeout"
    r"|^i$|^n$|^_$|elapsed|time|reconnect",
    re.IGNORECASE,
)
