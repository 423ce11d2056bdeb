"""What is known of redis-py."""

from __future__ import annotations

from connlint.knowledge.model import Library

_BASES: dict[str, tuple[str, ...]] = {
    "redis.exceptions.AskError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.AuthenticationError": ("redis.exceptions.ConnectionError",),
    "redis.exceptions.AuthenticationWrongNumberOfArgsError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.AuthorizationError": ("redis.exceptions.ConnectionError",),
    "redis.exceptions.BusyLoadingError": ("redis.exceptions.ConnectionError",),
    "redis.exceptions.ChildDeadlockedError": ("Exception",),
    "redis.exceptions.ClusterCrossSlotError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.ClusterDownError": ("redis.exceptions.ClusterError", "redis.exceptions.ResponseError"),
    "redis.exceptions.ClusterError": ("redis.exceptions.RedisError",),
    "redis.exceptions.ConnectionError": ("redis.exceptions.RedisError",),
    "redis.exceptions.CrossSlotTransactionError": ("redis.exceptions.RedisClusterException",),
    "redis.exceptions.DataError": ("redis.exceptions.RedisError",),
    "redis.exceptions.ExecAbortError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.ExternalAuthProviderError": ("redis.exceptions.ConnectionError",),
    "redis.exceptions.IncorrectPolicyType": ("Exception",),
    "redis.exceptions.InvalidPipelineStack": ("redis.exceptions.RedisClusterException",),
    "redis.exceptions.InvalidResponse": ("redis.exceptions.RedisError",),
    "redis.exceptions.LockError": ("redis.exceptions.RedisError", "ValueError"),
    "redis.exceptions.LockNotOwnedError": ("redis.exceptions.LockError",),
    "redis.exceptions.MasterDownError": ("redis.exceptions.ClusterDownError",),
    "redis.exceptions.MaxConnectionsError": ("redis.exceptions.ConnectionError",),
    "redis.exceptions.ModuleError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.MovedError": ("redis.exceptions.AskError",),
    "redis.exceptions.NoPermissionError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.NoScriptError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.NoSuchFieldsetError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.OutOfMemoryError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.PubSubError": ("redis.exceptions.RedisError",),
    "redis.exceptions.ReadOnlyError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.RedisClusterException": ("Exception",),
    "redis.exceptions.RedisError": ("Exception",),
    "redis.exceptions.ResponseError": ("redis.exceptions.RedisError",),
    "redis.exceptions.SlotNotCoveredError": ("redis.exceptions.RedisClusterException",),
    "redis.exceptions.TimeoutError": ("redis.exceptions.RedisError",),
    "redis.exceptions.TryAgainError": ("redis.exceptions.ResponseError",),
    "redis.exceptions.WatchError": ("redis.exceptions.RedisError",),
}

LIBRARY = Library(
    name="redis",
    aliases={},
    bases=_BASES,
    operations=(),
    returns={},
    connection_failures=frozenset(
        {"redis.exceptions.ConnectionError", "redis.exceptions.TimeoutError", "redis.exceptions.ClusterDownError"}
    ),
)
