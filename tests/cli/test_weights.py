"""`rbdm weights` lists, fetches and checks weights, and says which file is damaged or not there."""

import pytest

from rbdm.network.weights import find_weights


def test_downloads_with_a_wrong_hash_in_the_cache_are_one_line(damaged_weights, picture, tmp_path, rbdm):
    cached = tmp_path / "cache" / "rbdm" / "official.h5"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"tampered with")
    for arguments in (["annotate", picture, "--out", tmp_path / "out"], ["weights", "fetch", "official"]):
        code, out, err = rbdm(*arguments)
        assert (code, out, len(err)) == (1, [], 1)
        assert str(cached) in err[0]


def test_weights_that_cannot_be_downloaded_are_one_line(damaged_weights, rbdm):
    code, out, err = rbdm("weights", "fetch", "official")
    assert (code, out, len(err)) == (1, [], 1)
    assert "http://127.0.0.1:9/official.h5" in err[0]


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
