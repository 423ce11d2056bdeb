"""What a file can try, by its names: every way in which the rules come by an operation is one of these, too."""

from __future__ import annotations

import ast

import pytest

from connlint import gate
from connlint.engine import Selection, check
from connlint.gate.reach import Reach

HANDLERS = Selection(select=("CNL101", "CNL102", "CNL103", "CNL104", "CNL105"))
GUARDED = "{}\ndef fetch({}):\n    try:\n        return {}\n    except ConnectionError:\n        return None\n"


def tried(code: str) -> set[str]:
    tree = ast.parse(code)
    bodies = [line for node in ast.walk(tree) if isinstance(node, ast.Try) for line in node.body]
    return {row.name for row in Reach(tree).tried(bodies) or ()}


@pytest.mark.parametrize(
    ("given", "parameters", "call"),
    [
        pytest.param("import requests", "cache", "cache.get(1)", id="parameter-without-a-class"),
        pytest.param("import requests", "", "os.environ.get(1)", id="other-module"),
        pytest.param("import requests\nd = {}", "", "d.get(1)", id="dictionary"),
        pytest.param("import requests\nd = load()", "", "d.get(1)", id="result-of-what-is-not-known"),
        pytest.param("import requests\nd = requests.get(1).json()", "", "d.get(1)", id="what-an-answer-holds"),
        pytest.param("from requests.utils import quote", "", "quote(1)", id="no-operation"),
        pytest.param("from .requests import get", "", "get(1)", id="relative-import"),
        pytest.param("import requests", "", "lambda: requests.get(1)", id="not-called-here"),
        pytest.param("import requests", "", "run(requests.get)", id="handed-on"),
        pytest.param("import requests\nfor s in [requests.Session()]: ...", "", "s.get(1)", id="item-of-a-list"),
    ],
)
def test_nothing_is_tried(given: str, parameters: str, call: str) -> None:
    code = GUARDED.format(given, parameters, call)
    assert tried(code) == set()
    assert not gate.decide(code.encode(), HANDLERS.may_have).candidate


@pytest.mark.parametrize(
    ("given", "parameters", "call"),
    [
        pytest.param("import requests as r", "", "r.get(1)", id="renamed-module"),
        pytest.param("import requests.api", "", "requests.api.get(1)", id="dotted-module"),
        pytest.param("from requests import get as g", "", "g(1)", id="renamed-function"),
        pytest.param("import requests\ng = requests.get", "", "g(1)", id="alias"),
        pytest.param("import requests\nh = requests.get\ng = h", "", "g(1)", id="alias-of-an-alias"),
        pytest.param(
            "import requests\ng = requests.get if x else requests.post", "", "g(1)", id="one-of-two-functions"
        ),
        pytest.param("import requests", "", "(requests.get if x else requests.post)(1)", id="one-of-two-here"),
        pytest.param("import requests\ns = requests.Session()", "", "s.get(1)", id="object"),
        pytest.param("import requests\nS = requests.Session\ns = S()", "", "s.get(1)", id="renamed-class"),
        pytest.param("import requests\ns: requests.Session = make()", "", "s.get(1)", id="annotated"),
        pytest.param("import requests", "s: 'requests.Session | None'", "s.get(1)", id="annotated-as-text"),
        pytest.param("from requests import Session", "*, s: Session", "s.get(1)", id="annotated-keyword"),
        pytest.param(
            "import requests\nfrom typing import cast as c", "x", "c('requests.Session', x).get(1)", id="cast"
        ),
        pytest.param("import requests", "", "(s := requests.Session()).get(1) and s.get(2)", id="walrus"),
        pytest.param("import requests\ndef make(): return requests.Session()", "", "make().get(1)", id="returned"),
        pytest.param("import requests\ndef make() -> requests.Session: ...", "", "make().get(1)", id="declared"),
        pytest.param(
            "import requests\ndef make(): return 1, requests.Session()\nn, s = make()", "", "s.get(1)", id="unpacked"
        ),
        pytest.param("import requests\ndef load(u): return requests.get(u)", "", "load(1)", id="function"),
        pytest.param(
            "import requests\ndef load(u): return requests.get(u)\ndef again(u): return load(u)\nf = again",
            "",
            "f(1)",
            id="functions-in-a-row",
        ),
        pytest.param(
            "import requests\nclass A:\n    def __init__(self): self.s = requests.Session()\n    def load(self):\n"
            "        return self.s.get(1)",
            "a: A",
            "a.load()",
            id="attribute",
        ),
        pytest.param(
            "import requests\nclass A:\n    s: requests.Session\n    @property\n    def t(self): return self.s",
            "a: A",
            "a.t.get(1)",
            id="property",
        ),
        pytest.param(
            "import requests\nclass A:\n    def __init__(self): self.got = requests.get(1)", "", "A()", id="constructor"
        ),
        pytest.param(
            "import requests\nclass A(requests.Session): ...\nclass B(A): ...", "", "B().get(1)", id="derived"
        ),
        pytest.param(
            "import requests\nclass A(requests.Session):\n    if x:\n        def load(me): return me.get(1)",
            "a: A",
            "a.load()",
            id="method-of-what-derives",
        ),
        pytest.param(
            "import requests\nclass A(requests.Session):\n    def load(self): return super().get(1)",
            "a: A",
            "a.load()",
            id="super",
        ),
        pytest.param("from pymongo import MongoClient\ndb = MongoClient().shop", "", "db['a'].find_one()", id="item"),
        pytest.param("import docker\nc = docker.from_env()", "", "c.containers.list()", id="attribute-of-a-client"),
        pytest.param("import six", "", "six.moves.urllib.request.urlopen(1)", id="stands-in-its-place"),
    ],
)
def test_it_may_be_tried(given: str, parameters: str, call: str) -> None:
    code = GUARDED.format(given, parameters, call)
    assert tried(code)
    assert "CNL1" in gate.decide(code.encode(), HANDLERS.may_have).families


@pytest.mark.parametrize(
    "caught",
    [
        pytest.param("Gone", id="alias"),
        pytest.param("GONE", id="tuple"),
        pytest.param("GONE + (KeyError,)", id="sum"),
        pytest.param("(KeyError, *GONE)", id="starred"),
        pytest.param("Names.gone", id="attribute"),
        pytest.param("builtins.ConnectionError", id="by-its-module"),
    ],
)
def test_a_class_may_go_by_another_name(caught: str) -> None:
    code = (
        "import builtins, requests\nGone = ConnectionError\nGONE: tuple = (Gone,)\nclass Names:\n    gone = GONE\n"
        f"def fetch():\n    try:\n        requests.get(1)\n    except {caught}:\n        pass\n"
    )
    assert "CNL1" in gate.decide(code.encode(), HANDLERS.may_have).families


def test_what_another_scope_imports_hides_no_builtin() -> None:
    code = (
        "import requests\ndef f():\n    from requests import ConnectionError\ndef g(url):\n    try:\n"
        "        return requests.get(url, timeout=1)\n    except ConnectionError:\n        return None\n"
    )
    assert [each.code for each in check(code.encode(), "file.py", HANDLERS).diagnostics] == ["CNL103"]


def test_it_gives_up_before_the_work_outgrows_the_file() -> None:
    names = "".join(f"def f{n}(): f{n + 1}(); f{n + 2}()\n" for n in range(2_000))
    tries = "".join(f"try: f{n}()\nexcept ConnectionError: pass\n" for n in range(2_000))
    tree = ast.parse(f"import requests\n{names}{tries}")
    reach = Reach(tree)
    answers = [reach.tried(node.body) for node in tree.body if isinstance(node, ast.Try)]
    assert reach.gave_up
    assert answers[-1] is None
