"""What the client of Docker raises: what requests raises, except while it is made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge.docker import ATTRIBUTES
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import PLACES, experiments
from tests.faults.peers import LATE, raised
from tests.knowledge.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.http_peers import Ask

docker = pytest.importorskip("docker")

REFUSED = "requests.exceptions.ConnectionError"
FEW = {
    "closed port": REFUSED,
    "reset": REFUSED,
    "close": REFUSED,
    "silence": "requests.exceptions.ReadTimeout",
    "503": "docker.errors.APIError",
}
FAILED = {
    **FEW,
    "two closed ports": REFUSED,
    "full backlog": "requests.exceptions.ConnectTimeout",
    "unknown host": REFUSED,
    "no route": REFUSED,
    "another protocol": REFUSED,
    "endless line": REFUSED,
    "head cut": REFUSED,
    "body cut": "requests.exceptions.ChunkedEncodingError",
    "chunk cut": "requests.exceptions.ChunkedEncodingError",
    "broken compression": "requests.exceptions.ContentDecodingError",
    "redirections": "requests.exceptions.TooManyRedirects",
    "reset in TLS handshake": REFUSED,
    "close in TLS handshake": "requests.exceptions.SSLError",
    "no TLS": "requests.exceptions.SSLError",
}


def options(url: str, timeout: float) -> dict[str, Any]:
    """Return the arguments of a client for `url`, which writes its protocol in its own way."""
    protocol, _, address = url.partition("://")
    return {"base_url": f"tcp://{address}", "timeout": timeout, "tls": protocol == "https"}


def ask(call: Callable[[Any], object]) -> Ask:
    def perform(url: str, timeout: float) -> BaseException | None:
        client = docker.DockerClient(version="1.41", **options(url, timeout))
        try:
            return raised(lambda: call(client))
        finally:
            client.close()

    return perform


def collect(name: str, client: Any) -> object:
    return getattr(client, name).list()


def act(kind: str, action: str, client: Any) -> object:
    """Do something to an object of Docker, made as a client would make it."""
    return getattr(getattr(client, kind).prepare_model({"Id": "x", "Name": "x", "ID": "x"}), action)()


OBJECTS = {
    "docker.models.containers.Container": ("containers", "kill"),
    "docker.models.images.Image": ("images", "history"),
    "docker.models.networks.Network": ("networks", "reload"),
    "docker.models.services.Service": ("services", "tasks"),
    "docker.models.volumes.Volume": ("volumes", "remove"),
}
CALLS: dict[str, Callable[[Any], object]] = {
    "docker.api.client.APIClient.containers": lambda client: client.api.containers(),
    "docker.client.DockerClient.df": lambda client: client.df(),
    "docker.client.DockerClient.info": lambda client: client.info(),
    "docker.client.DockerClient.login": lambda client: client.login("nobody", "nothing", registry="x"),
    "docker.client.DockerClient.ping": lambda client: client.ping(),
    "docker.client.DockerClient.version": lambda client: client.version(),
    **{
        f"{kind}.list": partial(collect, name.rpartition(".")[2])
        for name, kind in ATTRIBUTES.items()
        if kind.endswith("Collection")
    },
    **{f"{kind}.{action}": partial(act, name, action) for kind, (name, action) in OBJECTS.items()},
}
REQUESTS = [
    *(
        experiment
        for name, call in CALLS.items()
        for experiment in experiments(
            name, ask(call), FAILED if name.endswith(("ContainerCollection.list", "DockerClient.ping")) else FEW
        )
    ),
    # waits for ever, whatever the client's timeout is
    *experiments(
        "docker.client.DockerClient.events",
        ask(lambda client: client.events()),
        {
            name: raises
            for name, raises in FAILED.items()
            if PLACES[name].scenario in {"closed", "handshake", "refused", "reset", "unreachable", "unresolved"}
        },
    ),
]


@by_operation(REQUESTS)
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


MADE = dict.fromkeys(FAILED, "docker.errors.DockerException")
MAKING = [
    *experiments(
        "docker.client.DockerClient",
        lambda url, timeout: raised(lambda: docker.DockerClient(**options(url, timeout))),
        MADE,
    ),
    *experiments(
        "docker.api.client.APIClient",
        lambda url, timeout: raised(lambda: docker.APIClient(**options(url, timeout))),
        dict.fromkeys(FEW, "docker.errors.DockerException"),
    ),
    *experiments(
        "docker.client.DockerClient.from_env",
        lambda url, timeout: raised(
            lambda: docker.from_env(timeout=timeout, environment={"DOCKER_HOST": options(url, timeout)["base_url"]})
        ),
        dict.fromkeys(FEW, "docker.errors.DockerException"),
    ),
]


@by_operation(MAKING)
def test_making(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_a_socket_that_is_not_there_is_a_connection_error_of_requests(tmp_path: Path) -> None:
    client = docker.DockerClient(base_url=f"unix://{tmp_path}/docker.sock", version="1.41", timeout=LATE)
    error = raised(client.ping)
    client.close()
    assert type(error) is resolve("requests.exceptions.ConnectionError")


def test_attributes_are_all_there() -> None:
    client = docker.DockerClient(base_url="tcp://127.0.0.1:1", version="1.41")
    for name, kind in ATTRIBUTES.items():
        assert type(getattr(client, name.rpartition(".")[2])) is resolve(kind)
    client.close()
