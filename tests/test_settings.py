"""Settings: what each source says, which goes before which, and what is said of a setting that is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from connlint.catalogue import entries
from connlint.engine import Selection
from connlint.options import Backoff, OwnOperation
from connlint.rules import all_rules
from connlint.settings import (
    Layer,
    Settings,
    SettingsError,
    codes_of,
    file_layer,
    ignores_of,
    layer_of,
    over,
    settled,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_catalogue_agrees_with_the_rules() -> None:
    assert entries() == tuple((rule.code, rule.name) for rule in all_rules())


# Codes


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        pytest.param(["CNL302"], ("CNL302",), id="code"),
        pytest.param(["CNL3"], ("CNL3",), id="beginning"),
        pytest.param(["CNL"], ("CNL",), id="all-by-prefix"),
        pytest.param(["ALL"], ("CNL",), id="all"),
        pytest.param(["socket-leak-on-failed-connect", "CNL3"], ("CNL302", "CNL3"), id="name"),
        pytest.param([], (), id="none"),
    ],
)
def test_words_for_codes(words: list[str], codes: tuple[str, ...]) -> None:
    assert codes_of(words, "here") == codes


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        pytest.param("CNL30X", "CNL30", id="code"),
        pytest.param("cnl302", "CNL302", id="lower-case"),
        pytest.param("socket-leak-on-failed-conect", "socket-leak-on-failed-connect", id="name"),
        pytest.param("all", "ALL", id="all"),
    ],
)
def test_unknown_word_is_answered_with_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(SettingsError, match=rf"^here: there is no rule '{word}'; did you mean {nearest}"):
        codes_of([word], "here")


def test_word_like_nothing_gets_no_suggestion() -> None:
    with pytest.raises(SettingsError, match=r"^here: there is no rule 'E501'$"):
        codes_of(["E501"], "here")


ON, OFF = ("CNL302", True), ("CNL303", False)


@pytest.mark.parametrize(
    ("below", "above", "on", "off"),
    [
        pytest.param({}, {}, True, False, id="defaults"),
        pytest.param({"ignore": ("CNL302",)}, {}, False, False, id="file-ignores"),
        pytest.param({"ignore": ("CNL302",)}, {"select": ("CNL3",)}, True, True, id="select-sets-the-file-aside"),
        pytest.param({"ignore": ("CNL302",)}, {"extend_select": ("CNL3",)}, True, True, id="extend-takes-ignore-back"),
        pytest.param({"select": ("CNL302",)}, {"ignore": ("CNL3",)}, False, False, id="ignore-takes-select-back"),
        pytest.param({"select": ("CNL3",)}, {"ignore": ("CNL302",)}, False, True, id="ignore-one-of-selected"),
        pytest.param({"extend_select": ("CNL303",)}, {"ignore": ("CNL302",)}, False, True, id="ignore-keeps-others"),
        pytest.param({}, {"select": ("CNL302",), "ignore": ("CNL302",)}, False, False, id="same-length-is-ignored"),
        pytest.param({}, {"extend_select": ("CNL303",), "ignore": ("CNL3",)}, False, True, id="longest-decides"),
    ],
)
def test_layers_of_codes(below: dict[str, Any], above: dict[str, Any], on: bool, off: bool) -> None:
    selection = over(Selection(**below), Selection(**above))
    assert (selection.has(*ON), selection.has(*OFF)) == (on, off)


@pytest.mark.parametrize(
    ("words", "ignores"),
    [
        pytest.param(["tests/*:CNL3"], (("tests/*", ("CNL3",)),), id="one"),
        pytest.param(["a.py:CNL3", "a.py:CNL302"], (("a.py", ("CNL3",)), ("a.py", ("CNL302",))), id="as-ruff-says-it"),
        pytest.param(
            ["a.py:CNL3", "CNL302", "b.py:ALL"],
            (("a.py", ("CNL3", "CNL302")), ("b.py", ("CNL",))),
            id="as-flake8-says-it",
        ),
    ],
)
def test_words_for_per_file_ignores(words: list[str], ignores: object) -> None:
    assert ignores_of(words, "here") == ignores


def test_per_file_ignores_need_a_pattern() -> None:
    with pytest.raises(SettingsError, match="'CNL302' is no PATTERN:CODE"):
        ignores_of(["CNL302"], "here")


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        pytest.param("tests/*", "src/tests.py", False, id="elsewhere"),
        pytest.param("tests/*", "other/tests/a.py", False, id="begins-at-the-base"),
        pytest.param("!tests/*", "tests/a.py", False, id="inverted-and-there"),
        pytest.param("tests/*", "tests/a.py", True, id="directory"),
        pytest.param("tests/*", "tests/deep/a.py", True, id="star-crosses-separators"),
        pytest.param("tests/**/a.py", "tests/a.py", True, id="stars-for-nothing"),
        pytest.param("tests/**/a.py", "tests/b/c/a.py", True, id="stars-for-much"),
        pytest.param("test_*.py", "deep/test_a.py", True, id="last-part"),
        pytest.param("!tests/*", "src/a.py", True, id="inverted-and-elsewhere"),
    ],
)
def test_per_file_ignores(tmp_path: Path, pattern: str, path: str, ignored: bool) -> None:
    base = tmp_path / "a[1]"
    settings = settled(Layer(str(base), Selection(extend_select=("CNL302",)), per_file_ignores=((pattern, ("CNL3",)),)))
    assert settings.selection_for(str(base / path)).has(*ON) is not ignored
    assert settings.selection_for(str(base / path)).has("CNL201", True)


# Layers


def test_later_layer_goes_before_earlier() -> None:
    file = Layer("/project", fix=True, unsafe_fixes=True, exclude=("a",), extend_exclude=("b",), output_format="json")
    line = Layer("/work", fix=False, exclude=("c",), extend_exclude=("d",))
    settings = settled(file, line)
    assert (settings.fix, settings.unsafe_fixes, settings.output_format) == (False, True, "json")
    meant = ["/work/c", "/project/b", "/work/d"]
    assert [path for path in ("/project/a", "/x/.git", *meant) if settings.exclude.match(path)] == meant


def test_nothing_said_is_the_defaults() -> None:
    assert settled() == settled(Layer(""))
    assert settled().exclude.match("/home/user/project/.venv")
    assert Settings().selection == Selection()


# The file

GOOD = """\
[tool.connlint]
select = ["CNL3"]
extend-select = ["broad-connection-handler"]
ignore = ["CNL302"]
exclude = ["vendor"]
extend-exclude = ["*_pb2.py"]
respect-gitignore = false
fix = true
unsafe-fixes = false
output-format = "json"

[tool.connlint.per-file-ignores]
"tests/*" = ["ALL"]
"""


def test_file_says_all_there_is_to_say(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(GOOD)
    assert file_layer([str(tmp_path)]) == Layer(
        str(tmp_path),
        Selection(("CNL3",), ("CNL102",), ("CNL302",)),
        (("tests/*", ("CNL",)),),
        ("vendor",),
        ("*_pb2.py",),
        respect_gitignore=False,
        fix=True,
        unsafe_fixes=False,
        output_format="json",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param("", "", id="empty-table"),
        pytest.param('select = "CNL302"', "select must be a list of strings, not a string", id="string-for-list"),
        pytest.param("select = [1]", "select must be a list of strings, but holds an integer", id="integer-in-list"),
        pytest.param("select = {a = 1}", "select must be a list of strings, not a table", id="table-for-list"),
        pytest.param(
            "python2 = 'never'", "python2 must be true, false or \"auto\", not 'never'", id="word-for-python2"
        ),
        pytest.param("python2 = 3", 'python2 must be true, false or "auto", not an integer', id="number-for-python2"),
        pytest.param(
            'escaping = ["refuse"]',
            "escaping: each must be one of refused, timeout, unresolved, not 'refuse'; did you mean refused?",
            id="unknown-failure",
        ),
        pytest.param('escaping = "timeout"', "escaping must be a list of strings, not a string", id="one-failure"),
        pytest.param("fix = 1", "fix must be true or false, not an integer", id="integer-for-boolean"),
        pytest.param("fix = 1979-05-27", "fix must be true or false, not a date or time", id="date-for-boolean"),
        pytest.param('selct = ["CNL302"]', "has no key 'selct'; did you mean select?", id="unknown-key"),
        pytest.param("unsafe_fixes = true", "has no key 'unsafe_fixes'; did you mean unsafe-fixes?", id="underscore"),
        pytest.param("x = 1", "has no key 'x'", id="key-like-nothing"),
        pytest.param('ignore = ["cnl302"]', "ignore: there is no rule 'cnl302'; did you mean CNL302?", id="code"),
        pytest.param(
            'output-format = "jsn"',
            "output-format must be one of text, json, not 'jsn'; did you mean json?",
            id="format",
        ),
        pytest.param("output-format = 1", "output-format must be one of text, json, not 1", id="format-no-string"),
        pytest.param("output-format = []", "output-format must be one of text, json, not []", id="format-list"),
        pytest.param(
            "per-file-ignores = []", "per-file-ignores must be a table of lists of strings, not a list", id="ignores"
        ),
        pytest.param(
            'per-file-ignores = {"a.py" = ["CNX1"]}',
            "per-file-ignores 'a.py': there is no rule 'CNX1'",
            id="code-in-ignores",
        ),
    ],
)
def test_wrong_setting_is_said_in_one_line(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.connlint]\n{body}\n")
    if not said:
        assert file_layer([str(tmp_path)]) == Layer(str(tmp_path))
        return
    with pytest.raises(SettingsError) as caught:
        file_layer([str(tmp_path)])
    assert str(caught.value).startswith(f"{path}: [tool.connlint] {said}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[tool.other]\nconnlint = 1\n", id="named-elsewhere"),
        pytest.param("# connlint\n", id="named-in-a-comment"),
        pytest.param("this is no TOML\n", id="broken-and-not-ours"),
        pytest.param("tool = 1 # connlint\n", id="tool-is-no-table"),
    ],
)
def test_file_without_settings_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.connlint]\nfix = true\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text(text)
    found = file_layer([str(below)])
    assert found is not None
    assert (found.base, found.fix) == (str(tmp_path), True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("tool.connlint = 1", "[tool.connlint] must be a table, not an integer", id="no-table"),
        pytest.param("[tool.connlint", "cannot be parsed: ", id="broken"),
    ],
)
def test_broken_file_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        file_layer([str(tmp_path)])
    assert str(caught.value).startswith(f"{path}: {said}")


def test_nearest_file_of_all_paths_is_read(tmp_path: Path) -> None:
    for name in ("", "one", "two"):
        directory = tmp_path / name
        directory.mkdir(exist_ok=True)
        (directory / "pyproject.toml").write_text("[tool.connlint]\n")
        (directory / "a.py").touch()

    def base(*paths: str) -> str | None:
        found = file_layer([str(tmp_path / path) for path in paths])
        return found.base if found is not None else None

    assert base("one/a.py") == str(tmp_path / "one")
    assert base("one", "one/a.py") == str(tmp_path / "one")
    assert base("one/not/there.py") == str(tmp_path / "one")
    assert base("one/a.py", "two") == str(tmp_path)


def test_named_file_must_have_settings(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    with pytest.raises(SettingsError, match=r"other\.toml: cannot be read: No such file"):
        layer_of(str(path))
    path.write_text("[tool.ruff]\n")
    with pytest.raises(SettingsError, match=r"other.toml: has no \[tool.connlint\]"):
        layer_of(str(path))
    path.write_text("[tool.connlint]\nfix = true\n")
    assert layer_of(str(path)) == Layer(str(tmp_path), fix=True)


def test_failures_of_a_connect_that_are_to_be_taken(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.connlint]\nescaping = ["timeout", "refused", "timeout"]\n')
    layer = file_layer([str(tmp_path)])
    assert layer is not None
    assert layer.options.escaping == ("timeout", "refused")
    assert Layer("/").options.escaping == ("refused",)


# What repairs write, and what waits


@pytest.mark.parametrize(
    ("body", "backoff"),
    [
        pytest.param("", Backoff(), id="nothing"),
        pytest.param("backoff-base = 0.5", Backoff(base=0.5), id="base"),
        pytest.param("backoff-cap = 300", Backoff(cap=300), id="cap"),
        pytest.param("backoff-base = 30", Backoff(base=30), id="base-at-the-cap"),
        pytest.param("backoff-jitter = false", Backoff(jitter=False), id="no-jitter"),
        pytest.param('backoff = "stdlib"', Backoff(), id="stdlib"),
        pytest.param('backoff = "tenacity"\nbackoff-base = 2', Backoff("tenacity", 2), id="tenacity"),
        pytest.param('backoff = "stamina"', Backoff("stamina"), id="stamina"),
        pytest.param('backoff-helper = "acme.net.wait"', Backoff(helper="acme.net.wait"), id="helper-not-used"),
        pytest.param(
            'backoff = "helper"\nbackoff-helper = "acme.wait"', Backoff("helper", helper="acme.wait"), id="helper"
        ),
        pytest.param(
            'backoff = "helper"\nbackoff-async-helper = "acme.wait"',
            Backoff("helper", async_helper="acme.wait"),
            id="async-helper-alone",
        ),
        pytest.param(
            'backoff-async-helper = "acme.pause"\nbackoff-helper = "acme.wait"\nbackoff = "helper"',
            Backoff("helper", helper="acme.wait", async_helper="acme.pause"),
            id="both-helpers",
        ),
    ],
)
def test_backoff(tmp_path: Path, body: str, backoff: Backoff) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.connlint]\n{body}\n")
    layer = file_layer([str(tmp_path)])
    assert layer is not None
    assert layer.options.backoff == backoff
    assert settled(layer, Layer("/")).selection_for("x.py").options.backoff == backoff


def test_sleep_functions(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.connlint]\nsleep-functions = ["acme.net.wait", "acme.Clock.pass_"]\n'
    )
    layer = file_layer([str(tmp_path)])
    assert layer is not None
    assert layer.options.sleep_functions == ("acme.net.wait", "acme.Clock.pass_")
    assert Layer("/").options.sleep_functions == ()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            'backoff = "tenacty"',
            "backoff must be one of stdlib, tenacity, stamina, helper, not 'tenacty'; did you mean",
        ),
        ("backoff = true", "backoff must be one of stdlib, tenacity, stamina, helper, not True"),
        ("backoff = {style = 'stdlib'}", "backoff must be one of"),
        ('backoff-base = "1s"', "backoff-base must be a number of seconds, not a string"),
        ("backoff-base = true", "backoff-base must be a number of seconds, not a boolean"),
        ("backoff-base = 0", "backoff-base must be a number of seconds above 0, not 0"),
        ("backoff-base = -0.5", "backoff-base must be a number of seconds above 0, not -0.5"),
        ("backoff-cap = nan", "backoff-cap must be a number of seconds above 0, not nan"),
        ("backoff-cap = inf", "backoff-cap must be a number of seconds above 0, not inf"),
        ("backoff-cap = 0.5", "backoff-base must not be above backoff-cap (0.5 s)"),
        ("backoff-base = 31", "backoff-base must not be above backoff-cap (30 s)"),
        ("backoff-jitter = 0.3", "backoff-jitter must be true or false, not a float"),
        ('backoff-jitter = "full"', "backoff-jitter must be true or false, not a string"),
        ('backoff = "helper"', 'backoff = "helper" needs backoff-helper, the qualified name of the function'),
        ('backoff-helper = "wait"', "backoff-helper must be a qualified name, such as 'package.module.wait'"),
        ('backoff-helper = "acme.wait()"', "backoff-helper: 'acme.wait()' is no qualified name"),
        ("backoff-helper = false", "backoff-helper must be a qualified name, not a boolean"),
        ('backoff-async-helper = ["a.b"]', "backoff-async-helper must be a qualified name, not a list"),
        ('backoff-help = "a.b"', "has no key 'backoff-help'; did you mean backoff-helper?"),
        ('sleep-functions = "a.b"', "sleep-functions must be a list of strings, not a string"),
        (
            'sleep-functions = ["pause"]',
            "sleep-functions: each must be a qualified name, such as 'package.module.pause'",
        ),
        ('sleep-functions = ["a b.c"]', "sleep-functions: each: 'a b.c' is no qualified name"),
        ("sleep-functions = [1]", "sleep-functions must be a list of strings, but holds an integer"),
    ],
)
def test_backoff_that_is_wrong(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.connlint]\n{body}\n")
    with pytest.raises(SettingsError, match=re.escape(f"[tool.connlint] {said}")) as raised:
        file_layer([str(tmp_path)])
    assert "\n" not in str(raised.value)


# What the project tells of its own

OWN = """\
[tool.connlint.operations]
"acme.dial" = {phase = "connect", raises = ["ConnectionRefusedError", "acme.Down"], timeout = "wait", awaited = true}

[tool.connlint.operations."acme.Client.call"]
phase = "request"
raises = {refused = "acme.Down", timeout = ["acme.Slow", "TimeoutError"]}

[tool.connlint.exceptions]
"acme.Down" = ["OSError"]
"""


def test_own_operations(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(OWN)
    layer = file_layer([str(tmp_path)])
    assert layer is not None
    assert layer.options.operations == (
        OwnOperation(
            "acme.dial", "connect", (("refused", "ConnectionRefusedError"), ("refused", "acme.Down")), "wait", True
        ),
        OwnOperation(
            "acme.Client.call",
            "request",
            (("refused", "acme.Down"), ("timeout", "acme.Slow"), ("timeout", "TimeoutError")),
        ),
    )
    assert layer.options.exceptions == (("acme.Down", ("OSError",)),)
    assert settled(layer, Layer("/", Selection(select=("CNL1",)))).selection_for("x.py").options == layer.options


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("operations = []", "operations must be a table of qualified names, not a list"),
        ('operations = {dial = {phase = "connect", raises = []}}', "'dial' must be a qualified name"),
        ('operations = {"a b.c" = {phase = "connect", raises = []}}', "'a b.c' is no qualified name"),
        ('operations = {"a.b" = "connect"}', "'a.b' must be a table with phase and raises, not a string"),
        ('operations = {"a.b" = {phase = "connect"}}', "'a.b' lacks 'raises'"),
        ('operations = {"a.b" = {phase = "conect", raises = []}}', "did you mean connect?"),
        ('operations = {"a.b" = {phase = "connect", rises = []}}', "has no key 'rises'; did you mean raises?"),
        ('operations = {"a.b" = {phase = "connect", raises = {refuse = "X"}}}', "did you mean refused?"),
        ('operations = {"a.b" = {phase = "connect", raises = [1]}}', "holds an integer"),
        ('operations = {"a.b" = {phase = "connect", raises = ["X Y"]}}', "'X Y' is no qualified name"),
        ('operations = {"a.b" = {phase = "connect", raises = [], timeout = 3}}', "must be the name of a parameter"),
        ('exceptions = {"a.b" = "OSError"}', "must be a list of strings, not a string"),
        ('operations = {"a.b" = {phase = "connect", raises = ["ConectionError"]}}', "did you mean ConnectionError?"),
        ('operations = {"a.b" = {phase = "connect", raises = {refused = "Down"}}}', "'Down' is no builtin exception"),
        ('operations = {"a.b" = {phase = "connect", raises = ["print"]}}', "'print' is no builtin exception"),
        ('exceptions = {"a.b" = ["OsError"]}', "'OsError' is no builtin exception; did you mean OSError?"),
        ('operations = {a.b = {phase = "connect", raises = []}}', "'a': a name with dots needs quotes"),
        ('operations = {a.b.c = {phase = "connect", raises = []}}', "'a': a name with dots needs quotes"),
        ('exceptions = {a.b = ["OSError"]}', "'a': a name with dots needs quotes"),
    ],
)
def test_own_operations_that_are_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.connlint]\n{text}\n")
    with pytest.raises(SettingsError, match=re.escape(said)):
        file_layer([str(tmp_path)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('exclude = ["src/[ab.py"]', "exclude: the pattern 'src/[ab.py' has a '[' that is not closed"),
        ('exclude = ["[]"]', "has a '[' that is not closed"),
        ('exclude = ["[!]"]', "has a '[' that is not closed"),
        ('extend-exclude = [" "]', "extend-exclude: the pattern ' ' is empty"),
        ('extend-exclude = ["!"]', "is empty"),
        (r'exclude = ["a\u0000b"]', "holds a null character"),
        ('per-file-ignores = {"t[est/*" = ["CNL3"]}', "per-file-ignores: the pattern 't[est/*' has a '['"),
        ('select = ["CNL201", "CNL3"]\nignore = ["CNL201"]', "[tool.connlint] both selects and ignores CNL201"),
        ('extend-select = ["unguarded-connect"]\nignore = ["CNL301"]', "both selects and ignores CNL301"),
        ("[tool.connlint.select]\n", "select must be a list of strings, not a table"),
        ("jobs = 4", "has no key 'jobs'"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.connlint]\n{text}\n")
    with pytest.raises(SettingsError, match=re.escape(said)) as raised:
        file_layer([str(tmp_path)])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["src", "*.py", "[ab]*.py", "[!ab].py", "[]].py", "[!]].py", "[[].py", "a]b", "!src"])
def test_patterns_that_can_be_meant(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.connlint]\nexclude = ["{text}"]\n')
    layer = file_layer([str(tmp_path)])
    assert layer is not None
    assert layer.exclude == (text,)
