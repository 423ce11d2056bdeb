"""What is known of the client of Docker.

It is made of requests and lets that library's failures out as they are, so that `docker.errors.DockerException` does
not take a daemon that is gone; with one exception: a client that has to ask for the version of the API, as all do
since docker 7 that are not told, wraps them in just that class while it is made. A daemon behind a Unix socket that is
not there fails like one that refuses.
"""

from __future__ import annotations

from connlint.knowledge.classes import docker as classes
from connlint.knowledge.model import Failure, Library, Operation

_MADE = tuple(
    Failure(kind, "docker.errors.DockerException")
    for kind in (
        "refused",
        "reset",
        "closed",
        "cut",
        "timeout",
        "unresolved",
        "unreachable",
        "handshake",
        "rubbish",
        "answered",
    )
)
_REQUEST = (
    *(
        Failure(kind, "requests.exceptions.ConnectionError")
        for kind in ("refused", "reset", "closed", "unresolved", "unreachable", "rubbish")
    ),
    Failure("timeout", "requests.exceptions.ConnectTimeout"),
    Failure("timeout", "requests.exceptions.ReadTimeout"),
    Failure("closed", "requests.exceptions.SSLError"),
    Failure("handshake", "requests.exceptions.SSLError"),
    Failure("cut", "requests.exceptions.ConnectionError"),
    Failure("cut", "requests.exceptions.ChunkedEncodingError"),
    Failure("rubbish", "requests.exceptions.ContentDecodingError"),
    Failure("answered", "requests.exceptions.TooManyRedirects"),
    Failure("answered", "docker.errors.APIError"),
)

# The parts of a client that go by an attribute, and the class of each
_COLLECTIONS = {
    "configs": "docker.models.configs.ConfigCollection",
    "containers": "docker.models.containers.ContainerCollection",
    "images": "docker.models.images.ImageCollection",
    "networks": "docker.models.networks.NetworkCollection",
    "nodes": "docker.models.nodes.NodeCollection",
    "plugins": "docker.models.plugins.PluginCollection",
    "secrets": "docker.models.secrets.SecretCollection",
    "services": "docker.models.services.ServiceCollection",
    "volumes": "docker.models.volumes.VolumeCollection",
}
# What the collections hold
_MODELS = (
    "docker.models.containers.Container",
    "docker.models.images.Image",
    "docker.models.networks.Network",
    "docker.models.services.Service",
    "docker.models.volumes.Volume",
)
_CLIENT = "docker.client.DockerClient"
_SOURCE = "tests/faults/test_docker.py::test_request"

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            name,
            "request",
            _MADE,
            "tests/faults/test_docker.py::test_making",
            parameters=parameters,
            timeout="timeout",
            unless="version",
        )
        for name, parameters in (
            ("docker.api.client.APIClient", ("base_url", "version", "timeout")),
            (_CLIENT, ()),
            ("docker.client.DockerClient.from_env", ()),
        )
    ),
    *(
        Operation(f"{_CLIENT}.{name}", "request", _REQUEST, _SOURCE)
        for name in ("df", "info", "login", "ping", "version")
    ),
    # gives an iterator, and a client's timeout does not hold for what it waits for
    Operation(
        f"{_CLIENT}.events",
        "request",
        tuple(each for each in _REQUEST if each.scenario not in {"answered", "cut", "rubbish", "timeout"}),
        _SOURCE,
    ),
    *(
        Operation(f"{owner}.*", "request", _REQUEST, _SOURCE)
        for owner in ("docker.api.client.APIClient", *_COLLECTIONS.values(), *_MODELS)
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "docker.api.client.APIClient": ("requests.Session",),
    _CLIENT: ("object",),
    **dict.fromkeys((*_COLLECTIONS.values(), *_MODELS), ("object",)),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "docker.client.DockerClient.from_env": _CLIENT,
    "docker.models.containers.ContainerCollection.create": "docker.models.containers.Container",
    "docker.models.containers.ContainerCollection.get": "docker.models.containers.Container",
    "docker.models.images.ImageCollection.get": "docker.models.images.Image",
    "docker.models.networks.NetworkCollection.create": "docker.models.networks.Network",
    "docker.models.networks.NetworkCollection.get": "docker.models.networks.Network",
    "docker.models.services.ServiceCollection.create": "docker.models.services.Service",
    "docker.models.services.ServiceCollection.get": "docker.models.services.Service",
    "docker.models.volumes.VolumeCollection.create": "docker.models.volumes.Volume",
    "docker.models.volumes.VolumeCollection.get": "docker.models.volumes.Volume",
}

ATTRIBUTES: dict[str, str] = {
    **{f"{_CLIENT}.{name}": kind for name, kind in _COLLECTIONS.items()},
    f"{_CLIENT}.api": "docker.api.client.APIClient",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "docker.APIClient": "docker.api.client.APIClient",
    "docker.DockerClient": _CLIENT,
    "docker.api.APIClient": "docker.api.client.APIClient",
    "docker.client.from_env": "docker.client.DockerClient.from_env",
    "docker.from_env": "docker.client.DockerClient.from_env",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"docker.api.client.APIClient.{name}"
            for name in """
                close create_container_config create_endpoint_config create_host_config create_networking_config
                get_adapter mount reload_config
            """.split()
        ),
        "docker.client.DockerClient.close",
    }
)

LIBRARY = Library(
    name="docker",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    attributes=ATTRIBUTES,
)
