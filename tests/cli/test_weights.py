"""`rbdm weights` lists, fetches and checks weights, and says which file is damaged or not there."""

import io
from pathlib import Path

import pooch
import pytest

from rbdm.network.weights import find_weights
from tests.support.bundle import sha256


def test_downloads_with_a_wrong_hash_in_the_cache_are_one_line(damaged_weights, picture, tmp_path, rbdm):
    cached = tmp_path / "cache" / "rbdm" / "official.h5"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"tampered with")
    for arguments in (["annotate", picture, "--out", tmp_path / "out"], ["weights", "fetch", "official", "--yes"]):
        code, out, err = rbdm(*arguments)
        assert (code, out, len(err)) == (1, [], 1)
        assert str(cached) in err[0]


def test_weights_that_cannot_be_downloaded_are_one_line_after_their_licence(damaged_weights, rbdm):
    code, out, err = rbdm("weights", "fetch", "official", "--yes")
    assert (code, out, len(err)) == (1, [], 2)
    assert "the licence CC BY-NC-ND 4.0. You may use them for non-commercial purposes only." in err[0]
    assert "http://127.0.0.1:9/official.h5" in err[1]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the downloads; each gives a file. Standard input is a terminal."""
    addresses: list[str] = []

    def retrieve(url: str, known_hash: str, name: str, folder: Path, **_: object) -> str:
        addresses.append(url)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"official")
        return str(folder / name)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    monkeypatch.setattr("sys.stdin", Terminal())
    return addresses


class Terminal(io.StringIO):
    """A keyboard on which an answer has been typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_fetch_shows_the_licence_and_downloads_only_after_a_yes(
    damaged_weights, asked, rbdm, monkeypatch, answer, code
):
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    found, out, err = rbdm("weights", "fetch", "official")
    assert found == code
    assert "CC BY-NC-ND 4.0" in err[0] and "non-commercial" in err[0]
    assert "Do you agree to this licence? [y/N]" in err[1]
    assert bool(asked) == bool("".join(out).strip()) == (code == 0)
    assert ("did not agree" in err[-1]) == (code == 1)


def test_fetch_asks_once(damaged_weights, asked, rbdm, tmp_path):
    cached = tmp_path / "cache" / "rbdm" / "official.h5"
    damaged_weights.parent.joinpath("manifest.json").write_text(
        damaged_weights.parent.joinpath("manifest.json").read_text().replace("1" * 64, sha256(b"official"))
    )
    assert rbdm("weights", "fetch", "official", "--yes")[0] == 0
    assert rbdm("weights", "fetch", "official") == (0, [str(cached)], [])
    assert len(asked) == 1


def test_fetch_without_a_terminal_is_an_error_that_names_yes(damaged_weights, asked, rbdm, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, out, err = rbdm("weights", "fetch", "official")
    assert (code, out, len(err), asked) == (1, [], 1, [])
    assert "CC BY-NC-ND 4.0" in err[0] and "rbdm weights fetch official --yes" in err[0]


@pytest.mark.parametrize("command", [["annotate", "a.mp4"], ["evaluate", "faces.csv"]])
def test_official_weights_that_were_not_fetched_are_an_error_that_says_how(damaged_weights, asked, rbdm, command):
    code, out, err = rbdm(*command, "--weights", "official")
    assert (code, out, len(err), asked) == (1, [], 1, [])


@pytest.mark.parametrize("command", [["annotate", "a.mp4", "--weights"], ["weights", "check"]])
def test_weights_that_are_not_there_are_one_line_that_lists_the_names(rbdm, command):
    code, out, err = rbdm(*command, "missing.h5")
    assert (code, out, len(err)) == (1, [], 1)
    assert "missing.h5" in err[0]
    assert all(name in err[0] for name in ("auto", "open", "official"))


def test_weights_check_says_what_is_known_of_a_file(rbdm):
    shipped = find_weights("open")
    code, out, err = rbdm("weights", "check", shipped.path)
    assert (code, err) == (0, [])
    text = "\n".join(out)
    for known in (str(shipped.path), shipped.sha256, shipped.entry.name, "MIT", shipped.entry.color):
        assert known in text


def test_weights_list_names_all_and_says_in_full_where_they_are(rbdm, tmp_path, monkeypatch):
    monkeypatch.setenv("CACHE_DIR", str(tmp_path))
    code, out, err = rbdm("weights", "list")
    assert (code, err) == (0, [])
    text = "".join(out)
    for known in ("open", "official", "CC BY-NC-ND 4.0", str(find_weights("open").path)):
        assert known in text
    assert "/releases/download/rbdm-weights-v1/MobileNetV2_RMSE_E060_L10.8965_RMSE0.3812.h5" in text


def test_weights_fetch_of_those_that_come_along_says_where_they_are(rbdm):
    code, out, err = rbdm("weights", "fetch", "open")
    assert (code, err) == (0, [])
    assert str(find_weights("open").path) in out[0]
    code, out, err = rbdm("weights", "fetch", "opne")
    assert (code, out, len(err)) == (1, [], 1)
    assert all(name in err[0] for name in ("open", "official"))
