"""The exception classes of docker 7.2.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "docker.credentials.errors.CredentialsNotFound": ("docker.credentials.errors.StoreError",),
    "docker.credentials.errors.InitializationError": ("docker.credentials.errors.StoreError",),
    "docker.credentials.errors.StoreError": ("RuntimeError",),
    "docker.errors.APIError": ("requests.exceptions.HTTPError", "docker.errors.DockerException"),
    "docker.errors.BuildError": ("docker.errors.DockerException",),
    "docker.errors.ContainerError": ("docker.errors.DockerException",),
    "docker.errors.ContextAlreadyExists": ("docker.errors.DockerException",),
    "docker.errors.ContextException": ("docker.errors.DockerException",),
    "docker.errors.ContextNotFound": ("docker.errors.DockerException",),
    "docker.errors.DeprecatedMethod": ("docker.errors.DockerException",),
    "docker.errors.DockerException": ("Exception",),
    "docker.errors.ImageLoadError": ("docker.errors.DockerException",),
    "docker.errors.ImageNotFound": ("docker.errors.NotFound",),
    "docker.errors.InvalidArgument": ("docker.errors.DockerException",),
    "docker.errors.InvalidConfigFile": ("docker.errors.DockerException",),
    "docker.errors.InvalidRepository": ("docker.errors.DockerException",),
    "docker.errors.InvalidVersion": ("docker.errors.DockerException",),
    "docker.errors.MissingContextParameter": ("docker.errors.DockerException",),
    "docker.errors.NotFound": ("docker.errors.APIError",),
    "docker.errors.NullResource": ("docker.errors.DockerException", "ValueError"),
    "docker.errors.StreamParseError": ("RuntimeError",),
    "docker.errors.TLSParameterError": ("docker.errors.DockerException",),
    "docker.utils.socket.SocketError": ("Exception",),
}

ALIASES: dict[str, str] = {
    "docker.credentials.CredentialsNotFound": "docker.credentials.errors.CredentialsNotFound",
    "docker.credentials.StoreError": "docker.credentials.errors.StoreError",
}
