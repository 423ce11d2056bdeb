"""The command line: it reads arguments and settings, has the files checked, prints, and returns the exit status.

It feels like ruff's and flake8's. Findings go to standard output, what went wrong and what is said about the run as a
whole while something else is on standard output goes to standard error. 0 is clean, 1 findings, 2 that something could
not be done; an interrupt is 130.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from connlint import run, settings
from connlint.discovery import absolute, discover, reason
from connlint.engine import Selection
from connlint.reporters.progress import Progress
from connlint.reporters.style import Style, one_line
from connlint.reporters.summary import FAILED, Summary

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from connlint.rules.base import Rule
    from connlint.run import Outcome
    from connlint.settings import Settings

_INTERRUPTED = 130
_STDIN = "-"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (that of the process, if None) and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of files may hold what no encoding can say; that must not end a run.
            stream.reconfigure(errors="backslashreplace")
    if argv is None:
        _own_process()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say("Interrupted.")
        return _INTERRUPTED
    except settings.SettingsError as error:
        _say(f"connlint: error: {error}")
        return FAILED
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # who stopped reading knows it
            _say(f"connlint: error: {error}")
        _give_up_output()
        return FAILED
    return status


def _own_process() -> None:
    """Have cycles looked for in this process as rarely as its memory allows: trees hold none."""
    gc.set_threshold(200_000, 20, 20)
    # At the end there is nothing to find in what is there until then, and looking for it takes as long as a parse.
    atexit.register(gc.freeze)


def _dispatch(arguments: list[str]) -> int:
    commands = {"cache": _cache, "check": _check, "rule": _rule, "rules": _rules}
    if arguments and arguments[0] in commands:
        return commands[arguments[0]](arguments[1:])
    return _check(arguments)


def _give_up_output() -> None:
    """Drop what could not be written to standard output: Python would try again at exit, and fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(line: str) -> None:
    print(one_line(line), file=sys.stderr)


# Arguments

# What is asked for by switches, all unless it is said, and by which.
_SWITCHES: Mapping[str, tuple[str, bool]] = {
    "--diff": ("diff", True),
    "--exit-non-zero-on-fix": ("exit_non_zero_on_fix", True),
    "--exit-zero": ("exit_zero", True),
    "--fix": ("fix", True),
    "--force-exclude": ("force_exclude", True),
    "--ignore-noqa": ("ignore_noqa", True),
    "--isolated": ("isolated", True),
    "--no-cache": ("no_cache", True),
    "--no-fix": ("fix", False),
    "--no-respect-gitignore": ("respect_gitignore", False),
    "--no-unsafe-fixes": ("unsafe_fixes", False),
    "--remove-noqa": ("remove_noqa", True),
    "--respect-gitignore": ("respect_gitignore", True),
    "--statistics": ("statistics", True),
    "--unsafe-fixes": ("unsafe_fixes", True),
}
_OPEN = ("fix", "respect_gitignore", "unsafe_fixes")
_VALUES = (
    *("add_noqa", "cache_dir", "config", "exclude", "extend_exclude", "extend_select", "ignore", "jobs"),
    *("output_format", "per_file_ignores", "select", "stdin_filename"),
)


def simple(arguments: Sequence[str]) -> Namespace | None:
    """Return what `arguments` ask for if they are switches and paths and nothing else: most runs need no argparse."""
    found: dict[str, Any] = dict.fromkeys(_VALUES)
    found.update((name, None if name in _OPEN else False) for name, _ in _SWITCHES.values())
    paths: list[str] = []
    last = 0
    for place, argument in enumerate(arguments):
        if argument in _SWITCHES:
            name, value = _SWITCHES[argument]
            found[name] = value
        elif argument.startswith("-") or (paths and last != place - 1):
            return None
        else:
            paths.append(argument)
            last = place
    return cast("Namespace", SimpleNamespace(paths=paths, **found))


def _parsed(arguments: Sequence[str]) -> Namespace:
    found = simple(arguments)
    if found is not None:
        return found
    from connlint.arguments import parsed

    return parsed(arguments)


def _flat(lists: Iterable[Iterable[str]] | None) -> tuple[str, ...] | None:
    return None if lists is None else tuple(item for each in lists for item in each)


def _layer(parsed: Namespace) -> settings.Layer:
    """Return what the command line says of settings."""

    def codes(option: str) -> tuple[str, ...] | None:
        words = _flat(getattr(parsed, option.lstrip("-").replace("-", "_")))
        return None if words is None else settings.codes_of(words, option)

    ignores = _flat(parsed.per_file_ignores)
    return settings.Layer(
        base=absolute("."),
        codes=Selection(codes("--select"), codes("--extend-select") or (), codes("--ignore") or ()),
        per_file_ignores=None if ignores is None else settings.ignores_of(ignores, "--per-file-ignores"),
        exclude=None if parsed.exclude is None else settings.globs_of(_flat(parsed.exclude) or (), "--exclude"),
        extend_exclude=settings.globs_of(_flat(parsed.extend_exclude) or (), "--extend-exclude"),
        respect_gitignore=parsed.respect_gitignore,
        fix=parsed.fix,
        unsafe_fixes=parsed.unsafe_fixes,
        output_format=None if parsed.output_format is None else settings.format_of(parsed.output_format),
        cache_dir=_cache_dir(parsed),
    )


def _cache_dir(parsed: Namespace) -> str | None:
    """Return where the command line, or else the environment, wants the cache to be."""
    found: str | None = parsed.cache_dir or os.environ.get("CONNLINT_CACHE_DIR") or None
    return None if found is None else absolute(found)


def _settings(parsed: Namespace, paths: Sequence[str]) -> Settings:
    layer = _layer(parsed)
    if parsed.isolated:
        return settings.settled(layer)
    from_file = settings.layer_of(parsed.config) if parsed.config else settings.file_layer(paths)
    return settings.settled(layer) if from_file is None else settings.settled(from_file, layer)


# Checking


def _check(arguments: list[str]) -> int:
    parsed = _parsed(arguments)
    paths = parsed.paths or ["."]
    if _STDIN in paths or parsed.stdin_filename is not None:
        name = parsed.stdin_filename or _STDIN
        return _check_stdin(name, parsed, _settings(parsed, [parsed.stdin_filename or "."]))
    return _check_files(paths, parsed, _settings(parsed, paths))


def _task(path: str, shown: str, parsed: Namespace, config: Settings) -> run.Task:
    return run.Task(
        path,
        shown,
        config.selection_for(path),
        fix=config.fix or (parsed.diff and not _rewrites_comments(parsed)),
        unsafe=config.unsafe_fixes,
        noqa=not parsed.ignore_noqa,
        alone=config.output_format == "json",  # an editor applies one fix, not all
        remove_noqa=parsed.remove_noqa,
        add_noqa=parsed.add_noqa,
    )


def _rewrites_comments(parsed: Namespace) -> bool:
    """Say whether files are to be changed even without --fix."""
    return bool(parsed.remove_noqa) or parsed.add_noqa is not None


def _check_files(paths: Sequence[str], parsed: Namespace, config: Settings) -> int:
    found = discover(paths, config.exclude, gitignore=config.respect_gitignore, force_exclude=parsed.force_exclude)
    for path, problem in found.problems:
        _say(f"{_shown(path)}: {problem}")
    summary = Summary(config.fix or parsed.diff, config.unsafe_fixes)
    summary.could_not_check(len(found.problems))
    if not found.files and not found.problems:
        _say("connlint: warning: there are no Python files under these paths")
    tasks = [_task(path, _shown(path), parsed, config) for path in found.files]
    outcomes = []
    roots = [os.path.realpath(path) for path in paths]
    progress = Progress(len(tasks), sys.stderr)
    try:
        for outcome in run.run(tasks, parsed.jobs, None if parsed.no_cache else config.cache_dir, progress.tick):
            written = outcome if parsed.diff else run.write(outcome, roots)
            if written.checked.problems or written.dropped:
                progress.hide()
                _say_problems(written)
            summary.add(written)
            outcomes.append(written)
    finally:
        progress.end()
    if parsed.diff:
        return _print_diff(outcomes, summary, parsed)
    return _print_report(outcomes, summary, parsed, config, sys.stdout)


def _check_stdin(name: str, parsed: Namespace, config: Settings) -> int:
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        _say(f"{name}: {reason(error)}")
        return FAILED
    fixing = (config.fix or _rewrites_comments(parsed)) and not parsed.diff
    if parsed.force_exclude and config.exclude.match_above(absolute(name)):
        if fixing:
            _write_bytes(data)
        return 0
    outcome = run.process_data(_task(name, name, parsed, config), data)
    summary = Summary(config.fix or parsed.diff, config.unsafe_fixes)
    _say_problems(outcome)
    summary.add(outcome)
    if parsed.diff:
        return _print_diff([outcome], summary, parsed)
    if fixing:
        # Whoever takes this for the file's new content gets it whole, whatever became of the fixes.
        _write_bytes(outcome.after if outcome.changed else data)
    return _print_report([outcome], summary, parsed, config, sys.stderr if fixing else sys.stdout)


def _shown(path: str) -> str:
    """Return `path` as a report calls it: from the working directory on, if it is below it."""
    if not os.path.isabs(path) and os.path.normpath(path) == path and not path.startswith(os.pardir):  # noqa: PTH117
        return path
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive
        return path
    return path if relative.startswith(os.pardir) else relative


# Printing


def _say_problems(outcome: Outcome) -> None:
    for line in (*outcome.checked.problems, *outcome.dropped):
        _say(f"{outcome.task.shown}: {line}")


def _write_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _print_report(
    outcomes: Sequence[Outcome], summary: Summary, parsed: Namespace, config: Settings, stream: TextIO
) -> int:
    style = Style.of(stream, os.environ)
    as_json = config.output_format == "json"
    if as_json:
        from connlint.reporters import json

        print((json.statistics if parsed.statistics else json.findings)(outcomes), file=stream)
    elif parsed.statistics:
        from connlint.reporters import text

        for line in text.statistics(outcomes, style):
            print(line, file=stream)
    elif summary.found:
        from connlint.reporters import text

        for outcome in outcomes:
            for finding in text.findings(outcome, style):
                print(finding, file=stream)
    if not as_json or summary.applied:
        for line in summary.lines():
            print(line, file=sys.stderr if as_json else stream)
    return summary.status(exit_zero=parsed.exit_zero, exit_non_zero_on_fix=parsed.exit_non_zero_on_fix)


def _print_diff(outcomes: Sequence[Outcome], summary: Summary, parsed: Namespace) -> int:
    from connlint.reporters.diff import diff

    style = Style.of(sys.stdout, os.environ)
    for outcome in outcomes:
        _write_bytes(diff(outcome.task.shown, outcome.before, outcome.after, style))
    for line in summary.diff_lines():
        _say(line)
    return summary.diff_status(exit_zero=parsed.exit_zero)


# Explaining


def _rule(arguments: list[str]) -> int:
    from connlint.arguments import Parser

    parser = Parser("connlint rule", description="Explain a rule.", allow_abbrev=False)
    parser.add_argument("rules", nargs="+", metavar="RULE", help="a code (CNL201) or a name (retry-without-backoff)")
    codes = settings.codes_of(parser.parse(arguments).rules, "connlint rule")
    from connlint.reporters.rules import explanation

    style = Style.of(sys.stdout, os.environ)
    for rule in _all_rules():
        if rule.code.startswith(codes):
            print("\n".join(explanation(rule, style)))
    return 0


def _rules(arguments: list[str]) -> int:
    from connlint.arguments import Parser

    Parser("connlint rules", description="List all rules.", allow_abbrev=False).parse(arguments)
    from connlint.reporters.rules import listing

    for line in listing(_all_rules(), Style.of(sys.stdout, os.environ)):
        print(line)
    return 0


def _cache(arguments: list[str]) -> int:
    from connlint.arguments import CACHE_HELP, Parser

    parser = Parser("connlint cache", description="Manage what earlier runs found out.", allow_abbrev=False)
    parser.add_argument("action", choices=("clear", "dir"), help="clear: remove it; dir: say where it is")
    parser.add_argument("--cache-dir", metavar="DIR", help=CACHE_HELP)
    parser.add_argument("--config", metavar="FILE", help="read [tool.connlint] of this file")
    parsed = parser.parse(arguments)
    layer = settings.Layer(absolute("."), cache_dir=_cache_dir(parsed))
    from_file = settings.layer_of(parsed.config) if parsed.config else settings.file_layer(["."])
    directory = (settings.settled(layer) if from_file is None else settings.settled(from_file, layer)).cache_dir
    if parsed.action == "dir":
        print(directory)
        return 0
    from connlint.cache import clear

    try:
        print(one_line(f"Removed {directory}" if clear(directory) else f"There is no cache in {directory}"))
    except OSError as error:
        _say(f"{directory}: cannot be removed: {error.strerror}")
        return FAILED
    return 0


def _all_rules() -> Sequence[Rule]:
    from connlint.rules import all_rules

    return all_rules()
