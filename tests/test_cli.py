"""The command line as its users meet it: real processes, real files, and what is printed where."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import connlint
from connlint.cli import main
from connlint.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLEAN = "print(1)\n"
BARE = 'import socket\n\ns = socket.socket()\ns.connect(("localhost", 9999))\n'
BROKEN = "import socket\n\ntry:\n    s.connect(\nexcept\n"
CODES = ["CNL301", "CNL302"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: empty, and nobody's settings apply in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.connlint]\n")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def cli(
    *args: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "connlint", *args],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment_of(**(environment or {})),
    )


def environment_of(**more: str) -> dict[str, str]:
    """Return an environment in which this connlint is found from everywhere."""
    return {**os.environ, "PYTHONPATH": str(Path(connlint.__file__).parent.parent), **more}


def said(done: subprocess.CompletedProcess[bytes]) -> tuple[int, str, str]:
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def codes(capsys: pytest.CaptureFixture[str], *args: str) -> list[str]:
    """Return the codes that a run in this process reports."""
    main(["check", "--output-format", "json", *args])
    return [item["code"] for item in json.loads(capsys.readouterr().out)]


# What is no Python


def test_file_that_is_no_python_is_never_clean_whatever_words_it_holds(place: Path) -> None:
    (place / "broken.py").write_text("x = (\n")
    for _ in range(2):  # the second time with what the first one kept
        status, output, problems = said(cli("broken.py"))
        assert (status, output) == (2, "1 path was not fully checked.\n")
        assert problems.startswith("broken.py: cannot be parsed: ")


# Nothing to say


def test_clean_file_passes(place: Path) -> None:
    (place / "a.py").write_text(CLEAN)
    assert said(cli("a.py")) == (0, "All checks passed!\n", "")
    assert said(cli()) == (0, "All checks passed!\n", "")
    assert said(cli("check", ".")) == (0, "All checks passed!\n", "")
    assert said(cli("-", stdin=CLEAN.encode())) == (0, "All checks passed!\n", "")
    assert said(cli("--output-format", "json")) == (0, "[]\n", "")
    assert said(cli("--diff")) == (0, "", "Nothing would be fixed.\n")


def test_nothing_is_not_clean(place: Path) -> None:
    assert said(cli()) == (0, "", "connlint: warning: there are no Python files under these paths\n")
    assert said(cli("--output-format", "json"))[1] == "[]\n"


# What a run that finds nothing to parse must not pay for.
HEAVY = {
    "asyncio",
    "concurrent",
    "connlint.facts",
    "connlint.knowledge",
    "connlint.rules",
    "difflib",
    "flake8",
    "libcst",
    "logging",
    "multiprocessing",
    "pathspec",
    "pycodestyle",
    "random",
    "socket",
    "tempfile",
    "tomllib",
    "typing_extensions",
    "unittest",
    "yaml",
}


def modules(*args: str) -> set[str]:
    """Return the modules that a run imports."""
    code = f"import sys; from connlint.cli import main; main({list(args)!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment_of(),
    )
    return set(done.stderr.split())


def test_run_that_finds_nothing_to_parse_imports_little(place: Path) -> None:
    (place / "pyproject.toml").unlink()
    for number in range(20):
        (place / f"f{number}.py").write_text(CLEAN)
    imported = modules("--isolated", "--select", "CNL3", "--jobs", "4", ".")
    assert imported & HEAVY == set()
    assert len(imported) < 120


# Findings


def test_finding_as_it_looks(place: Path) -> None:
    (place / "src").mkdir()
    (place / "src" / "a.py").write_text(BARE)
    status, out, err = said(cli("src", "--select", "CNL302"))
    lines = out.splitlines()
    assert lines[0].startswith("src/a.py:4:1: CNL302 ")
    assert lines[1:3] == ['4 | s.connect(("localhost", 9999))', "  | " + "^" * 30]
    assert lines[3].startswith("  = why: ")
    assert lines[-3].startswith("  = fix: ")
    assert lines[-3].endswith("(safe: --fix)")
    assert lines[-2:] == ["", "Found 1 finding in 1 file (1 fixable)."]
    assert (status, err) == (1, "")


def test_json_holds_proven_fixes(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    status, out, err = said(cli("a.py", "--output-format", "json"))
    found = json.loads(out)
    assert [item["code"] for item in found] == CODES
    assert [item["fix"]["applicability"] for item in found] == ["unsafe", "safe"]
    assert {item["filename"] for item in found} == {str(place / "a.py")}
    assert (status, err) == (1, "")


def test_colours_only_if_wanted(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    assert b"\x1b" not in cli("a.py").stdout
    assert b"\x1b" not in cli("a.py", environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert b"\x1b[" in cli("a.py", environment={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b[" in cli("a.py", "--diff", environment={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b" not in cli("a.py", "--output-format", "json", environment={"FORCE_COLOR": "1"}).stdout


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(["--ignore", "CNL3"], [], id="ignore-prefix"),
        pytest.param(["--select", "CNL1"], [], id="select-others"),
        pytest.param(["--per-file-ignores", "a.py:ALL"], [], id="per-file-ignores"),
        pytest.param(["--ignore", "unguarded-connect"], ["CNL302"], id="ignore-name"),
        pytest.param(["--select", "socket-leak-on-failed-connect"], ["CNL302"], id="select-name"),
        pytest.param(["--select", "CNL3,CNL1", "--ignore", "CNL301"], ["CNL302"], id="select-and-ignore"),
        pytest.param(["--select", "CNL1", "--extend-select", "CNL302"], ["CNL302"], id="extend-select"),
        pytest.param(["--per-file-ignores", "b.py:ALL"], CODES, id="per-file-ignores-elsewhere"),
        pytest.param([], CODES, id="defaults"),
    ],
)
def test_selection(place: Path, capsys: pytest.CaptureFixture[str], args: list[str], expected: list[str]) -> None:
    (place / "a.py").write_text(BARE)
    assert codes(capsys, *args, "a.py") == expected


def test_select_all_is_everything(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "a.py").write_text(BARE)
    assert set(codes(capsys, "--select", "ALL", "a.py")) >= set(CODES)


def test_noqa_is_honoured_unless_told_otherwise(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comment = "# no" + "qa: CNL301"
    (place / "a.py").write_text(BARE.rstrip() + f"  {comment}\n")
    assert codes(capsys, "a.py") == ["CNL302"]
    assert codes(capsys, "--ignore-noqa", "a.py") == CODES


def test_statistics(place: Path) -> None:
    for name in ("a.py", "b.py"):
        (place / name).write_text(BARE)
    status, out, err = said(cli("--statistics"))
    assert out.splitlines()[:2] == [
        "2\tCNL301\t[*]\tunguarded-connect",
        "2\tCNL302\t[*]\tsocket-leak-on-failed-connect",
    ]
    assert (status, err) == (1, "")
    counted = json.loads(said(cli("--statistics", "--output-format", "json"))[1])
    assert [(item["code"], item["count"]) for item in counted] == [("CNL301", 2), ("CNL302", 2)]


def test_excluded_is_left_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.py", "b.py", "ignored.py"):
        (place / name).write_text(BARE)
    (place / ".gitignore").write_text("ignored.py\n")
    assert codes(capsys, "--exclude", "a.py", ".") == CODES
    assert codes(capsys, "--extend-exclude", "a.py,b.py", ".") == []
    assert codes(capsys, "--extend-exclude", "?.py", "a.py") == CODES
    assert codes(capsys, "--extend-exclude", "?.py", "--force-exclude", "a.py") == []
    assert codes(capsys, "--no-respect-gitignore", ".") == CODES * 3


# Exit statuses


def test_exit_statuses(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    (place / "broken.py").write_text(BROKEN)
    assert cli("a.py").returncode == 1
    assert cli("a.py", "--exit-zero").returncode == 0
    assert cli("a.py", "broken.py").returncode == 2
    assert cli("a.py", "broken.py", "--exit-zero").returncode == 2
    assert cli("a.py", "--diff").returncode == 1
    assert cli("a.py", "--diff", "--exit-zero").returncode == 0
    assert cli("a.py", "--fix", "--unsafe-fixes", "--exit-non-zero-on-fix").returncode == 1
    assert cli("a.py", "--fix", "--unsafe-fixes", "--exit-non-zero-on-fix").returncode == 0


def test_what_cannot_be_read_is_said_and_the_rest_is_checked(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    (place / "broken.py").write_text(BROKEN)
    (place / "latin.py").write_bytes(b"import socket\nsocket.create_connection(a)\nx = '\xe9'\n")
    os.mkfifo(place / "pipe.py")
    (place / "loop.py").symlink_to("loop.py")
    status, out, err = said(cli(".", "missing.py"))
    assert [line for line in out.splitlines() if "CNL" in line and ":4:" in line]
    lines = err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["loop.py", "pipe.py", "missing.py", "broken.py", "latin.py"]
    assert [line for line in lines if ": cannot be " not in line] == []
    assert out.splitlines()[-1] == "5 paths were not fully checked."
    assert status == 2


def test_what_cannot_be_read_is_never_clean(place: Path) -> None:
    (place / "broken.py").write_text(BROKEN)
    for args in (["broken.py"], ["missing.py"], ["broken.py", "--fix"], ["broken.py", "--diff"]):
        status, out, err = said(cli(*args))
        assert status == 2
        assert "passed" not in out + err
        assert "cannot be" in err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser can be somebody else")
def test_closed_file_is_said(place: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        for name in ("a.py", "closed.py"):
            Path(directory, name).write_text(BARE)
        Path(directory, "closed.py").chmod(0)
        Path(directory, "closed").mkdir(0)
        # The first run imports what the second needs, for nobody may not read the interpreter's own files everywhere.
        code = f"""if True:
            import os, sys
            from connlint.cli import main
            main(["--isolated", "--exit-zero", "{directory}/a.py"])
            print("--", flush=True)
            os.setuid(65534)
            sys.exit(main(["--isolated", "{directory}"]))
        """
        status, out, err = said(
            subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment_of())
        )
    assert sorted(err.splitlines()) == [
        f"{directory}/closed.py: cannot be read: Permission denied",
        f"{directory}/closed: cannot be read: Permission denied",
    ]
    assert f"{directory}/a.py:4:1: CNL302" in out.partition("--\n")[2]
    assert status == 2


# Errors of use


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["--selct", "CNL3"], "there is no option --selct; did you mean --select?", id="option"),
        pytest.param(["--fixx"], "there is no option --fixx; did you mean --fix?", id="no-abbreviation"),
        pytest.param(["--select", "CNL30X"], "--select: there is no rule 'CNL30X'; did you mean CNL30", id="code"),
        pytest.param(
            ["--ignore", "unguarded-conect"],
            "--ignore: there is no rule 'unguarded-conect'; did you mean unguarded-connect?",
            id="name",
        ),
        pytest.param(["--per-file-ignores", "CNL302"], "--per-file-ignores: 'CNL302' is no PATTERN:CODE", id="ignores"),
        pytest.param(
            ["--output-format", "jsn"],
            "--output-format must be one of text, json, not 'jsn'; did you mean json?",
            id="format",
        ),
        pytest.param(["--jobs", "0"], "argument --jobs: '0' is no number of processes", id="jobs"),
        pytest.param(["--config", "x.toml"], "x.toml: cannot be read: No such file or directory", id="config"),
        pytest.param(
            ["--config", "x.toml", "--isolated"], "argument --isolated: not allowed with argument --config", id="both"
        ),
        pytest.param(["-", "a.py"], "standard input cannot be checked together with paths", id="stdin-and-paths"),
        pytest.param(["rule", "CNX999"], "connlint rule: there is no rule 'CNX999'", id="rule"),
    ],
)
def test_error_of_use_is_one_line(place: Path, args: list[str], message: str) -> None:
    status, out, err = said(cli(*args))
    assert (status, out) == (2, "")
    assert err.startswith(f"connlint: error: {message}")
    assert len(err.splitlines()) == 1


def test_error_in_settings_is_one_line(place: Path) -> None:
    (place / "pyproject.toml").write_text('[tool.connlint]\nselect = "CNL3"\n')
    path = place / "pyproject.toml"
    message = f"connlint: error: {path}: [tool.connlint] select must be a list of strings, not a string\n"
    assert said(cli()) == (2, "", message)
    assert cli("--isolated").returncode == 0


# Settings


def test_settings_govern_and_the_command_line_goes_first(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "src").mkdir()
    (place / "src" / "a.py").write_text(BARE)
    settings = '[tool.connlint]\nignore = ["CNL301"]\n'
    (place / "pyproject.toml").write_text(settings)
    (place / "other.toml").write_text('[tool.connlint]\nper-file-ignores = {"src/*" = ["ALL"]}\n')
    assert codes(capsys, "src") == ["CNL302"]
    assert codes(capsys, "--isolated", "src") == CODES
    assert codes(capsys, "--config", "other.toml", "src") == []
    assert codes(capsys, "--select", "CNL3", "src") == CODES
    assert codes(capsys, "--ignore", "CNL302", "src") == []


def test_settings_can_ask_for_fixes(place: Path) -> None:
    (place / "pyproject.toml").write_text('[tool.connlint]\nfix = true\nselect = ["CNL302"]\noutput-format = "json"\n')
    path = place / "a.py"
    path.write_text(BARE)
    assert said(cli("--no-fix"))[0] == 1
    assert path.read_text() == BARE
    assert said(cli()) == (0, "[]\n", "Fixed 1: CNL302 x 1; none remain.\n")
    assert path.read_text() != BARE


# Fixing


def test_fix_reports_what_remains(place: Path) -> None:
    path = place / "a.py"
    path.write_text(BARE)
    status, out, err = said(cli("--fix", "a.py"))
    fixed = path.read_text()
    assert "s.close()" in fixed
    row = fixed.splitlines().index('    s.connect(("localhost", 9999))') + 1
    assert out.startswith(f"a.py:{row}:5: CNL301 ")
    assert out.endswith("Fixed 1: CNL302 x 1; 1 remains.\n1 fix available with --unsafe-fixes.\n")
    assert (status, err) == (1, "")
    assert said(cli("--fix", "a.py"))[1].endswith("Found 1 finding in 1 file.\n1 fix available with --unsafe-fixes.\n")
    assert path.read_text() == fixed


@pytest.mark.parametrize(
    ("data", "options"),
    [
        pytest.param(CLEAN.encode(), ["--unsafe-fixes"], id="clean"),
        pytest.param(BARE.encode(), ["--select", "CNL1"], id="nothing-selected"),
        pytest.param(BARE.encode(), [], id="safe"),
        pytest.param(BARE.encode(), ["--unsafe-fixes"], id="unsafe"),
        pytest.param(BARE.rstrip().encode(), ["--unsafe-fixes"], id="no-end-of-line"),
        pytest.param(BARE.replace("\n", "\r\n").encode(), ["--unsafe-fixes"], id="crlf"),
        pytest.param(b"\xef\xbb\xbf" + BARE.encode(), ["--unsafe-fixes"], id="bom"),
        pytest.param(b"# coding: latin-1\n# \xe9\n" + BARE.encode(), ["--unsafe-fixes"], id="latin-1"),
    ],
)
def test_diff_shows_what_fix_writes(place: Path, data: bytes, options: list[str]) -> None:
    path = place / "a.py"
    path.write_bytes(data)
    shown = cli("--diff", *options, "a.py")
    assert path.read_bytes() == data
    from_stdin = cli("--diff", *options, "-", "--stdin-filename", "a.py", stdin=data)
    assert (from_stdin.stdout, from_stdin.returncode) == (shown.stdout, shown.returncode)
    printed = cli("--fix", *options, "-", stdin=data)
    cli("--fix", *options, "a.py")
    fixed = path.read_bytes()
    assert printed.stdout == fixed
    assert shown.returncode == (fixed != data)
    if shutil.which("patch") is not None:
        path.write_bytes(data)
        subprocess.run(["patch", "--binary", "-p0", "-s"], input=shown.stdout, cwd=place, check=True)
        assert path.read_bytes() == fixed
    assert cli("--diff", *options, "a.py").stdout == b""


def test_fix_leaves_what_cannot_be_parsed(place: Path) -> None:
    (place / "broken.py").write_text(BROKEN)
    (place / "a.py").write_text(BARE)
    assert cli("--fix").returncode == 2
    assert (place / "broken.py").read_text() == BROKEN
    assert (place / "a.py").read_text() != BARE


def test_fix_keeps_links_and_modes(place: Path) -> None:
    (place / "real.txt").write_text(BARE)
    (place / "real.txt").chmod(0o750)
    (place / "a.py").symlink_to("real.txt")
    cli("--fix", ".")
    assert (place / "a.py").is_symlink()
    assert "s.close()" in (place / "real.txt").read_text()
    assert (place / "real.txt").stat().st_mode & 0o777 == 0o750


def test_fix_changes_no_file_twice(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    (place / "b.py").symlink_to("a.py")
    status, out, err = said(cli("--fix", "--select", "CNL302", ".", "a.py", "./a.py", "b.py"))
    assert (status, out, err) == (0, "Fixed 1: CNL302 x 1; none remain.\n", "")


# Standard input


def test_stdin_is_named_as_told(place: Path) -> None:
    status, out, _ = said(cli("-", "--stdin-filename", "src/a.py", stdin=BARE.encode()))
    assert (status, out.partition(":")[0]) == (1, "src/a.py")
    assert said(cli("--stdin-filename", "src/a.py", stdin=BARE.encode()))[1] == out
    found = json.loads(said(cli("-", "--output-format", "json", stdin=BARE.encode()))[1])
    assert {item["filename"] for item in found} == {"-"}
    status, out, err = said(
        cli("-", "--stdin-filename", "src/a.py", "--per-file-ignores", "src/*:ALL", stdin=BARE.encode())
    )
    assert (status, out, err) == (0, "All checks passed!\n", "")


def test_stdin_is_given_back_fixed(place: Path) -> None:
    status, out, err = said(cli("--fix", "-", stdin=BARE.encode()))
    assert "s.close()" in out
    assert "CNL" not in out
    assert err.startswith("-:")
    assert "CNL301" in err
    assert status == 1


@pytest.mark.parametrize("data", [BROKEN.encode(), b"import socket\nsocket.create_connection(a)\n\xff"])
def test_stdin_that_cannot_be_parsed_is_given_back(place: Path, data: bytes) -> None:
    done = cli("--fix", "-", stdin=data)
    assert (done.returncode, done.stdout) == (2, data)
    assert b"cannot be" in done.stderr


def test_excluded_stdin_is_given_back(place: Path) -> None:
    options = ["--extend-exclude", "a.py", "--force-exclude", "--stdin-filename", "a.py"]
    assert said(cli(*options, "--fix", "-", stdin=BARE.encode())) == (0, BARE, "")
    assert said(cli(*options, "-", stdin=BARE.encode())) == (0, "", "")


# Odd surroundings


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="as-it-is"),
        pytest.param({"LC_ALL": "C"}, id="C"),
        pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="ascii"),
        pytest.param({"PYTHONIOENCODING": "ascii:strict"}, id="strict"),
    ],
)
@pytest.mark.parametrize("name", ["é漢.py".encode(), b"\xff.py"], ids=["accents", "no-text"])
def test_odd_names_and_locales(place: Path, name: bytes, environment: dict[str, str]) -> None:
    text = BARE.replace("localhost", "é漢") + "# é漢\n"
    Path(os.fsdecode(name)).write_bytes(text.encode())
    Path(os.fsdecode(b"x" + name)).write_text(BROKEN)
    done = cli(".", environment=environment)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 2
    assert b":4:1: CNL302" in done.stdout
    assert cli("--output-format", "json", os.fsdecode(name), environment=environment).returncode == 1
    diff = cli("--diff", "--select", "CNL302", os.fsdecode(name), environment=environment)
    assert (diff.returncode, diff.stdout.startswith(b"--- " + name)) == (1, True)
    assert cli("--fix", "--select", "CNL302", os.fsdecode(name), environment=environment).returncode == 0
    fixed = Path(os.fsdecode(name)).read_bytes()
    assert fixed.endswith("# é漢\n".encode())
    assert b"s.close()" in fixed


def test_working_directory_that_is_gone(place: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    status, out, err = said(cli("a.py"))
    assert (status, out, len(err.splitlines())) == (2, "", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_report_that_cannot_be_written_is_an_error(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "connlint", "a.py"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=environment_of(),
        )
    assert done.returncode == 2
    assert done.stderr == b"connlint: error: [Errno 28] No space left on device\n"


def test_reader_that_stops_reading_ends_it_quietly(place: Path) -> None:
    for number in range(40):
        (place / f"f{number}.py").write_text(BARE * 3)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "connlint", "."],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            env=environment_of(),
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (2, b"")


class Interrupted(io.RawIOBase):
    """A keyboard at which somebody presses Ctrl-C."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        signal.raise_signal(signal.SIGINT)
        return 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Interrupts are heard, here and in the processes started: a shell lets what it starts behind it ignore them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_ends_it_cleanly(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Interrupted())))
    assert main(["-"]) == 130
    assert capsys.readouterr() == ("", "Interrupted.\n")


@contextlib.contextmanager
def running(*args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process group of its own, as a shell makes it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "connlint", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=environment_of(),
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells when the processes are at work")
def test_interrupt_ends_all_processes(place: Path) -> None:
    for number in range(60):
        (place / f"f{number}.py").write_text(BARE * 20)
    with running("--jobs", "3", ".") as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and not children.read_text():
            pass
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (130, b"", b"Interrupted.\n")
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


# Explaining


def test_version(place: Path) -> None:
    assert said(cli("--version")) == (0, f"connlint {connlint.__version__}\n", "")


def test_rules_are_listed(place: Path) -> None:
    status, out, err = said(cli("rules"))
    assert [tuple(line.split()[:2]) for line in out.splitlines()] == [(rule.code, rule.name) for rule in all_rules()]
    assert (status, err) == (0, "")


def test_rule_is_explained(place: Path) -> None:
    status, out, err = said(cli("rule", "CNL302"))
    assert out.startswith("# socket-leak-on-failed-connect (CNL302)\n\nDefault: on. Fix: ")
    assert "\n## Why is this bad\n" in out
    assert (status, err) == (0, "")
    assert said(cli("rule", "socket-leak-on-failed-connect")) == (0, out, "")


@pytest.mark.parametrize("args", [["--help"], ["check", "--help"], ["rule", "--help"], ["rules", "--help"]])
def test_help(place: Path, args: list[str]) -> None:
    status, out, err = said(cli(*args))
    assert (status, err) == (0, "")
    assert out.startswith("usage: connlint")
