"""The secret of a running app, and what is made of it: the opening address, the cookie, the key of the results."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

_VALID = 600.0
"""Seconds in which an address can be used: a browser may take long to start."""


class Keys:
    """The keys of one running app.

    Args:
        secret: the secret; by default, a new one.
        clock: seconds since 1970.
    """

    def __init__(self, secret: str = "", clock: Callable[[], float] = time.time) -> None:
        self.secret = secret or secrets.token_urlsafe(32)
        self.cookie = self._sign("cookie")
        """What the browser sends with each request."""
        self.results = self._sign("results")
        """A part of the addresses of results: a report has no cookie, because its scripts must not use the app."""
        self._clock = clock
        self._used: dict[str, float] = {}

    def ticket(self) -> str:
        """A text for the address that opens the app. It is valid once, and for some minutes.

        Other users of this machine can read the address in the list of processes, and it stays in the browser's
        history. So it must be of no use to whoever comes second.
        """
        head = f"{secrets.token_urlsafe(12)}.{int(self._clock())}"
        return f"{head}.{self._sign(head)}"

    def accept(self, ticket: str) -> bool:
        """Whether a ticket is valid; it is not valid again after this."""
        head, _, signature = ticket.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(head).encode()):
            return False
        now, made = self._clock(), float(head.rpartition(".")[2])
        self._used = {used: end for used, end in self._used.items() if end > now}
        if not 0 <= now - made + 1 <= _VALID or head in self._used:
            return False
        self._used[head] = made + _VALID
        return True

    def is_cookie(self, value: str) -> bool:
        """Whether a browser's cookie is the right one."""
        return hmac.compare_digest(value.encode(), self.cookie.encode())

    def is_results(self, value: str) -> bool:
        """Whether the key in the address of a result is the right one."""
        return hmac.compare_digest(value.encode(), self.results.encode())

    def _sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
