"""What a run is asked to do: the defaults, then `[tool.connlint]` of `pyproject.toml`, then the command line.

Each of the two is a `Layer`: what it leaves open is None or empty. The layer that comes later goes before the earlier
one, as in ruff: a `select` of the command line sets aside all that the file says of codes, an `ignore` or
`extend-select` changes what the file selects.
"""

from __future__ import annotations

import builtins
import math
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

from connlint import catalogue
from connlint.discovery import CACHE, DEFAULT_EXCLUDE, absolute, upwards
from connlint.engine import Selection
from connlint.options import (
    BACKOFF_STYLES,
    DEFAULTS,
    ESCAPING,
    Backoff,
    BackoffStyle,
    Escaping,
    Options,
    OwnOperation,
    Python2,
)
from connlint.patterns import Pattern, Patterns, fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Format = Literal["text", "json"]
FORMATS: tuple[str, ...] = get_args(Format)

_DEFAULT = Selection()
_NO_PATTERNS = Patterns()

Ignores = tuple[tuple[str, tuple[str, ...]], ...]


class SettingsError(ValueError):
    """A setting is wrong, or cannot be read. The text says which and what would be right, in one line."""


class Layer(NamedTuple):
    """What one source of settings says. Relative patterns in it begin at `base`."""

    base: str
    codes: Selection = _DEFAULT
    per_file_ignores: Ignores | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool | None = None
    fix: bool | None = None
    unsafe_fixes: bool | None = None
    output_format: Format | None = None
    cache_dir: str | None = None
    options: Options = DEFAULTS


class Settings(NamedTuple):
    """What a run is asked to do, all layers taken together."""

    selection: Selection = _DEFAULT
    per_file_ignores: tuple[tuple[Pattern, tuple[str, ...]], ...] = ()
    exclude: Patterns = _NO_PATTERNS
    respect_gitignore: bool = True
    fix: bool = False
    unsafe_fixes: bool = False
    output_format: Format = "text"
    cache_dir: str = CACHE
    options: Options = DEFAULTS

    def selection_for(self, path: str) -> Selection:
        """Return what is to be reported of the file at `path`: the same object for files of which the same is."""
        if not self.per_file_ignores:
            return self.selection
        whole = absolute(path)
        ignored = [code for pattern, codes in self.per_file_ignores if pattern.matches(whole) for code in codes]
        return _ignoring(self.selection, tuple(ignored)) if ignored else self.selection


@lru_cache(maxsize=256)
def _ignoring(selection: Selection, codes: tuple[str, ...]) -> Selection:
    return over(selection, Selection(ignore=codes))._replace(options=selection.options)


def settled(*layers: Layer) -> Settings:
    """Return what `layers` come to, each going before those that come earlier."""
    settings = Settings(exclude=Patterns.at("/", DEFAULT_EXCLUDE))
    if layers:
        # The cache is the project's, wherever in it a run begins
        settings = _with(settings, Layer(layers[0].base, cache_dir=CACHE))
    extensions: tuple[Pattern, ...] = ()
    for layer in layers:
        settings = _with(settings, layer)
        extensions += Patterns.at(layer.base, layer.extend_exclude).items
    return settings._replace(
        selection=settings.selection._replace(options=settings.options),
        exclude=Patterns(settings.exclude.items + extensions),
    )


def _with(settings: Settings, layer: Layer) -> Settings:
    changes: dict[str, Any] = {
        name: getattr(layer, name)
        for name in ("respect_gitignore", "fix", "unsafe_fixes", "output_format")
        if getattr(layer, name) is not None
    }
    if layer.cache_dir is not None:
        changes["cache_dir"] = os.path.join(layer.base, layer.cache_dir)  # noqa: PTH118
    if layer.options != DEFAULTS:
        changes["options"] = layer.options
    if layer.exclude is not None:
        changes["exclude"] = Patterns.at(layer.base, layer.exclude)
    if layer.per_file_ignores is not None:
        changes["per_file_ignores"] = tuple(
            (Pattern(text, layer.base), codes) for text, codes in layer.per_file_ignores
        )
    return settings._replace(selection=over(settings.selection, layer.codes), **changes)


def over(below: Selection, above: Selection) -> Selection:
    """Return `below` as `above`, which goes before it, changes it."""
    if above.select is not None:
        return above
    return Selection(
        None if below.select is None else _without(below.select, above.ignore),
        (*_without(below.extend_select, above.ignore), *above.extend_select),
        (*_without(below.ignore, above.extend_select), *above.ignore),
    )


def _without(codes: Iterable[str], prefixes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in codes if not code.startswith(prefixes))


def codes_of(words: Iterable[str], where: str) -> tuple[str, ...]:
    """Return the codes that `words` (codes, beginnings of codes, names, `ALL`) mean; `where` is for the message."""
    codes = []
    for word in words:
        code = catalogue.prefix_of(word)
        if code is None:
            raise SettingsError(f"{where}: there is no rule {word!r}{hint(catalogue.nearest(word))}")
        codes.append(code)
    return tuple(codes)


def hint(nearest: str | None) -> str:
    """Return the end of a message about something unknown: what is most like it."""
    return f"; did you mean {nearest}?" if nearest is not None else ""


def ignores_of(words: Iterable[str], where: str) -> Ignores:
    """Return what `PATTERN:CODE`, `PATTERN:CODE,CODE` and several of them mean, the words split at commas."""
    found: list[tuple[str, list[str]]] = []
    for word in words:
        pattern, colon, code = word.rpartition(":")
        if colon:
            found.append((_glob(pattern, where), [code]))
        elif found:
            found[-1][1].append(code)
        else:
            raise SettingsError(f"{where}: {word!r} is no PATTERN:CODE")
    return tuple((pattern, codes_of(codes, where)) for pattern, codes in found)


# The settings file


def file_layer(paths: Sequence[str]) -> Layer | None:
    """Return what the nearest `pyproject.toml` with settings says, at or above the directory that holds all `paths`."""
    for directory in _directories(paths):
        path = os.path.join(directory, "pyproject.toml")  # noqa: PTH118 - of every run
        try:
            data = _content(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
        # Whether there are settings in it can be seen without a parser, and a file of others may be as broken as it is.
        if b"connlint" in data:
            table = _table(path, data)
            if table is not None:
                return _layer(table, path, directory)
    return None


def layer_of(path: str) -> Layer:
    """Return what the settings file at `path` says. Raises `SettingsError` if it has no settings."""
    from pathlib import Path

    path = str(Path(path))
    try:
        table = _table(path, _content(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    if table is None:
        raise SettingsError(f"{path}: has no [tool.connlint]")
    return _layer(table, path, absolute(os.path.dirname(path)))  # noqa: PTH120


def _content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - of every run
        return file.read()


def _directories(paths: Sequence[str]) -> Iterable[str]:
    """Yield the directory that holds all `paths`, and those above it."""
    whole = [absolute(path) for path in paths]
    whole = [path if os.path.isdir(path) else os.path.dirname(path) for path in whole]  # noqa: PTH112, PTH120
    try:
        common = os.path.commonpath(whole)
    except ValueError:  # nothing in common: other drives, or no path at all
        common = os.getcwd()  # noqa: PTH109
    return upwards(common)


def _table(path: str, data: bytes) -> object | None:
    import tomllib

    try:
        document: dict[str, Any] = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be parsed: {error}") from error
    tool = document.get("tool")
    return tool.get("connlint") if isinstance(tool, dict) else None


def _layer(table: object, path: str, base: str) -> Layer:
    where = f"{path}: [tool.connlint]"
    if not isinstance(table, dict):
        raise SettingsError(f"{where} must be a table, not {_kind(table)}")
    values: dict[str, Any] = {}
    codes: dict[str, Any] = {}
    options: dict[str, Any] = {}
    backoff: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            raise SettingsError(f"{where} has no key {key!r}{hint(catalogue.similar(key, [*_READERS]))}")
        if key in _BACKOFF:
            backoff[_BACKOFF[key]] = reader(value, f"{where} {key}")
            continue
        target = codes if reader is _codes else options if key in _OPTIONS else values
        target[key.replace("-", "_")] = reader(value, f"{where} {key}")
    if backoff:
        options["backoff"] = _backoff(Backoff(**backoff), where)
    for code in codes.get("ignore", ()):
        if code in (*codes.get("select", ()), *codes.get("extend_select", ())):
            raise SettingsError(f"{where} both selects and ignores {code}")
    return Layer(base, _DEFAULT._replace(**codes), options=Options(**options), **values)


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SettingsError(f"{where} must be a list of strings, not {_kind(value)}")
    for item in value:
        if not isinstance(item, str):
            raise SettingsError(f"{where} must be a list of strings, but holds {_kind(item)}")
    return tuple(value)


def _codes(value: object, where: str) -> tuple[str, ...]:
    return codes_of(_strings(value, where), where)


def _ignores(value: object, where: str) -> Ignores:
    if not isinstance(value, dict):
        raise SettingsError(f"{where} must be a table of lists of strings, not {_kind(value)}")
    return tuple((_glob(pattern, where), _codes(codes, f"{where} {pattern!r}")) for pattern, codes in value.items())


def globs_of(words: Iterable[str], where: str) -> tuple[str, ...]:
    """Return `words`, which are patterns of paths; `where` is for the message about one that is wrong."""
    return tuple(_glob(word, where) for word in words)


def _globs(value: object, where: str) -> tuple[str, ...]:
    return globs_of(_strings(value, where), where)


def _glob(text: str, where: str) -> str:
    problem = fault(text)
    if problem is not None:
        raise SettingsError(f"{where}: the pattern {text!r} {problem}")
    return text


def _boolean(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{where} must be true or false, not {_kind(value)}")
    return value


_PHASES = ("connect", "accept", "send", "receive", "request")
_SCENARIOS = (
    *("refused", "reset", "closed", "cut", "aborted", "broken", "timeout", "unresolved", "unreachable", "handshake"),
    *("answered", "rubbish"),
)
# How the builtin classes come about, for those who name classes only
_SCENARIO_OF = {
    "BrokenPipeError": "broken",
    "ConnectionAbortedError": "aborted",
    "ConnectionRefusedError": "refused",
    "ConnectionResetError": "reset",
    "OSError": "unreachable",
    "TimeoutError": "timeout",
    "socket.gaierror": "unresolved",
    "ssl.SSLError": "handshake",
}
_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_KEYS = ["phase", "raises", "timeout", "awaited"]


def _operations(value: object, where: str) -> tuple[OwnOperation, ...]:
    return tuple(_operation(name, row, f"{where} {name!r}") for name, row in _entries(value, where))


def _operation(name: str, row: object, where: str) -> OwnOperation:
    if "." not in name:
        raise SettingsError(f"{where} must be a qualified name, such as 'package.module.{name}'")
    if not isinstance(row, dict):
        raise SettingsError(f"{where} must be a table with phase and raises, not {_kind(row)}")
    for key in row:
        if key not in _KEYS:
            raise SettingsError(f"{where} has no key {key!r}{hint(catalogue.similar(key, _KEYS))}")
    for key in ("phase", "raises"):
        if key not in row:
            raise SettingsError(f"{where} lacks {key!r}")
    phase = _one_of(row["phase"], _PHASES, f"{where} phase")
    timeout = row.get("timeout")
    if timeout is not None and not (isinstance(timeout, str) and timeout.isidentifier()):
        raise SettingsError(f"{where} timeout must be the name of a parameter, not {timeout!r}")
    awaited = _boolean(row.get("awaited", False), f"{where} awaited")
    return OwnOperation(name, phase, tuple(_raised(row["raises"], phase, f"{where} raises")), timeout, awaited)


def _raised(value: object, phase: str, where: str) -> Iterable[tuple[str, str]]:
    """Yield how an operation fails and with which class, from a list of classes or a table of how it fails."""
    if isinstance(value, dict):
        for kind, classes in value.items():
            _one_of(kind, _SCENARIOS, f"{where}: a way to fail")
            names = [classes] if isinstance(classes, str) else _strings(classes, f"{where} {kind}")
            for name in names:
                yield kind, _exception(name, where)
        return
    for name in _strings(value, where):
        other = "refused" if phase in {"connect", "request"} else "reset"
        yield _SCENARIO_OF.get(name, other), _exception(name, where)


def _exceptions(value: object, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (name, tuple(_exception(base, where) for base in _strings(bases, f"{where} {name!r}")))
        for name, bases in _entries(value, where)
    )


def _escaping(value: object, where: str) -> tuple[Escaping, ...]:
    words = dict.fromkeys(_one_of(word, ESCAPING, f"{where}: each") for word in _strings(value, where))
    return cast("tuple[Escaping, ...]", tuple(words))


def _python2(value: object, where: str) -> Python2:
    if not isinstance(value, bool) and value != "auto":
        raise SettingsError(f'{where} must be true, false or "auto", not {_shown(value)}')
    return value


def _backoff(backoff: Backoff, where: str) -> Backoff:
    """Return `backoff` if its parts go together."""
    if backoff.base > backoff.cap:
        raise SettingsError(f"{where} backoff-base must not be above backoff-cap ({backoff.cap:g} s)")
    if backoff.style == "helper" and backoff.helper is None and backoff.async_helper is None:
        raise SettingsError(f'{where} backoff = "helper" needs backoff-helper, the qualified name of the function')
    return backoff


def _directory(value: object, where: str) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise SettingsError(f"{where} must be the path of a directory, not {_shown(value)}")
    return os.path.expanduser(value)  # noqa: PTH111


def _style(value: object, where: str) -> BackoffStyle:
    return cast("BackoffStyle", _one_of(value, BACKOFF_STYLES, where))


def _seconds(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SettingsError(f"{where} must be a number of seconds, not {_kind(value)}")
    if not 0 < value < math.inf:
        raise SettingsError(f"{where} must be a number of seconds above 0, not {value:g}")
    return value


def _function(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{where} must be a qualified name, not {_kind(value)}")
    if "." not in _qualified(value, where):
        raise SettingsError(f"{where} must be a qualified name, such as 'package.module.{value}'")
    return value


def _functions(value: object, where: str) -> tuple[str, ...]:
    return tuple(_function(item, f"{where}: each") for item in _strings(value, where))


def _entries(value: object, where: str) -> Iterable[tuple[str, object]]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where} must be a table of qualified names, not {_kind(value)}")
    for name, item in value.items():
        if "." not in name and isinstance(item, dict) and not any(key in item for key in _KEYS):
            raise SettingsError(f"{where} {name!r}: a name with dots needs quotes")
    return [(_qualified(name, where), item) for name, item in value.items()]


def _qualified(name: str, where: str) -> str:
    if re.fullmatch(_NAME, name) is None:
        raise SettingsError(f"{where}: {name!r} is no qualified name")
    return name


def _exception(name: str, where: str) -> str:
    """Return the qualified name of an exception class: without a dot, that of a builtin."""
    if "." not in _qualified(name, where) and not _is_exception(getattr(builtins, name, None)):
        known = [each for each, value in vars(builtins).items() if _is_exception(value)]
        raise SettingsError(f"{where}: {name!r} is no builtin exception{hint(catalogue.similar(name, known))}")
    return name


def _is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _one_of(value: object, known: tuple[str, ...], where: str) -> str:
    if not isinstance(value, str) or value not in known:
        nearest = catalogue.similar(value, [*known]) if isinstance(value, str) else None
        raise SettingsError(f"{where} must be one of {', '.join(known)}, not {value!r}{hint(nearest)}")
    return value


def format_of(value: object, where: str = "--output-format") -> Format:
    return cast("Format", _one_of(value, FORMATS, where))


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else _kind(value)


def _kind(value: object) -> str:
    """Return what TOML calls `value`, with its article."""
    kinds = {bool: "a boolean", str: "a string", int: "an integer", float: "a float", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


# Those that bear on what is found
_OPTIONS = frozenset({"escaping", "exceptions", "operations", "python2", "sleep-functions"})
_BACKOFF = {
    "backoff": "style",
    "backoff-async-helper": "async_helper",
    "backoff-base": "base",
    "backoff-cap": "cap",
    "backoff-helper": "helper",
    "backoff-jitter": "jitter",
}
_READERS: Mapping[str, Callable[[object, str], object]] = {
    "cache-dir": _directory,
    "backoff": _style,
    "backoff-async-helper": _function,
    "backoff-base": _seconds,
    "backoff-cap": _seconds,
    "backoff-helper": _function,
    "backoff-jitter": _boolean,
    "escaping": _escaping,
    "exceptions": _exceptions,
    "exclude": _globs,
    "extend-exclude": _globs,
    "extend-select": _codes,
    "fix": _boolean,
    "ignore": _codes,
    "operations": _operations,
    "output-format": format_of,
    "per-file-ignores": _ignores,
    "python2": _python2,
    "respect-gitignore": _boolean,
    "select": _codes,
    "sleep-functions": _functions,
    "unsafe-fixes": _boolean,
}
