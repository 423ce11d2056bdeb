"""The exception classes of aiosmtplib 5.1.3; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "aiosmtplib.SMTPAuthenticationError": ("aiosmtplib.SMTPResponseException",),
    "aiosmtplib.SMTPConnectError": ("aiosmtplib.SMTPException", "ConnectionError"),
    "aiosmtplib.SMTPConnectResponseError": ("aiosmtplib.SMTPResponseException", "aiosmtplib.SMTPConnectError"),
    "aiosmtplib.SMTPConnectTimeoutError": ("aiosmtplib.SMTPTimeoutError", "aiosmtplib.SMTPConnectError"),
    "aiosmtplib.SMTPDataError": ("aiosmtplib.SMTPResponseException",),
    "aiosmtplib.SMTPException": ("Exception",),
    "aiosmtplib.SMTPHeloError": ("aiosmtplib.SMTPResponseException",),
    "aiosmtplib.SMTPNotSupported": ("aiosmtplib.SMTPException",),
    "aiosmtplib.SMTPReadTimeoutError": ("aiosmtplib.SMTPTimeoutError",),
    "aiosmtplib.SMTPRecipientRefused": ("aiosmtplib.SMTPResponseException",),
    "aiosmtplib.SMTPRecipientsRefused": ("aiosmtplib.SMTPException",),
    "aiosmtplib.SMTPResponseException": ("aiosmtplib.SMTPException",),
    "aiosmtplib.SMTPSenderRefused": ("aiosmtplib.SMTPResponseException",),
    "aiosmtplib.SMTPServerDisconnected": ("aiosmtplib.SMTPException", "ConnectionError"),
    "aiosmtplib.SMTPTimeoutError": ("aiosmtplib.SMTPException", "TimeoutError"),
}

ALIASES: dict[str, str] = {
    "aiosmtplib.errors.SMTPAuthenticationError": "aiosmtplib.SMTPAuthenticationError",
    "aiosmtplib.errors.SMTPConnectError": "aiosmtplib.SMTPConnectError",
    "aiosmtplib.errors.SMTPConnectResponseError": "aiosmtplib.SMTPConnectResponseError",
    "aiosmtplib.errors.SMTPConnectTimeoutError": "aiosmtplib.SMTPConnectTimeoutError",
    "aiosmtplib.errors.SMTPDataError": "aiosmtplib.SMTPDataError",
    "aiosmtplib.errors.SMTPException": "aiosmtplib.SMTPException",
    "aiosmtplib.errors.SMTPHeloError": "aiosmtplib.SMTPHeloError",
    "aiosmtplib.errors.SMTPNotSupported": "aiosmtplib.SMTPNotSupported",
    "aiosmtplib.errors.SMTPReadTimeoutError": "aiosmtplib.SMTPReadTimeoutError",
    "aiosmtplib.errors.SMTPRecipientRefused": "aiosmtplib.SMTPRecipientRefused",
    "aiosmtplib.errors.SMTPRecipientsRefused": "aiosmtplib.SMTPRecipientsRefused",
    "aiosmtplib.errors.SMTPResponseException": "aiosmtplib.SMTPResponseException",
    "aiosmtplib.errors.SMTPSenderRefused": "aiosmtplib.SMTPSenderRefused",
    "aiosmtplib.errors.SMTPServerDisconnected": "aiosmtplib.SMTPServerDisconnected",
    "aiosmtplib.errors.SMTPTimeoutError": "aiosmtplib.SMTPTimeoutError",
}
