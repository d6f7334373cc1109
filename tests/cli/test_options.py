"""The command line has every option of an annotation, and a wrong value is one line that names the option."""

from dataclasses import fields

import pytest

from rbdm.options import SAVING_OPTIONS, Options


@pytest.mark.parametrize(("command", "without"), [("annotate", SAVING_OPTIONS), ("submit", ())])
def test_every_option_of_the_trainer_is_one_of_the_command(rbdm, command, without):
    code, out, _ = rbdm(command, "--help")
    assert code == 0
    for field in fields(Options):
        assert (f"--{field.name.replace('_', '-')}" in "\n".join(out)) is (field.name not in without)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--nonsense", "1"], "--nonsense"),
        (["--batch-size", "0"], "batch_size"),
        (["--batch-size", "5000"], "batch_size"),
        (["--batch-size", "many"], "--batch-size"),
        (["--num-expressions", "7"], "num_expressions"),
        (["--face-confidence", "1.5"], "face_confidence"),
        (["--face-confidence", "nan"], "face_confidence"),
        (["--smoothing-ms", "-1"], "smoothing_ms"),
        (["--device", "tpu"], "device"),
        (["--weights", ""], "weights"),
    ],
)
def test_a_bad_option_is_one_line_that_names_it(rbdm, picture, tmp_path, arguments, named):
    code, out, err = rbdm("annotate", picture, "--out", tmp_path / "out", *arguments)
    assert (code, out, len(err)) == (1, [], 1)
    assert err[0].startswith("rbdm: ")
    assert named in err[0]
    assert not (tmp_path / "out").exists()
