"""The command line, flake8 and standard input report the same; `make parity` asks it of real packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from connlint.rules import all_rules
from scripts import parity
from tests.fuzz.programs import compiles

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
# What a row, a column, a comment or a selection could go wrong by.
PECULIAR = {
    "crlf": b"import socket\r\n\r\nsocket.create_connection(x)\r\n",
    "lone-cr": b"import socket\r\rsocket.create_connection(x)\rsocket.create_connection(y)  # noqa: CNL301\r",
    "bom": b"\xef\xbb\xbfimport socket; socket.create_connection(x)\n",
    "latin-1": b"# coding: latin-1\nimport socket\n'\xe4'; socket.create_connection(x)\n",
    "wide": "import socket\n'\N{SNOWMAN}\N{GRINNING FACE}'; socket.create_connection(x)\n".encode(),
    "tabs": b"import socket\nif 1:\n\tsocket.create_connection(x)\n",
    "no-last-line-end": b"import socket\nsocket.create_connection(x)",
    "continued": b"import socket\nx = \\\n  socket.create_connection(\n    x)  # noqa: CNL302\n",
    "noqa": b"import socket\nsocket.create_connection(x)  # noqa\nsocket.create_connection(y)  # noqa:CNL3\n",
    "noqa-of-another": b"import socket\nsocket.create_connection(x)  # noqa: E501,CNL201\n",
    "noqa-in-a-string": b"import socket\nsocket.create_connection('''\n# noqa\n''')\n",
    "noqa-of-the-file": b"# flake8: noqa\nimport socket\nsocket.create_connection(x)\n",
    "noqa-of-the-file-for-a-code": b"# flake8: noqa: CNL301\nimport socket\nsocket.create_connection(x)\n",
    "form-feed": b"import socket\n\x0c\nsocket.create_connection(x)\n",
    "python-2": b"import socket\nprint 'x'\nsocket.create_connection(x)\n",
    "empty": b"",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parity")
    for rule in all_rules():
        for index, example in enumerate([*rule.bad, *rule.silent]):
            if compiles(example.code):
                (folder / f"{rule.code}_{index}.py").write_text(example.code, "utf-8")
    for name, data in PECULIAR.items():
        (folder / f"{name}.py").write_bytes(data)
    return [*EXAMPLES, *sorted(folder.iterdir())]


def test_flake8_reports_the_same(files: list[Path]) -> None:
    ours = parity.by_connlint(files)
    assert {item.code for item in ours} == {rule.code for rule in all_rules()} - {"CNL901"}
    assert list(parity.differences("flake8", ours, parity.by_flake8(files))) == []


def test_standard_input_reports_the_same(files: list[Path]) -> None:
    some = [*EXAMPLES[:1], *(path for path in files if path.stem in PECULIAR)]
    assert list(parity.differences("standard input", parity.by_connlint(some), parity.by_stdin(some, 2))) == []
