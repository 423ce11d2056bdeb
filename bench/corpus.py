"""The code that is measured: real packages and the standard library, samples of them, and generated files.

Everything is made once and stands under `.bench/`, but for what is there already: the packages that the crawl unpacks,
and the standard library of the Python that runs this.
"""

from __future__ import annotations

import shutil
import sysconfig
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from connlint.discovery import discover
from connlint.settings import Layer, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
PACKAGES = ROOT / ".crawl" / "code"
FEWEST_LINES = 1_000_000

# Wheels of the tuning packages that are themselves clients, servers or transports.
NETWORK_PACKAGES = (
    "aio_pika",
    "aioftp",
    "aiomysql",
    "aiormq",
    "broadlink",
    "exabgp",
    "httplib2",
    "imapclient",
    "influxdb",
    "ncclient",
    "obd",
    "pg8000",
    "pywemo",
    "scrapli",
    "slixmpp",
    "stomp_py",
    "trino",
    "uvicorn",
    "zeroconf",
)
SAMPLE_LINES = 60_000
NETWORK_LINES = 60_000
SMALL_LINES = 4_000
LINEAR_LINES = (1_000, 3_000, 10_000, 30_000, 50_000, 100_000)


@dataclass(frozen=True)
class Code:
    """Files that are measured together, by the folders or files that a program is told."""

    name: str
    roots: tuple[Path, ...]

    @cached_property
    def files(self) -> list[str]:
        """The Python files in it that connlint and ruff look at, by their common defaults."""
        return list(discover(map(str, self.roots), settled(Layer(base=str(ROOT))).exclude).files)

    @cached_property
    def size(self) -> dict[str, int]:
        """How many files, lines and bytes it has."""
        contents = [Path(path).read_bytes() for path in self.files]
        return {
            "files": len(contents),
            "lines": sum(data.count(b"\n") for data in contents),
            "bytes": sum(map(len, contents)),
        }


def whole() -> Code:
    """Return all packages that the crawl unpacks (downloading them if need be), and the standard library."""
    if not PACKAGES.exists():
        from scripts import crawl

        names = crawl.listed_packages(crawl.PACKAGES)
        crawl.download(names)
        list(crawl.unpack(names))
    code = Code("corpus", (PACKAGES, Path(sysconfig.get_path("stdlib"))))
    if code.size["lines"] < FEWEST_LINES:
        raise SystemExit(f"{code.size['lines']:,} lines are too few: could the package index be reached?")
    return code


def sample(code: Code) -> Code:
    """Return a sample of `code` for slow programs: whole files, evenly spread over it."""
    lines = code.size["lines"]
    return _copied("sample", code.files[:: max(1, lines // SAMPLE_LINES)], SAMPLE_LINES * 2)


def network(code: Code) -> Code:
    """Return the packages of `code` that do nothing but talk over a network."""
    folders = [path for path in sorted(code.roots[0].iterdir()) if path.name.split("-")[0] in NETWORK_PACKAGES]
    files = Code("network", tuple(folders)).files
    return _copied("network", files[:: max(1, len(files) // 200)], NETWORK_LINES)


def small(network: Code) -> Code:
    """Return a few thousand lines of the `network` packages, for the slowest programs.

    Fixit passes over what the project's `.gitignore` names, so the copy is a project of its own.
    """
    code = _copied("small", network.files[::10], SMALL_LINES)
    (code.roots[0] / "pyproject.toml").write_text("[tool.fixit]\nroot = true\n", "utf-8")
    return code


def _copied(name: str, files: Sequence[str], most_lines: int) -> Code:
    """Return copies of as many of `files` as have `most_lines` together."""
    folder = BENCH / name
    shutil.rmtree(folder, ignore_errors=True)
    total = 0
    for number, file in enumerate(files):
        data = Path(file).read_bytes()
        total += data.count(b"\n")
        if total > most_lines:
            break
        target = folder / f"f{number:05}" / Path(file).name
        target.parent.mkdir(parents=True)
        target.write_bytes(data)
    return Code(name, (folder,))


# Generated files


def written(name: str, text: str) -> Code:
    """Return a file of the content `text`."""
    path = BENCH / "generated" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return Code(name, (path,))


def clean() -> Code:
    """Return an ordinary file of 500 lines in which nothing is found."""
    return written("clean", _lines(_HEAD, _ordinary(), 500))


def finding() -> Code:
    """Return a file of 500 lines with one finding."""
    return written(
        "finding",
        _lines(_HEAD.replace("import logging\n", "import logging\nimport socket\n") + _FINDING, _ordinary(), 500),
    )


def linear(lines: int) -> Code:
    """Return a file of so many `lines`, all of them network code."""
    return written(f"linear{lines}", _lines("import random\nimport socket\nimport time\n", _network(), lines))


def _lines(head: str, blocks: Iterable[str], lines: int) -> str:
    text = [head]
    have = head.count("\n")
    for block in blocks:
        more = block.count("\n")
        if have + more > lines:
            break
        text.append(block)
        have += more
    text.append("# and so on\n" * (lines - have))
    return "".join(text)


_HEAD = '''\
"""Orders, and what they cost."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass
class Item:
    name: str
    price: int = 0
    tags: list[str] = field(default_factory=list)
'''

_FINDING = """

def fetch(host, port):
    while True:
        try:
            return socket.create_connection((host, port), timeout=5).recv(100)
        except ConnectionError:
            continue


"""


def _ordinary() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f'''

class Orders{number}:
    """The orders of one day, read from a file."""

    def __init__(self, path: Path, limit: int = {number}) -> None:
        self.path = path
        self.limit = limit
        self.items: dict[str, Item] = {{}}

    def read(self) -> None:
        """Read the file; what is wrong in it is skipped."""
        for number, line in enumerate(self.path.read_text("utf-8").splitlines()):
            try:
                values = json.loads(line)
            except ValueError as error:
                log.warning("%s:%d: %s", self.path, number, error)
                continue
            self.items[values["name"]] = Item(values["name"], int(values.get("price", 0)))
            if len(self.items) >= self.limit:
                break

    def total(self, tag: str | None = None) -> int:
        """Return what the items with `tag` cost together."""
        return sum(item.price for item in self.items.values() if tag is None or tag in item.tags)

    def cheapest(self) -> Item | None:
        """Return the item that costs least."""
        return min(self.items.values(), key=lambda item: (item.price, item.name), default=None)
'''


def _network() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"""

class Client{number}:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.sock = None

    def open(self):
        for attempt in range(5):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                sock.settimeout(5)
                sock.connect((self.host, self.port))
            except ConnectionRefusedError:
                sock.close()
                time.sleep(random.uniform(0, min(30, 2**attempt)))
            else:
                self.sock = sock
                return
        raise ConnectionRefusedError(self.host)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.sock.close()
            self.open()
            self.sock.sendall(data)

    def receive(self, size):
        data = b""
        while len(data) < size:
            try:
                part = self.sock.recv(size - len(data))
            except ConnectionResetError as error:
                raise EOFError("the peer is gone") from error
            if not part:
                raise EOFError("the peer has closed")
            data += part
        return data
"""
