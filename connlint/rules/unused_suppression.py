"""Comments that suppress nothing. They outlive what they were for, and then hide the next thing at that place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule
from connlint.source import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts


class UnusedSuppression(Rule):
    """
    ## What it does

    Reports a `# noqa` comment that names one of connlint's codes, where no such finding is to be suppressed.

    ## Why is this bad

    The finding is gone, because the code was repaired or moved, and the comment stays. It tells readers of a problem
    that is not there, and silently takes the next one that comes to this line.

    ## Example

    ```python
    def answer(url):
        return requests.get(url, timeout=5)  # noqa: CNL201
    ```

    ## Use instead

    ```python
    def answer(url):
        return requests.get(url, timeout=5)
    ```

    ## When this is fine

    Codes of other tools, and a `# noqa` without codes, are left alone: connlint cannot tell what they are for. It asks
    whether the rule that is named would speak here, whether it is selected in this run or not; so a comment for a rule
    that only some runs switch on is no finding. Under flake8 the rule is silent: there, flake8 suppresses.

    ## Fix safety

    Safe: only the comment changes. The other codes in it stay, and so do other comments on the line; a reason that
    follows the code goes with it.

    ## References

    - [flake8: selecting and ignoring violations](https://flake8.pycqa.org/en/latest/user/violations.html)
    """

    code = "CNL901"
    name = "unused-suppression"
    message = "{codes} is suppressed here, and is not found here: remove it from the comment"
    default = False
    fixable = "always"
    last = True

    bad = (
        Example(
            "repaired-since",
            """\
import socket


def dial(host):
    with socket.socket() as sock:
        sock.connect((host, 80))  # noqa: CNL302
""",
            """\
import socket


def dial(host):
    with socket.socket() as sock:
        sock.connect((host, 80))
""",
        ),
        Example(
            "among-codes-of-others",
            """\
def address():
    return ("a-host-with-a-long-name.example.com", 80)  # noqa: E501, CNL301, S104
""",
            """\
def address():
    return ("a-host-with-a-long-name.example.com", 80)  # noqa: E501, S104
""",
        ),
        Example(
            "code-that-does-not-exist",
            """\
import socket

sock = socket.socket()  # noqa: CNL999 - whatever it was
""",
            """\
import socket

sock = socket.socket()
""",
        ),
        Example(
            "one-of-two",
            """\
import socket


def dial(host):
    sock = socket.socket()
    sock.connect((host, 80))  # noqa: CNL302,CNL201
    return sock
""",
            """\
import socket


def dial(host):
    sock = socket.socket()
    sock.connect((host, 80))  # noqa: CNL302
    return sock
""",
        ),
        Example(
            "with-a-remark",
            """\
import time


def pause():
    time.sleep(1)  # noqa: CNL202  # long enough for the server
""",
            """\
import time


def pause():
    time.sleep(1)  # long enough for the server
""",
        ),
        Example(
            "line-of-its-own",
            """\
import socket


def dial(host):
    # noqa: CNL302
    sock = socket.socket()
    return sock
""",
            """\
import socket


def dial(host):
    sock = socket.socket()
    return sock
""",
        ),
    )
    silent = (
        Example(
            "used",
            """\
import socket


def dial(host):
    sock = socket.socket()
    sock.connect((host, 80))  # noqa: CNL302
    return sock
""",
        ),
        Example(
            "used-by-the-beginning-of-its-code",
            """\
import socket


def dial(host):
    sock = socket.socket()
    sock.connect((host, 80))  # noqa: CNL3
    return sock
""",
        ),
        Example("codes-of-others", "first = 1  # noqa: E501, W291\n"),
        Example("without-codes", "first = 1  # noqa\n"),
        Example("in-a-string", 'HELP = "write # noqa: CNL201 at the end of the line"\n'),
        Example("in-a-docstring", 'def mark():\n    """Mark a line.\n\n    # noqa: CNL201\n    """\n'),
        Example("the-whole-file", "# flake8: noqa\nfirst = 1  # noqa: CNL201\n"),
        Example("no-noqa", "first = 1  # CNL201 was here once\n"),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield a finding for each comment that names codes which suppress nothing."""
        for each in facts.idle_comments:
            codes = " and ".join(each.codes)
            rewrite = Rewrite({}, edits=(Edit(*each.edit),), dropped_comments=(each.comment.value,))
            yield Finding(
                each.comment,
                arguments={"codes": codes},
                why=tuple(_why(code, known=code in each.known) for code in each.codes),
                fix=Fix("safe", f"Remove {codes} from the comment", lambda rewrite=rewrite: rewrite),  # type: ignore[misc]
            )


def _why(code: str, *, known: bool) -> str:
    return f"{code} reports nothing on the rows that the comment is for" if known else f"there is no rule {code}"
