"""The module inside a DISCOVER or NOVA server. To import this package, the server's library must be installed."""

from rbdm.server.module import RBDM

__all__ = ["RBDM"]
