"""The exception classes of websocket-client 1.9.2; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "websocket.WebSocketAddressException": ("websocket.WebSocketException",),
    "websocket.WebSocketBadStatusException": ("websocket.WebSocketException",),
    "websocket.WebSocketConnectionClosedException": ("websocket.WebSocketException",),
    "websocket.WebSocketException": ("Exception",),
    "websocket.WebSocketPayloadException": ("websocket.WebSocketException",),
    "websocket.WebSocketProtocolException": ("websocket.WebSocketException",),
    "websocket.WebSocketProxyException": ("websocket.WebSocketException",),
    "websocket.WebSocketTimeoutException": ("websocket.WebSocketException",),
    "websocket._http.ProxyConnectionError": ("Exception",),
    "websocket._http.ProxyError": ("Exception",),
    "websocket._http.ProxyTimeoutError": ("Exception",),
}

ALIASES: dict[str, str] = {
    "websocket._exceptions.WebSocketAddressException": "websocket.WebSocketAddressException",
    "websocket._exceptions.WebSocketBadStatusException": "websocket.WebSocketBadStatusException",
    "websocket._exceptions.WebSocketConnectionClosedException": "websocket.WebSocketConnectionClosedException",
    "websocket._exceptions.WebSocketException": "websocket.WebSocketException",
    "websocket._exceptions.WebSocketPayloadException": "websocket.WebSocketPayloadException",
    "websocket._exceptions.WebSocketProtocolException": "websocket.WebSocketProtocolException",
    "websocket._exceptions.WebSocketProxyException": "websocket.WebSocketProxyException",
    "websocket._exceptions.WebSocketTimeoutException": "websocket.WebSocketTimeoutException",
}
