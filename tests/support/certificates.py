"""Certificates for servers of the tests, signed by an authority that nobody trusts unless told to."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A server's certificate for this machine.

    Attributes:
        ca: the certificate of the authority that has signed it.
        chain: the certificate itself.
        key: its private key.
    """

    ca: Path
    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a server with this certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain, self.key)
        return context


def make_certificate(folder: Path, *names: str) -> Certificate:
    """Make a certificate, in PEM files in a folder.

    Args:
        folder: for the files.
        names: the names of the server; `localhost` and `127.0.0.1` if there are none.
    """
    trustme = pytest.importorskip("trustme", reason="needs the extra test")
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    made = authority.issue_cert(*(names or ("localhost", "127.0.0.1")))
    files = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority.cert_pem.write_to_path(files.ca)
    made.cert_chain_pems[0].write_to_path(files.chain)
    made.private_key_pem.write_to_path(files.key)
    return files
