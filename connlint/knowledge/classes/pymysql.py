"""The exception classes of PyMySQL 1.2.4; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "pymysql.err.DataError": ("pymysql.err.DatabaseError",),
    "pymysql.err.DatabaseError": ("pymysql.err.Error",),
    "pymysql.err.Error": ("pymysql.err.MySQLError",),
    "pymysql.err.IntegrityError": ("pymysql.err.DatabaseError",),
    "pymysql.err.InterfaceError": ("pymysql.err.Error",),
    "pymysql.err.InternalError": ("pymysql.err.DatabaseError",),
    "pymysql.err.MySQLError": ("Exception",),
    "pymysql.err.NotSupportedError": ("pymysql.err.DatabaseError",),
    "pymysql.err.OperationalError": ("pymysql.err.DatabaseError",),
    "pymysql.err.ProgrammingError": ("pymysql.err.DatabaseError",),
}

ALIASES: dict[str, str] = {
    "pymysql.DataError": "pymysql.err.DataError",
    "pymysql.DatabaseError": "pymysql.err.DatabaseError",
    "pymysql.Error": "pymysql.err.Error",
    "pymysql.IntegrityError": "pymysql.err.IntegrityError",
    "pymysql.InterfaceError": "pymysql.err.InterfaceError",
    "pymysql.InternalError": "pymysql.err.InternalError",
    "pymysql.MySQLError": "pymysql.err.MySQLError",
    "pymysql.NotSupportedError": "pymysql.err.NotSupportedError",
    "pymysql.OperationalError": "pymysql.err.OperationalError",
    "pymysql.ProgrammingError": "pymysql.err.ProgrammingError",
}
