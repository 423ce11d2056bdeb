"""What is known of redis-py.

Nothing connects before the first command, and every command may; so all of them fail in the same ways. The classes
are `RedisError`s: redis' `ConnectionError` and `TimeoutError` have nothing to do with the builtins.
"""

from __future__ import annotations

from connlint.knowledge.classes import redis as classes
from connlint.knowledge.model import Failure, Library, Operation

# Every public command of redis-py 8; a test compares the list with the installed library.
COMMANDS = """
    acl_cat acl_deluser acl_dryrun acl_genpass acl_getuser acl_help acl_list acl_load acl_log acl_log_reset
    acl_save acl_setuser acl_users acl_whoami append arcount ardel ardelrange arget argetrange argrep arinfo
    arinsert arlastitems arlen armget armset arnext arop arring arscan arseek arset auth bgrewriteaof bgsave
    bitcount bitfield bitfield_ro bitop bitpos blmove blmovem blmpop blpop brpop brpoplpush bzmpop bzpopmax
    bzpopmin client_getname client_getredir client_id client_info client_kill client_kill_filter client_list
    client_no_evict client_no_touch client_pause client_reply client_setinfo client_setname client_tracking
    client_tracking_off client_tracking_on client_trackinginfo client_unblock client_unpause cluster command
    command_count command_docs command_getkeys command_getkeysandflags command_info command_list config_get
    config_resetstat config_rewrite config_set copy dbsize debug_object debug_segfault decr decrby delete delex
    digest digest_local dump echo eval eval_ro evalsha evalsha_ro exists expire expireat expiretime failover
    fcall fcall_ro flushall flushdb function_delete function_dump function_flush function_kill function_list
    function_load function_restore function_stats geoadd geodist geohash geopos georadius georadiusbymember
    geosearch geosearchstore get getbit getdel getex getrange getset hdel hello hexists hexpire hexpireat
    hexpiretime hget hgetall hgetdel hgetex himport_set hincrby hincrbyfloat hkeys hlen hmget hmset hotkeys_get
    hotkeys_reset hotkeys_start hotkeys_stop hpersist hpexpire hpexpireat hpexpiretime hpttl hrandfield hscan
    hset hsetex hsetnx hstrlen httl hvals incr incrby incrbyfloat increx info keys lastsave latency_doctor
    latency_graph latency_histogram latency_history latency_latest latency_reset lcs lindex linsert llen lmove
    lmovem lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim memory_doctor memory_help
    memory_malloc_stats memory_purge memory_stats memory_usage mget migrate module_list module_load
    module_loadex module_unload move mset msetex msetnx object persist pexpire pexpireat pexpiretime pfadd
    pfcount pfmerge ping psetex psync pttl publish pubsub_channels pubsub_numpat pubsub_numsub
    pubsub_shardchannels pubsub_shardnumsub quit randomkey readonly readwrite rename renamenx replicaof reset
    restore role rpop rpoplpush rpush rpushx sadd save scan scard script_debug script_exists script_flush
    script_kill script_load sdiff sdiffcard sdiffstore select sentinel_ckquorum sentinel_failover
    sentinel_flushconfig sentinel_get_master_addr_by_name sentinel_master sentinel_masters sentinel_monitor
    sentinel_remove sentinel_reset sentinel_sentinels sentinel_set sentinel_slaves set setbit setex setnx
    setrange shutdown sinter sintercard sinterstore sismember slaveof slowlog_get slowlog_len slowlog_reset
    smembers smismember smove sort sort_ro spop spublish srandmember srem sscan stralgo strlen substr sunion
    sunioncard sunionstore swapdb sync time touch ttl type unlink wait waitaof xack xackdel xadd xautoclaim
    xcfgset xclaim xdel xdelex xgroup_create xgroup_createconsumer xgroup_delconsumer xgroup_destroy
    xgroup_setid xinfo_consumers xinfo_groups xinfo_stream xlen xnack xpending xpending_range xrange xread
    xreadgroup xrevrange xtrim zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore
    zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex zrangebyscore zrangestore zrank zrem
    zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan
    zscore zunion zunionstore
""".split()
# These return an iterator, which asks the server whenever it needs more.
SCANS = ("hscan_iter", "scan_iter", "sscan_iter", "zscan_iter")
PUBSUB = """
    check_health execute_command get_message get_sharded_message parse_response ping psubscribe punsubscribe
    ssubscribe subscribe sunsubscribe unsubscribe
""".split()

_REQUEST = (
    *(
        Failure(kind, "redis.exceptions.ConnectionError")
        for kind in ("refused", "reset", "closed", "cut", "unresolved", "unreachable", "handshake")
    ),
    Failure("timeout", "redis.exceptions.TimeoutError"),
    Failure("rubbish", "redis.exceptions.InvalidResponse"),
    Failure("answered", "redis.exceptions.ResponseError"),
    Failure("answered", "redis.exceptions.AuthenticationError"),
    Failure("answered", "redis.exceptions.BusyLoadingError"),
)
_EXECUTE = (*_REQUEST, Failure("answered", "redis.exceptions.WatchError"))
_LOCK = (*_REQUEST, Failure("answered", "redis.exceptions.LockError"))

# It asks a node for the others, and says the same of whatever comes of that
_CLUSTER = tuple(
    Failure(kind, "redis.exceptions.RedisClusterException")
    for kind in ("refused", "reset", "closed", "cut", "timeout", "unresolved", "unreachable", "rubbish", "answered")
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "redis.cluster.RedisCluster",
        "connect",
        _CLUSTER,
        "tests/faults/test_redis.py::test_command",
        parameters=("host", "port"),
        address=("host", "port"),
        timeout="socket_connect_timeout",
    ),
    *(
        Operation(f"{owner}.{name}", "request", _REQUEST, f"tests/faults/test_redis.py::{source}", awaited=awaited)
        for owner, source, awaited in (
            ("redis.Redis", "test_command", False),
            ("redis.asyncio.Redis", "test_async_command", True),
        )
        for name in (*COMMANDS, "execute_command", "transaction")
    ),
    *(
        Operation(f"{owner}.{name}", "request", _REQUEST, f"tests/faults/test_redis.py::{source}")
        for owner, source in (("redis.Redis", "test_command"), ("redis.asyncio.Redis", "test_async_command"))
        for name in SCANS
    ),
    # a pipeline only notes its commands until it is executed
    *(
        Operation(
            f"{owner}.{name}",
            "request",
            _EXECUTE,
            f"tests/faults/test_redis.py::{source}",
            awaited=awaited,
        )
        for owner, source, awaited in (
            ("redis.client.Pipeline", "test_command", False),
            ("redis.asyncio.client.Pipeline", "test_async_command", True),
        )
        for name in ("execute", "immediate_execute_command", "unwatch", "watch")
    ),
    *(
        Operation(
            f"{owner}.{name}",
            "receive" if name in {"get_message", "get_sharded_message", "parse_response"} else "request",
            _REQUEST,
            f"tests/faults/test_redis.py::{source}",
            awaited=awaited,
        )
        for owner, source, awaited in (
            ("redis.client.PubSub", "test_command", False),
            ("redis.asyncio.client.PubSub", "test_async_command", True),
        )
        for name in PUBSUB
        if (owner, name) != ("redis.asyncio.client.PubSub", "get_sharded_message")
    ),
    *(
        Operation(f"{owner}.listen", "receive", _REQUEST, f"tests/faults/test_redis.py::{source}")
        for owner, source in (
            ("redis.client.PubSub", "test_command"),
            ("redis.asyncio.client.PubSub", "test_async_command"),
        )
    ),
    *(
        Operation(
            f"{owner}.{name}",
            "request",
            _LOCK,
            f"tests/faults/test_redis.py::{source}",
            awaited=awaited,
        )
        for owner, source, awaited in (
            ("redis.lock.Lock", "test_command", False),
            ("redis.asyncio.lock.Lock", "test_async_command", True),
        )
        for name in ("acquire", "extend", "locked", "owned", "reacquire", "release")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "redis.BlockingConnectionPool": ("redis.ConnectionPool",),
    "redis.ConnectionPool": ("object",),
    "redis.Redis": ("object",),
    "redis.Sentinel": ("object",),
    "redis.asyncio.BlockingConnectionPool": ("redis.asyncio.ConnectionPool",),
    "redis.asyncio.ConnectionPool": ("object",),
    "redis.asyncio.Redis": ("object",),
    "redis.asyncio.Sentinel": ("object",),
    "redis.asyncio.client.Pipeline": ("redis.asyncio.Redis",),
    "redis.asyncio.client.PubSub": ("object",),
    "redis.asyncio.lock.Lock": ("object",),
    "redis.asyncio.retry.Retry": ("object",),
    "redis.client.Pipeline": ("redis.Redis",),
    "redis.cluster.RedisCluster": ("object",),
    "redis.client.PubSub": ("object",),
    "redis.lock.Lock": ("object",),
    "redis.retry.Retry": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "redis.Redis.from_pool": "redis.Redis",
    "redis.Redis.from_url": "redis.Redis",
    "redis.Redis.lock": "redis.lock.Lock",
    "redis.Redis.pipeline": "redis.client.Pipeline",
    "redis.Redis.pubsub": "redis.client.PubSub",
    "redis.Sentinel.master_for": "redis.Redis",
    "redis.Sentinel.slave_for": "redis.Redis",
    "redis.ConnectionPool.from_url": "redis.ConnectionPool",
    "redis.asyncio.ConnectionPool.from_url": "redis.asyncio.ConnectionPool",
    "redis.asyncio.Redis.from_pool": "redis.asyncio.Redis",
    "redis.asyncio.Redis.from_url": "redis.asyncio.Redis",
    "redis.asyncio.Redis.lock": "redis.asyncio.lock.Lock",
    "redis.asyncio.Redis.pipeline": "redis.asyncio.client.Pipeline",
    "redis.asyncio.Redis.pubsub": "redis.asyncio.client.PubSub",
    "redis.asyncio.Sentinel.master_for": "redis.asyncio.Redis",
    "redis.asyncio.Sentinel.slave_for": "redis.asyncio.Redis",
    "redis.asyncio.from_url": "redis.asyncio.Redis",
    "redis.from_url": "redis.Redis",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "redis.RedisCluster": "redis.cluster.RedisCluster",
    "redis.StrictRedis": "redis.Redis",
    "redis.asyncio.StrictRedis": "redis.asyncio.Redis",
    "redis.asyncio.client.Redis": "redis.asyncio.Redis",
    "redis.asyncio.client.StrictRedis": "redis.asyncio.Redis",
    "redis.asyncio.connection.BlockingConnectionPool": "redis.asyncio.BlockingConnectionPool",
    "redis.asyncio.connection.ConnectionPool": "redis.asyncio.ConnectionPool",
    "redis.asyncio.sentinel.Sentinel": "redis.asyncio.Sentinel",
    "redis.asyncio.utils.from_url": "redis.asyncio.from_url",
    "redis.client.Redis": "redis.Redis",
    "redis.client.StrictRedis": "redis.Redis",
    "redis.connection.BlockingConnectionPool": "redis.BlockingConnectionPool",
    "redis.connection.ConnectionPool": "redis.ConnectionPool",
    "redis.sentinel.Sentinel": "redis.Sentinel",
    "redis.utils.from_url": "redis.from_url",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"{owner}.{name}"
            for owner in ("redis.Redis", "redis.asyncio.Redis")
            for name in """
                close from_pool from_url get_connection_kwargs get_encoder get_retry lock pipeline pubsub
                register_script set_response_callback set_retry
            """.split()
        ),
        *(
            f"{owner}.{name}"
            for owner in ("redis.client.PubSub", "redis.asyncio.client.PubSub")
            for name in ("close", "reset")
        ),
        "redis.ConnectionPool.*",
        "redis.Sentinel.master_for",
        "redis.Sentinel.slave_for",
        "redis.asyncio.ConnectionPool.*",
        "redis.asyncio.Redis.aclose",
        "redis.asyncio.Sentinel.master_for",
        "redis.asyncio.Sentinel.slave_for",
        "redis.asyncio.client.Pipeline.*",
        "redis.asyncio.from_url",
        "redis.client.Pipeline.*",
        "redis.from_url",
        "redis.retry.Retry.*",
    }
)

LIBRARY = Library(
    name="redis",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "redis.exceptions.ConnectionError",
            "redis.exceptions.RedisClusterException",
            "redis.exceptions.TimeoutError",
        }
    ),
    answers=frozenset(
        {
            "redis.exceptions.AuthenticationError",
            "redis.exceptions.AuthorizationError",
            "redis.exceptions.MaxConnectionsError",
        }
    ),
)
