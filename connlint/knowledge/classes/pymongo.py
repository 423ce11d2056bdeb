"""The exception classes of pymongo 4.20.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "bson.errors.BSONError": ("Exception",),
    "bson.errors.InvalidBSON": ("bson.errors.BSONError",),
    "bson.errors.InvalidDocument": ("bson.errors.BSONError",),
    "bson.errors.InvalidId": ("bson.errors.BSONError",),
    "bson.errors.InvalidStringData": ("bson.errors.BSONError",),
    "gridfs.errors.CorruptGridFile": ("gridfs.errors.GridFSError",),
    "gridfs.errors.FileExists": ("gridfs.errors.GridFSError",),
    "gridfs.errors.GridFSError": ("pymongo.errors.PyMongoError",),
    "gridfs.errors.NoFile": ("gridfs.errors.GridFSError",),
    "pymongo.errors.AutoReconnect": ("pymongo.errors.ConnectionFailure",),
    "pymongo.errors.BulkWriteError": ("pymongo.errors.OperationFailure",),
    "pymongo.errors.ClientBulkWriteException": ("pymongo.errors.OperationFailure",),
    "pymongo.errors.CollectionInvalid": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.ConfigurationError": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.ConnectionFailure": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.CursorNotFound": ("pymongo.errors.OperationFailure",),
    "pymongo.errors.DocumentTooLarge": ("bson.errors.InvalidDocument",),
    "pymongo.errors.DuplicateKeyError": ("pymongo.errors.WriteError",),
    "pymongo.errors.EncryptedCollectionError": ("pymongo.errors.EncryptionError",),
    "pymongo.errors.EncryptionError": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.ExecutionTimeout": ("pymongo.errors.OperationFailure",),
    "pymongo.errors.InvalidName": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.InvalidOperation": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.InvalidURI": ("pymongo.errors.ConfigurationError",),
    "pymongo.errors.NetworkTimeout": ("pymongo.errors.AutoReconnect",),
    "pymongo.errors.NotPrimaryError": ("pymongo.errors.AutoReconnect",),
    "pymongo.errors.OperationFailure": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.ProtocolError": ("pymongo.errors.PyMongoError",),
    "pymongo.errors.PyMongoError": ("Exception",),
    "pymongo.errors.ServerSelectionTimeoutError": ("pymongo.errors.AutoReconnect",),
    "pymongo.errors.WTimeoutError": ("pymongo.errors.WriteConcernError",),
    "pymongo.errors.WaitQueueTimeoutError": ("pymongo.errors.ConnectionFailure",),
    "pymongo.errors.WriteConcernError": ("pymongo.errors.OperationFailure",),
    "pymongo.errors.WriteError": ("pymongo.errors.OperationFailure",),
    "pymongo.errors._OperationCancelled": ("pymongo.errors.AutoReconnect",),
}

ALIASES: dict[str, str] = {
    "gridfs.errors.PyMongoError": "pymongo.errors.PyMongoError",
    "pymongo.errors.InvalidDocument": "bson.errors.InvalidDocument",
}
