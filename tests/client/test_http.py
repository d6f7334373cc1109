"""Addresses as people write them, and one clear line for a server that does not answer or is no DISCOVER."""

import ssl
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rbdm.client.client import Client
from rbdm.client.http import Unreachable, _trusting
from rbdm.errors import OptionError
from tests.support.certificates import Certificate, make_certificate
from tests.support.fixture_types import Rbdm
from tests.support.recorder import Recorder, serving


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("http://lab:8080", "http://lab:8080"),
        ("http://lab:8080///", "http://lab:8080"),
        ("lab:8080", "http://lab:8080"),
        ("lab", "http://lab"),
        ("https://lab/discover/", "https://lab/discover"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_addresses_are_completed(url: str, meant: str) -> None:
    assert Client(url).url == meant


@pytest.mark.parametrize("url", ["", "ftp://lab", "http://", "http://lab:port", "http://lab:99999", "http://lab/?a=b"])
def test_wrong_addresses(url: str) -> None:
    with pytest.raises(OptionError, match="not the address of a server"):
        Client(url)


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(OptionError) as error:
        Client("http://ann:secret@lab:8080")
    assert "secret" not in str(error.value)


def test_no_server(rbdm: Rbdm, face_clip: tuple[Path, Path]) -> None:
    code, out, err = rbdm("submit", "--server", "http://127.0.0.1:9", face_clip[0])
    assert (code, out) == (1, [])
    assert err == ["rbdm: http://127.0.0.1:9: nothing listens there: is the server running, and is the port right?"]


def test_a_server_that_is_not_discover(rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with serving(Recorder(Quiet)) as web:
        code, out, err = rbdm("submit", "--server", web.url, face_clip[0])
    assert (code, out, len(err)) == (1, [], 1)
    assert "this does not seem to be a DISCOVER server: it answers cml_info with 501" in err[0]


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        (200, b"<html>hello</html>", "its answer to cml_info is not JSON"),
        (200, b'{"hello": 1}', "it cannot list its modules"),
        (404, b"", "it answers cml_info with 404"),
        (500, b"", "the server failed at cml_info (500"),
        (503, b"", "no answer from the server behind its proxy (503"),
        (302, b"", "redirects to https://elsewhere.invalid/process: use that address"),
        (426, b"HTTPS required", "the server wants https"),
        (400, b"only speaks HTTPS on this port", "the server wants https"),
    ],
)
def test_answers_that_discover_does_not_give(
    recorder: Recorder, rbdm: Rbdm, face_clip: tuple[Path, Path], code: int, body: bytes, message: str
) -> None:
    recorder.answers["cml_info"] = [(code, body)]
    exit_code, out, err = rbdm("submit", "--server", recorder.url, face_clip[0])
    assert (exit_code, out, len(err)) == (1, [], 1)
    assert message in err[0] and recorder.url in err[0]
    assert not recorder.forms


def test_a_proxy_is_not_asked_for_a_server_on_this_machine(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    Client(recorder.url).jobs()
    Client(recorder.url.replace("127.0.0.1", "localhost")).jobs()
    with pytest.raises(Unreachable, match="through the proxy"):
        Client("http://lab.invalid:8080").jobs()


def test_https_where_the_server_speaks_http(recorder: Recorder) -> None:
    with pytest.raises(Unreachable, match="does not speak https: write http://"):
        Client(recorder.url.replace("http:", "https:")).jobs()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def safe(certificate: Certificate) -> Iterator[Recorder]:
    """A server that speaks https only."""
    with serving(Recorder(certificate=certificate)) as running:
        yield running


def test_a_certificate_of_ones_own(safe: Recorder, certificate: Certificate, rbdm: Rbdm, face_clip: Any) -> None:
    """The certificate of the authority and that of the server itself are as good."""
    for trusted in (certificate.ca, certificate.chain):
        assert Client(safe.url, ca=trusted).jobs() == []
    code, out, err = rbdm("submit", "--server", safe.url, "--ca", certificate.ca, face_clip[0])
    assert code == 0 and len(safe.forms) == 1, (out, err)
    assert rbdm("submit", "--server", safe.url, "--insecure", face_clip[0])[0] == 0


def test_a_certificate_that_nobody_knows(safe: Recorder, rbdm: Rbdm, face_clip: Any, tmp_path: Path) -> None:
    code, _, err = rbdm("submit", "--server", safe.url, face_clip[0])
    assert code == 1 and len(err) == 1 and "certificate is not trusted" in err[0] and "--ca" in err[0]
    other = make_certificate(tmp_path / "other")
    with pytest.raises(Unreachable, match="certificate is not trusted"):
        Client(safe.url, ca=other.ca).jobs()
    assert not safe.forms


def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    lab = make_certificate(tmp_path, "lab.invalid")
    with serving(Recorder(certificate=lab)) as web, pytest.raises(Unreachable, match=r"not valid for '127\.0\.0\.1'"):
        Client(web.url, ca=lab.ca).jobs()


@pytest.mark.parametrize(
    ("url", "insecure", "content", "message"),
    [
        ("https://lab", False, None, "cannot be read: No such file"),
        ("https://lab", False, b"nothing", "must be a PEM file"),
        ("https://lab", True, b"", "--insecure trusts any certificate"),
        ("http://lab", False, b"", "write https://"),
    ],
)
def test_certificates_that_cannot_be_used(
    tmp_path: Path, url: str, insecure: bool, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(OptionError, match=message) as error:
        Client(url, insecure, tmp_path / "ca.pem")
    assert f"--ca {tmp_path / 'ca.pem'}" in str(error.value)


def test_a_certificate_of_ones_own_adds_to_those_of_the_system(certificate: Certificate) -> None:
    context = _trusting(certificate.ca)
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert len(context.get_ca_certs()) == len(ssl.create_default_context().get_ca_certs()) + 1
