"""What is known of the standard library."""

from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(
    name="stdlib",
    aliases={
        "socket.error": "OSError",
        "select.error": "OSError",
        "IOError": "OSError",
        "EnvironmentError": "OSError",
        "socket.timeout": "TimeoutError",
        "asyncio.TimeoutError": "TimeoutError",
        "concurrent.futures.TimeoutError": "TimeoutError",
    },
    bases={
        "asyncio.IncompleteReadError": ("EOFError",),
        "ftplib.Error": ("Exception",),
        "http.client.BadStatusLine": ("http.client.HTTPException",),
        "http.client.HTTPException": ("Exception",),
        "http.client.IncompleteRead": ("http.client.HTTPException",),
        "http.client.RemoteDisconnected": ("ConnectionResetError", "http.client.BadStatusLine"),
        "imaplib.IMAP4.abort": ("imaplib.IMAP4.error",),
        "imaplib.IMAP4.error": ("Exception",),
        "smtplib.SMTPConnectError": ("smtplib.SMTPResponseException",),
        "smtplib.SMTPException": ("OSError",),
        "smtplib.SMTPResponseException": ("smtplib.SMTPException",),
        "smtplib.SMTPServerDisconnected": ("smtplib.SMTPException",),
        "socket.gaierror": ("OSError",),
        "socket.herror": ("OSError",),
        "ssl.SSLError": ("OSError",),
        "urllib.error.URLError": ("OSError",),
        "urllib.error.HTTPError": ("urllib.error.URLError", "urllib.response.addinfourl"),
    },
    operations=(),
    returns={},
    connection_failures=frozenset(
        {
            "ConnectionError",
            "TimeoutError",
            "asyncio.IncompleteReadError",
            "http.client.IncompleteRead",
            "http.client.RemoteDisconnected",
            "imaplib.IMAP4.abort",
            "smtplib.SMTPConnectError",
            "smtplib.SMTPServerDisconnected",
            "socket.gaierror",
            "ssl.SSLError",
            "urllib.error.URLError",
        }
    ),
)
