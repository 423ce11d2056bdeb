"""The exception classes of pika 1.4.4; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "pika.adapters.utils.connection_workflow.AMQPConnectionWorkflowAborted": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectionWorkflowFailed": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectionWorkflowWrongState": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorAMQPHandshakeError": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorPhaseErrorBase",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorAborted": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorException": ("Exception",),
    "pika.adapters.utils.connection_workflow.AMQPConnectorPhaseErrorBase": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorSocketConnectError": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorPhaseErrorBase",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorStackTimeout": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorTransportSetupError": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorPhaseErrorBase",
    ),
    "pika.adapters.utils.connection_workflow.AMQPConnectorWrongState": (
        "pika.adapters.utils.connection_workflow.AMQPConnectorException",
    ),
    "pika.exceptions.AMQPChannelError": ("pika.exceptions.AMQPError",),
    "pika.exceptions.AMQPConnectionError": ("pika.exceptions.AMQPError",),
    "pika.exceptions.AMQPError": ("Exception",),
    "pika.exceptions.AMQPHeartbeatTimeout": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.AuthenticationError": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.BodyTooLongError": ("pika.exceptions.ProtocolSyntaxError",),
    "pika.exceptions.ChannelClosed": ("pika.exceptions.AMQPChannelError",),
    "pika.exceptions.ChannelClosedByBroker": ("pika.exceptions.ChannelClosed",),
    "pika.exceptions.ChannelClosedByClient": ("pika.exceptions.ChannelClosed",),
    "pika.exceptions.ChannelError": ("Exception",),
    "pika.exceptions.ChannelWrongStateError": ("pika.exceptions.AMQPChannelError",),
    "pika.exceptions.ConnectionBlockedTimeout": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ConnectionClosed": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ConnectionClosedByBroker": ("pika.exceptions.ConnectionClosed",),
    "pika.exceptions.ConnectionClosedByClient": ("pika.exceptions.ConnectionClosed",),
    "pika.exceptions.ConnectionOpenAborted": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ConnectionWrongStateError": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ConsumerCancelled": ("pika.exceptions.AMQPChannelError",),
    "pika.exceptions.DuplicateConsumerTag": ("pika.exceptions.AMQPChannelError",),
    "pika.exceptions.DuplicateGetOkCallback": ("pika.exceptions.ChannelError",),
    "pika.exceptions.IncompatibleProtocolError": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.InvalidChannelNumber": ("pika.exceptions.AMQPError",),
    "pika.exceptions.InvalidFieldTypeException": ("pika.exceptions.ProtocolSyntaxError",),
    "pika.exceptions.InvalidFrameError": ("pika.exceptions.ProtocolSyntaxError",),
    "pika.exceptions.MethodNotImplemented": ("pika.exceptions.AMQPError",),
    "pika.exceptions.NackError": ("pika.exceptions.AMQPChannelError",),
    "pika.exceptions.NoFreeChannels": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ProbableAccessDeniedError": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ProbableAuthenticationError": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.ProtocolSyntaxError": ("pika.exceptions.AMQPError",),
    "pika.exceptions.ProtocolVersionMismatch": ("pika.exceptions.ProtocolSyntaxError",),
    "pika.exceptions.ReentrancyError": ("Exception",),
    "pika.exceptions.ShortStringTooLong": ("pika.exceptions.AMQPError",),
    "pika.exceptions.StreamLostError": ("pika.exceptions.AMQPConnectionError",),
    "pika.exceptions.UnexpectedFrameError": ("pika.exceptions.ProtocolSyntaxError",),
    "pika.exceptions.UnroutableError": ("pika.exceptions.AMQPChannelError",),
    "pika.exceptions.UnsupportedAMQPFieldException": ("pika.exceptions.ProtocolSyntaxError",),
}

ALIASES: dict[str, str] = {}
