"""What fails is reported and costs one video; an interruption says how far the work is."""

from rbdm.annotator import Annotator
from tests.support.command_line import CPU, names, six_files


def test_nothing_found_is_a_failure_and_the_others_are_done(study, tmp_path, rbdm):
    (tmp_path / "empty").mkdir()
    code, out, err = rbdm("annotate", tmp_path / "empty", study / "*.avi", study / "b.mp4", *CPU)
    assert (code, len(out)) == (1, 1)
    assert "empty: there is no video in this folder; -r" in err[0]
    assert "*.avi: no file matches this pattern" in err[1]
    assert six_files("b") <= names(study)


def test_an_unexpected_error_stops_only_its_own_video(study, rbdm, monkeypatch):
    annotate = Annotator.annotate

    def surprised(self, video, *arguments, **how):
        if video.name == "a.MOV":
            raise ZeroDivisionError("what?")
        return annotate(self, video, *arguments, **how)

    monkeypatch.setattr(Annotator, "annotate", surprised)
    code, out, err = rbdm("annotate", study, *CPU)
    assert (code, len(out)) == (1, 1)
    assert any("a.MOV: unexpected ZeroDivisionError: what?" in line for line in err)


def test_a_summary_says_what_failed_and_why(study, rbdm):
    (study / "b.mp4").write_bytes(b"damaged")
    (study / "deeper" / "a.mp4").write_bytes(b"")
    code, out, err = rbdm("annotate", study, "-r", *CPU)
    assert (code, len(out), len(err)) == (1, 2, 5)
    assert err[2] == "2 of 4 videos failed:"
    assert err[3:] == [f"  {line.removeprefix('rbdm: ')}" for line in err[:2]]
    assert "b.mp4" in err[3] and "empty" in err[4]


def test_an_interruption_among_many_leaves_nothing_of_the_video_in_hand(study, rbdm, monkeypatch):
    annotate, done = Annotator.annotate, []

    def second_is_interrupted(self, video, *arguments, **how):
        done.append(video)
        if len(done) == 2:
            raise KeyboardInterrupt
        return annotate(self, video, *arguments, **how)

    monkeypatch.setattr(Annotator, "annotate", second_is_interrupted)
    code, out, err = rbdm("annotate", study, *CPU)
    assert (code, len(out)) == (130, 1)
    assert err == [f"stopped at {study / 'b.mp4'}; 1 of 2 videos are done", "rbdm: interrupted"]
    assert six_files("a") <= names(study)
    assert not {name for name in names(study) if name.startswith(("b.", ".rbdm")) and name != "b.mp4"}
