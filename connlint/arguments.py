"""The options of the command line, as argparse reads them.

To build argparse's parser takes longer than most runs that find nothing, so switches and paths, which are all that most
runs are given, are read without it. A test holds the one against the other.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

import connlint
from connlint import catalogue, settings
from connlint.discovery import CACHE
from connlint.reporters.summary import FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

_STDIN = "-"
_ADD_NOQA = "--add-noqa"

_EPILOG = """\
other commands:
  connlint rules         list all rules
  connlint rule CNL201   explain a rule, by its code or its name
  connlint cache clear   remove what earlier runs found out

exit status: 0 nothing found, 1 findings (after --fix: that remain), 2 something could not be checked or is wrong
"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments, and what may have been meant."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: error: {message}\n")

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return `arguments` parsed; an option that does not exist ends the program."""
        parsed, unknown = self.parse_known_args(arguments)
        if unknown:
            known = [option for option in self._option_string_actions if option.startswith("--")]
            nearest = catalogue.similar(unknown[0].partition("=")[0], known)
            self.error(f"there is no option {unknown[0]}{settings.hint(nearest)}")
        return parsed


def _words(value: str) -> list[str]:
    return value.replace(",", " ").split()


def _patterns(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _job_count(value: str) -> int | None:
    if value == "auto":
        return None
    try:
        count = int(value)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is no number of processes")
    return count


CACHE_HELP = f"where that is kept (default: {CACHE} beside the settings, or here; CONNLINT_CACHE_DIR)"


def check_parser() -> Parser:
    parser = Parser(
        "connlint",
        usage="connlint [check] [options] [PATH ...]",
        description="Find, and repair with --fix, Python code that mishandles network connections that fail.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, directories (default: .), or - for stdin")
    parser.add_argument("--version", action="version", version=f"connlint {connlint.__version__}")

    fixing = parser.add_argument_group("fixing")
    switch = argparse.BooleanOptionalAction
    fixing.add_argument("--fix", action=switch, help="apply fixes, and report what remains")
    fixing.add_argument("--unsafe-fixes", action=switch, help="apply fixes too that change what the program does")
    fixing.add_argument(
        _ADD_NOQA, metavar="REASON", help="suppress what is found (and not fixed) by # noqa comments; =REASON says why"
    )
    fixing.add_argument(
        "--remove-noqa", action="store_true", help="take out the # noqa comments that suppress what is selected"
    )
    fixing.add_argument("--diff", action="store_true", help="show what --fix would write, and write nothing")

    rules = parser.add_argument_group("rules")
    rules.add_argument("--select", action="append", type=_words, metavar="CODES", help="report these only (ALL: all)")
    rules.add_argument("--extend-select", action="append", type=_words, metavar="CODES", help="report these too")
    rules.add_argument("--ignore", action="append", type=_words, metavar="CODES", help="do not report these")
    rules.add_argument(
        "--per-file-ignores", action="append", type=_words, metavar="PATTERN:CODES", help="do not report these there"
    )
    rules.add_argument("--ignore-noqa", action="store_true", help="report what # noqa comments suppress")

    files = parser.add_argument_group("files")
    files.add_argument("--exclude", action="append", type=_patterns, metavar="PATTERNS", help="leave these files out")
    files.add_argument(
        "--extend-exclude",
        action="append",
        type=_patterns,
        metavar="PATTERNS",
        help="leave these out besides the usual",
    )
    files.add_argument("--force-exclude", action="store_true", help="leave them out even if they are named as PATH")
    files.add_argument("--respect-gitignore", action=switch, help="leave out what git ignores (default)")
    files.add_argument("--stdin-filename", metavar="NAME", help="what standard input is called")

    output = parser.add_argument_group("output")
    output.add_argument("--output-format", metavar="FORMAT", help="text (default) or json")
    output.add_argument("--statistics", action="store_true", help="count the findings of each rule instead")
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    output.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 if anything was fixed")

    other = parser.add_argument_group("other")
    source = other.add_mutually_exclusive_group()
    source.add_argument("--config", metavar="FILE", help="read [tool.connlint] of this file")
    source.add_argument("--isolated", action="store_true", help="read no settings file")
    other.add_argument("--jobs", type=_job_count, metavar="N", help="at most so many processes")
    other.add_argument("--no-cache", action="store_true", help="neither use nor keep what earlier runs found out")
    other.add_argument("--cache-dir", metavar="DIR", help=CACHE_HELP)
    return parser


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what `arguments` ask the check for; what contradicts itself ends the program."""
    parser = check_parser()
    # The reason is optional, and what follows the option is a path
    found = parser.parse([f"{item}=" if item == _ADD_NOQA else item for item in arguments])
    if found.add_noqa is not None:
        if found.ignore_noqa:
            parser.error(f"{_ADD_NOQA} and --ignore-noqa contradict each other")
        if not found.add_noqa.isprintable():
            parser.error(f"the reason that {_ADD_NOQA} is to write must be one line of printable characters")
    if (_STDIN in found.paths or found.stdin_filename is not None) and found.paths not in ([], [_STDIN]):
        parser.error("standard input cannot be checked together with paths")
    return found
