"""The exception classes of paho-mqtt 2.2.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "paho.mqtt.client.WebsocketConnectionError": ("ConnectionError",),
    "paho.mqtt.exception.MQTTException": ("Exception",),
    "paho.mqtt.exception.MalformedPacket": ("paho.mqtt.exception.MQTTException",),
    "paho.mqtt.subscribeoptions.MQTTException": ("Exception",),
}

ALIASES: dict[str, str] = {
    "paho.mqtt.MQTTException": "paho.mqtt.exception.MQTTException",
    "paho.mqtt.client.MalformedPacket": "paho.mqtt.exception.MalformedPacket",
}
