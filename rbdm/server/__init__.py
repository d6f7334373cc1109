"""The module as a DISCOVER or NOVA server sees it. Importing it needs the server's library."""

from rbdm.server.module import RBDM

__all__ = ["RBDM"]
