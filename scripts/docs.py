"""Write what can be generated of the documentation, or with --check say where it is out of step.

A rule's page is its docstring and its examples; the tables of rules come from the rules; and what the guides show of
connlint's output is what connlint printed when this ran. So nothing in the documentation can claim what the code does
not do, and adding a rule needs no second file.
"""

from __future__ import annotations

import argparse
import inspect
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from connlint.engine import Selection, check, fix
from connlint.rules import all_rules
from scripts import client_libraries, retry_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.rules.base import Example, Rule

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "rules"
EXAMPLES = ROOT / "examples"
LOAD = ROOT / "docs" / "images" / "retry-load.svg"
# Below the documentation of a rule, on its page
PICTURES = {"CNL201": "![What retries do to a server that comes back](../images/retry-load.svg)"}
# Written by hand, with parts that are generated: from `<!-- rules -->`, `<!-- output: COMMAND -->` or
# `<!-- table: NAME -->` to `<!-- end -->`.
GUIDES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "index.md",
    ROOT / "docs" / "client-libraries.md",
]
PART = re.compile(r"(<!-- (?P<kind>rules|output|table)(?:: (?P<command>.+?))? -->\n).*?(<!-- end -->)", re.DOTALL)
HEADING = re.compile(r"^## (.+)\n+((?:(?!## ).*\n?)*)", re.MULTILINE)
WHOLE = 10_000  # lines of context: the diff of an example shows all of it


# The rules' pages


def page(rule: Rule) -> str:
    """Return the page of one rule."""
    return (
        "\n\n".join(
            [
                f"# {rule.name} ({rule.code})",
                f"Default: {'on' if rule.default else 'off'}. Fix: {fix_of(rule)}.",
                documentation(rule),
                *([PICTURES[rule.code]] if rule.code in PICTURES else []),
                "## What it reports",
                *(part for example in rule.bad for part in reported(rule, example)),
                "## What it leaves alone",
                *(
                    part
                    for example in rule.silent
                    for part in (f"### {words(example)}", fenced("python", example.code))
                ),
            ]
        ).rstrip()
        + "\n"
    )


def documentation(rule: Rule) -> str:
    """Return the docstring of a rule."""
    return inspect.cleandoc(type(rule).__doc__ or "").strip()


def reported(rule: Rule, example: Example) -> Iterator[str]:
    """Yield the parts of a page that show an example which is reported: what is said of it, and the fix."""
    selection = Selection(select=(rule.code,))
    name = f"{example.name}.py"
    yield f"### {words(example)}"
    after = fix(example.code.encode(), name, selection, unsafe=True).data.decode()
    if after == example.code:
        yield fenced("python", example.code)
    else:
        yield fenced("diff", difference(example.code, after))
    for item in check(example.code.encode(), name, selection).diagnostics:
        yield f"Line {item.row}: {item.message}\n" + "".join(f"\n- {text}" for text in item.why)


def difference(before: str, after: str) -> str:
    """Return what a fix changes, with all the lines around it and without the names of files."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=WHOLE, lineterm=""))
    return "\n".join(lines[3:])


def words(example: Example) -> str:
    """Return the name of an example as words."""
    text = example.name.replace("-", " ")
    return text[:1].upper() + text[1:]


def fenced(language: str, code: str) -> str:
    """Return `code` as a block of Markdown."""
    return f"```{language}\n{code.strip(chr(10))}\n```"


@cache
def fix_of(rule: Rule) -> str:
    """Return what kind of fix a rule has, read from what its examples get."""
    if rule.fixable == "never":
        return "none"
    kinds = {
        item.fix.applicability
        for example in rule.bad
        for item in check(
            example.code.encode(), "example.py", Selection(select=(rule.code,)), with_fixes=True
        ).diagnostics
        if item.fix is not None
    }
    return " or ".join(sorted(kinds)) + (", sometimes" if rule.fixable == "sometimes" else "")


# The tables


def summary(rule: Rule) -> str:
    """Return the first sentence of what a rule does, on one line."""
    sections = dict(HEADING.findall(documentation(rule) + "\n"))
    paragraph = sections["What it does"].strip().split("\n\n")[0]
    sentence = re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join(paragraph.split()))[0]
    return re.sub(r"^(?:Checks for|Reports|Finds|Looks for) ", "", sentence).rstrip(".")


def table(folder: str) -> str:
    """Return the table of rules, with links relative to a guide from which the pages are in `folder`."""
    rows = ["| code | name | reports | default | fix |", "| --- | --- | --- | --- | --- |"]
    for rule in all_rules():
        link = f"[{rule.name}]({folder}{rule.name}.md)"
        cells = (rule.code, link, summary(rule).replace("|", r"\|"), "on" if rule.default else "off", fix_of(rule))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


# What the guides show of connlint


def output(command: str) -> str:
    """Return a console session: `command`, run beside a fresh copy of examples/, and what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(EXAMPLES, Path(folder) / "examples")
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)], cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return fenced("console", f"$ {command}\n{done.stdout}{done.stderr}")


def guide(path: Path, text: str) -> str:
    """Return a guide with its generated parts made anew."""
    folder = "rules/" if path.parent.name == "docs" else "docs/rules/"

    def part(match_: re.Match[str]) -> str:
        match match_["kind"]:
            case "rules":
                made = table(folder)
            case "table":
                made = client_libraries.TABLES[match_["command"]]()
            case _:
                made = output(match_["command"])
        return f"{match_[1]}{made}\n{match_[4]}"

    return PART.sub(part, text)


# All of it


def generated() -> dict[Path, str]:
    """Return the text of every file that is generated, or has generated parts."""
    files = {PAGES / f"{rule.name}.md": page(rule) for rule in all_rules()}
    files[LOAD] = retry_load.picture(retry_load.courses())
    files[PAGES / "index.md"] = f"# Rules\n\n{table('')}\n"
    return files | {path: guide(path, path.read_text("utf-8")) for path in GUIDES}


def main() -> int:
    """Write the files, or with --check compare them; exit 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if anything is out of step")
    options = parser.parse_args()
    files = generated()
    stale = [path for path in sorted(PAGES.glob("*.md")) if path not in files]
    changed = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in (*changed, *stale):
        print(f"{path.relative_to(ROOT)} is out of step with the code" if options.check else path.relative_to(ROOT))
    if options.check:
        if changed or stale:
            print("`make docs` writes them again", file=sys.stderr)
        return int(bool(changed or stale))
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], "utf-8", newline="\n")
    for path in stale:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
