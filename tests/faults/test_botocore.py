"""What the clients of AWS raise, with their own retries switched off. Nothing of it is a builtin `ConnectionError`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import at
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import CHUNKED, HEAD, PLACES, answer, experiments, visit
from tests.faults.peers import DROP, LATE, closed_port, finish, patience, raised, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario
    from tests.faults.http_peers import Ask

boto3 = pytest.importorskip("boto3")
config = pytest.importorskip("botocore.config")

CUT = "botocore.exceptions.ConnectionClosedError"
CONNECTION = {
    "closed port": "botocore.exceptions.EndpointConnectionError",
    "reset": CUT,
    "close": CUT,
    "silence": "botocore.exceptions.ReadTimeoutError",
}
FAILED = {
    **CONNECTION,
    "two closed ports": "botocore.exceptions.EndpointConnectionError",
    "full backlog": "botocore.exceptions.ConnectTimeoutError",
    "unknown host": "botocore.exceptions.EndpointConnectionError",
    "no route": "botocore.exceptions.EndpointConnectionError",
    "another protocol": CUT,
    "endless line": CUT,
    "reset in TLS handshake": CUT,
    "close in TLS handshake": "botocore.exceptions.SSLError",
    "no TLS": "botocore.exceptions.SSLError",
}
REQUEST = {
    **FAILED,
    "head cut": CUT,
    "body cut": "botocore.exceptions.ClientError",
    "chunk cut": CUT,
    "broken compression": "botocore.exceptions.ClientError",
    "503": "botocore.exceptions.ClientError",
}


def client(service: str, url: str, timeout: float, **options: Any) -> Any:
    return boto3.client(
        service,
        region_name="nowhere",
        endpoint_url=url,
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=config.Config(
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            **options,
        ),
    )


def ask(call: Callable[[Any], object], service: str = "s3") -> Ask:
    def perform(url: str, timeout: float) -> BaseException | None:
        found = client(service, url, timeout)
        try:
            return raised(lambda: call(found))
        finally:
            found.close()

    return perform


def wait(found: Any) -> object:
    return found.get_waiter("bucket_exists").wait(Bucket="x", WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def collect(found: Any) -> object:
    return found.get_paginator("list_objects_v2").paginate(Bucket="x").build_full_result()


def by_closed_proxy(call: Callable[[Any], object]) -> BaseException | None:
    with closed_port() as (host, port):
        found = client("s3", "http://127.0.0.1:1", LATE, proxies={"http": f"http://{host}:{port}"})
        try:
            return raised(lambda: call(found))
        finally:
            found.close()


CLIENT = [
    *experiments("botocore.client.BaseClient.list_buckets", ask(lambda found: found.list_buckets()), REQUEST),
    *(
        Experiment(
            name,
            "unreachable",
            "botocore.exceptions.ProxyConnectionError",
            partial(by_closed_proxy, call),
            peer="closed proxy",
        )
        for name, call in (
            ("botocore.client.BaseClient.list_buckets", lambda found: found.list_buckets()),
            ("botocore.waiter.Waiter.wait", wait),
        )
    ),
    *experiments("botocore.client.BaseClient.list_queues", ask(lambda found: found.list_queues(), "sqs"), CONNECTION),
    *experiments(
        "botocore.client.BaseClient.list_tables", ask(lambda found: found.list_tables(), "dynamodb"), CONNECTION
    ),
    *experiments("botocore.paginate.PageIterator.build_full_result", ask(collect), CONNECTION),
    *experiments("botocore.waiter.Waiter.wait", ask(wait), {**FAILED, "503": "botocore.exceptions.WaiterError"}),
]


@by_operation(CLIENT)
def test_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


BODIES: tuple[tuple[Scenario, str, Callable[[socket.socket], None]], ...] = (
    ("cut", "body cut", answer(HEAD + b"x")),
    ("cut", "chunk cut", answer(CHUNKED + b"9\r\nx")),
    ("timeout", "silence", answer(HEAD, stay_silent)),
    ("reset", "reset", answer(HEAD, DROP)),
)


def read(
    scenario: Scenario, treat: Callable[[socket.socket], None], call: Callable[[Any], object]
) -> BaseException | None:
    """Return what reading the body raises of an answer that begins well."""
    with at(treat)() as (host, port):
        found = client("s3", f"http://{host}:{port}", patience(scenario))
        try:
            body = found.get_object(Bucket="x", Key="x")["Body"]
            if scenario == "reset":
                finish(body._raw_stream.connection.sock)
            return raised(lambda: call(body))
        finally:
            found.close()


BODY = [
    Experiment(
        f"botocore.response.StreamingBody.{name}",
        scenario,
        "botocore.exceptions.IncompleteReadError"
        if name != "read" and place == "body cut"
        else "botocore.exceptions.ReadTimeoutError"
        if scenario == "timeout"
        else "botocore.exceptions.ResponseStreamingError",
        partial(read, scenario, treat, call),
        peer=place,
    )
    for name, call in (
        ("iter_chunks", lambda body: list(body.iter_chunks())),
        ("iter_lines", lambda body: list(body.iter_lines())),
        ("read", lambda body: body.read()),
    )
    for scenario, place, treat in BODIES
]


@by_operation(BODY)
def test_body(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_a_client_is_made_of_what_the_tables_say() -> None:
    base = pytest.importorskip("botocore.client").BaseClient
    with PLACES["closed port"].open() as (host, port):
        found = client("s3", f"http://{host}:{port}", LATE)
        assert isinstance(found, base)
        assert isinstance(boto3.session.Session(region_name="nowhere").client("sqs"), base)
        found.close()


def test_an_answer_that_is_cut_may_be_none() -> None:
    """A service that answers in JSON or a query's XML takes half an answer for an empty one."""
    assert visit(PLACES["body cut"], ask(lambda found: found.list_queues(), "sqs")) is None
