"""The command `rbdm`: help, version, exit codes, and one line for wrong usage and interruptions."""

import pytest

import rbdm as package
from rbdm.annotator import Annotator
from tests.support.command_line import CPU, contents


@pytest.mark.parametrize("arguments", [["annotate"], ["annotate", "--faces"], ["nonsense"], ["weights", "nonsense"]])
def test_wrong_usage_is_one_line_and_exit_code_2(rbdm, arguments):
    code, out, err = rbdm(*arguments)
    assert (code, out, len(err)) == (2, [], 1)


@pytest.mark.parametrize(("arguments", "lists"), [([], "annotate"), (["weights"], "fetch")])
def test_no_arguments_shows_help_that_can_be_read(rbdm, arguments, lists):
    code, out, err = rbdm(*arguments)
    assert code == 2
    assert len(out + err) > 5
    assert any(line.split()[:1] == [lists] for line in out + err)


def test_help_and_version(rbdm):
    for command in ([], ["annotate"], ["weights"], ["weights", "check"], ["install"], ["demo"]):
        assert rbdm(*command, "--help")[0] == 0
    assert rbdm("--version") == (0, [package.__version__], [])


def test_an_interruption_is_one_line(rbdm, picture, tmp_path, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Annotator, "annotate", interrupt)
    code, out, err = rbdm("annotate", picture, "--out", tmp_path, *CPU)
    assert (code, out, err) == (130, [], ["rbdm: interrupted"])
    assert contents(tmp_path) == {}
