"""What is known of PyMongo 4, with and without asyncio.

A client connects in the background and looks for a server again before each command, until its selection timeout has
passed: who is not there, refuses or has no address is always a `ServerSelectionTimeoutError`. A line that is lost under
a command is an `AutoReconnect`. Both derive from pymongo's own `ConnectionFailure`, and from no builtin.
"""

from __future__ import annotations

from connlint.knowledge.classes import pymongo as classes
from connlint.knowledge.model import Failure, Library, Operation

_COMMAND = (
    *(
        Failure(kind, "pymongo.errors.ServerSelectionTimeoutError")
        for kind in ("refused", "reset", "closed", "cut", "timeout", "unresolved", "unreachable", "rubbish")
    ),
    *(Failure(kind, "pymongo.errors.AutoReconnect") for kind in ("reset", "closed", "cut")),
    Failure("timeout", "pymongo.errors.NetworkTimeout"),
    Failure("answered", "pymongo.errors.NotPrimaryError"),
    Failure("answered", "pymongo.errors.OperationFailure"),
)
_SYNC_COMMAND = (*_COMMAND, Failure("rubbish", "pymongo.errors.ProtocolError"))
# Whether the reader that waits or the transport hears first of an answer that is none is a race
_RACE = "https://github.com/mongodb/mongo-python-driver/blob/master/pymongo/network_layer.py"
_ASYNC_COMMAND = (
    *_COMMAND,
    Failure("rubbish", "pymongo.errors.AutoReconnect", source=_RACE),
    Failure("rubbish", "pymongo.errors.ProtocolError", source=_RACE),
)
CLIENT = "drop_database list_database_names list_databases server_info"
DATABASE = "aggregate command create_collection drop_collection list_collection_names list_collections"
COLLECTION = """
    aggregate bulk_write count_documents create_index create_indexes delete_many delete_one distinct drop drop_index
    drop_indexes estimated_document_count find_one find_one_and_delete find_one_and_replace find_one_and_update
    index_information insert_many insert_one list_indexes options rename replace_one update_many update_one
"""
CURSOR = "next to_list"
_OWNERS = {
    "pymongo.MongoClient": CLIENT,
    "pymongo.database.Database": DATABASE,
    "pymongo.collection.Collection": COLLECTION,
    "pymongo.cursor.Cursor": CURSOR,
    "pymongo.command_cursor.CommandCursor": CURSOR,
}
_ASYNC_OWNERS = {
    "pymongo.AsyncMongoClient": f"aconnect {CLIENT}",
    "pymongo.asynchronous.database.AsyncDatabase": DATABASE,
    "pymongo.asynchronous.collection.AsyncCollection": COLLECTION,
    "pymongo.asynchronous.cursor.AsyncCursor": CURSOR,
    "pymongo.asynchronous.command_cursor.AsyncCommandCursor": CURSOR,
}

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(f"{owner}.{name}", "request", _SYNC_COMMAND, "tests/faults/test_pymongo.py::test_command")
        for owner, names in _OWNERS.items()
        for name in names.split()
    ),
    *(
        Operation(
            f"{owner}.{name}",
            "request",
            _ASYNC_COMMAND,
            "tests/faults/test_pymongo.py::test_async_command",
            awaited=True,
        )
        for owner, names in _ASYNC_OWNERS.items()
        for name in names.split()
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    **dict.fromkeys((*_OWNERS, *_ASYNC_OWNERS), ("object",)),
}

# A database and a collection are asked for by name, as an attribute or as an item
_NAMED = {
    "pymongo.AsyncMongoClient": "pymongo.asynchronous.database.AsyncDatabase",
    "pymongo.MongoClient": "pymongo.database.Database",
    "pymongo.asynchronous.database.AsyncDatabase": "pymongo.asynchronous.collection.AsyncCollection",
    "pymongo.database.Database": "pymongo.collection.Collection",
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    **{f"{owner}.__getitem__": named for owner, named in _NAMED.items()},
    "pymongo.AsyncMongoClient.get_database": "pymongo.asynchronous.database.AsyncDatabase",
    "pymongo.AsyncMongoClient.get_default_database": "pymongo.asynchronous.database.AsyncDatabase",
    "pymongo.MongoClient.get_database": "pymongo.database.Database",
    "pymongo.MongoClient.get_default_database": "pymongo.database.Database",
    "pymongo.asynchronous.collection.AsyncCollection.aggregate": (
        "pymongo.asynchronous.command_cursor.AsyncCommandCursor"
    ),
    "pymongo.asynchronous.collection.AsyncCollection.find": "pymongo.asynchronous.cursor.AsyncCursor",
    "pymongo.asynchronous.database.AsyncDatabase.get_collection": ("pymongo.asynchronous.collection.AsyncCollection"),
    "pymongo.collection.Collection.aggregate": "pymongo.command_cursor.CommandCursor",
    "pymongo.collection.Collection.find": "pymongo.cursor.Cursor",
    "pymongo.database.Database.get_collection": "pymongo.collection.Collection",
    **{
        f"{cursor}.{name}": cursor
        for cursor in ("pymongo.cursor.Cursor", "pymongo.asynchronous.cursor.AsyncCursor")
        for name in ("batch_size", "hint", "limit", "skip", "sort")
    },
}

ATTRIBUTES: dict[str, str] = {f"{owner}.*": named for owner, named in _NAMED.items()}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "pymongo.asynchronous.mongo_client.AsyncMongoClient": "pymongo.AsyncMongoClient",
    "pymongo.mongo_client.MongoClient": "pymongo.MongoClient",
    "pymongo.synchronous.collection.Collection": "pymongo.collection.Collection",
    "pymongo.synchronous.command_cursor.CommandCursor": "pymongo.command_cursor.CommandCursor",
    "pymongo.synchronous.cursor.Cursor": "pymongo.cursor.Cursor",
    "pymongo.synchronous.database.Database": "pymongo.database.Database",
    "pymongo.synchronous.mongo_client.MongoClient": "pymongo.MongoClient",
}

# What only prepares, and what is no database or collection by its name
HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"{client}.{name}"
            for client in ("pymongo.AsyncMongoClient", "pymongo.MongoClient")
            for name in """
                HOST PORT address append_metadata arbiters close codec_options eq_props get_database
                get_default_database is_mongos is_primary next nodes options primary read_concern read_preference
                secondaries start_session topology_description write_concern
            """.split()
        ),
        *(
            f"{database}.{name}"
            for database in ("pymongo.asynchronous.database.AsyncDatabase", "pymongo.database.Database")
            for name in """
                client codec_options get_collection name next read_concern read_preference with_options write_concern
            """.split()
        ),
        *(
            f"{collection}.{name}"
            for collection in ("pymongo.asynchronous.collection.AsyncCollection", "pymongo.collection.Collection")
            for name in ("find", "with_options")
        ),
        *(
            f"{cursor}.{name}"
            for cursor in ("pymongo.asynchronous.cursor.AsyncCursor", "pymongo.cursor.Cursor")
            for name in ("batch_size", "clone", "close", "hint", "limit", "skip", "sort")
        ),
        "pymongo.AsyncMongoClient.aclose",
    }
)

LIBRARY = Library(
    name="pymongo",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"pymongo.errors.ConnectionFailure"}),
    answers=frozenset({"pymongo.errors.NotPrimaryError"}),
    attributes=ATTRIBUTES,
)
