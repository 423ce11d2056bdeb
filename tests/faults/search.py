"""What the clients of Elasticsearch and of OpenSearch have in common: the one is a fork of the other."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.faults.clients import at
from tests.faults.experiments import Experiment
from tests.faults.http_peers import PLACES, answer_forever, experiments, visit
from tests.faults.peers import LATE, raised, raised_by
from tests.knowledge.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from tests.faults.http_peers import Ask

FEW = ("closed port", "reset", "close", "silence")
DOCUMENTS = [{"_index": "x", "_source": {}}]
REFUSED_DOCUMENT = b'{"errors":true,"items":[{"index":{"_index":"x","status":409,"error":{"type":"x"}}}]}'
BROKEN_SCAN = b'{"_scroll_id":"x","_shards":{"total":2,"successful":1,"skipped":0,"failed":1},"hits":{"hits":[{}]}}'


class Library(NamedTuple):
    """One of the two: its package, its client, the keyword of its timeout, and what comes of each place.

    `parts` are the classes of a client's parts, without and with asyncio; `header` is what its server says of itself;
    `scan` lists what a scan finds, and `document` is the keyword of what is to be indexed.
    """

    package: str
    client: str
    timeout: str
    parts: tuple[str, str]
    outcomes: Mapping[str, str | None]
    async_outcomes: Mapping[str, str | None]
    header: bytes
    scan: Callable[[Any], object]
    document: str

    @property
    def few(self) -> dict[str, str | None]:
        """What comes of a few places, for a call that is made of another."""
        return {name: self.outcomes[name] for name in FEW}

    @property
    def helpers(self) -> Any:
        return importlib.import_module(f"{self.package}.helpers")

    def options(self, timeout: float) -> dict[str, Any]:
        return {"max_retries": 0, self.timeout: timeout}

    def ask(self, call: Callable[[Any], object]) -> Ask:
        kind = getattr(importlib.import_module(self.package), self.client)

        def ask(url: str, timeout: float) -> BaseException | None:
            with kind(url, **self.options(timeout)) as client:
                return raised(lambda: call(client))

        return ask

    def ask_async(self, call: Callable[[Any], Coroutine[Any, Any, object]]) -> Ask:
        kind = getattr(importlib.import_module(self.package), f"Async{self.client}")

        async def ask(url: str, wait: float) -> BaseException | None:
            async with kind(url, **self.options(wait)) as client:
                return await raised_by(call(client))

        return lambda url, timeout: asyncio.run(ask(url, timeout))


def calls(library: Library) -> Iterator[Experiment]:
    owner, part, few = f"{library.package}.{library.client}", library.parts[0], library.few
    yield from experiments(f"{owner}.search", library.ask(lambda client: client.search(index="x")), library.outcomes)
    yield from experiments(f"{owner}.info", library.ask(lambda client: client.info()), few)
    index = library.ask(lambda client: client.index(index="x", **{library.document: {}}))
    yield from experiments(f"{owner}.index", index, few)
    yield from experiments(f"{part}.create", library.ask(lambda client: client.indices.create(index="x")), few)
    yield from experiments(f"{part}.health", library.ask(lambda client: client.cluster.health()), few)


def async_calls(library: Library) -> Iterator[Experiment]:
    search = library.ask_async(lambda client: client.search(index="x"))
    yield from experiments(f"{library.package}.Async{library.client}.search", search, library.async_outcomes)
    create = library.ask_async(lambda client: client.indices.create(index="x"))
    yield from experiments(f"{library.parts[1]}.create", create, library.few)


def refused(library: Library, operation: str, ask: Ask, body: bytes, raises: str) -> Experiment:
    """Return the experiment of a server that answers that it did not do what it was asked."""
    head = b"HTTP/1.1 200 OK\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    # a scan asks once more, to be forgotten
    opened = at(answer_forever(head % (library.header, len(body)) + body))

    def perform() -> BaseException | None:
        with opened() as (host, port):
            return ask(f"http://{host}:{port}", LATE)

    return Experiment(operation, "answered", raises, perform, peer="refusal")


def helpers(library: Library) -> Iterator[Experiment]:
    found, name = library.helpers, f"{library.package}.helpers"
    bulk, scan = (REFUSED_DOCUMENT, f"{name}.BulkIndexError"), (BROKEN_SCAN, f"{name}.ScanError")
    for helper, call, (body, raises) in (
        ("bulk", lambda client: found.bulk(client, DOCUMENTS), bulk),
        ("parallel_bulk", lambda client: list(found.parallel_bulk(client, DOCUMENTS, thread_count=1)), bulk),
        ("scan", library.scan, scan),
        ("streaming_bulk", lambda client: list(found.streaming_bulk(client, DOCUMENTS)), bulk),
    ):
        ask = library.ask(call)
        outcomes = library.outcomes if helper in {"bulk", "scan"} else library.few
        yield from experiments(f"{name}.{helper}", ask, outcomes)
        yield refused(library, f"{name}.{helper}", ask, body, raises)


def async_helpers(library: Library) -> Iterator[Experiment]:
    name = f"{library.package}.helpers"
    bulk = library.ask_async(lambda client: library.helpers.async_bulk(client, DOCUMENTS))
    yield from experiments(f"{name}.async_bulk", bulk, library.async_outcomes)
    yield refused(library, f"{name}.async_bulk", bulk, REFUSED_DOCUMENT, f"{name}.BulkIndexError")


def parts_of(library: Library, name: str, attributes: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Return the attributes of a client that are parts of it, and those that the tables know."""
    owner = f"{library.package}.{name}"
    told = {attribute for attribute in attributes if attribute.startswith(f"{owner}.")}
    part: Any = resolve(attributes[min(told)])
    client = getattr(importlib.import_module(library.package), name)("http://127.0.0.1:1")
    return {f"{owner}.{attribute}" for attribute, value in vars(client).items() if isinstance(value, part)}, told


def pings(library: Library) -> list[BaseException | None]:
    """Return what a client's `ping` raises where its server fails, having seen that it says no."""

    def ping(client: Any) -> None:
        assert client.ping() is False

    return [visit(PLACES[name], library.ask(ping)) for name in FEW]
