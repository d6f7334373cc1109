"""Who was annotated by hand, in which video, and what is held out together."""

from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.training.sessions.people import Person, check_split, find_people
from tests.support.study import write_samples, write_segments

SMILE = [(0, 1, "Neutral"), (1, 2, "Happy")]
OWN = {"weights": "rbdm-open-v1", "weights_sha256": "0" * 64}


def session(folder: Path, role: str = "guest", annotator: str = "ann", **more: object) -> None:
    """A session of NOVA with a video of one role and its annotation."""
    path = folder / f"{role}.expression.{annotator}.annotation"
    write_segments(path, SMILE, role=role, annotator=annotator, **more)
    (folder / f"{role}.video.mp4").touch()


def found(folder: Path, annotators: tuple[str, ...] = (), videos: Path | None = None) -> tuple[list[Person], list[str]]:
    said: list[str] = []
    return find_people([folder], annotators, videos, said.append), said


def refused(folder: Path, *annotators: str) -> str:
    with pytest.raises(InputError) as caught:
        found(folder, annotators)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_sessions_of_nova_are_folders(tmp_path: Path) -> None:
    for name in ("s1", "s2"):
        for role in ("guest", "host"):
            session(tmp_path / name, role)
    people, said = found(tmp_path)
    assert [(one.session, one.role, one.video.name) for one in people] == [
        (name, role, f"{role}.video.mp4") for name in ("s1", "s2") for role in ("guest", "host")
    ]
    assert said == []
    assert people[0].unit("session") == "s1" and people[0].unit("role") == "guest"


def test_in_one_folder_each_video_is_a_session(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_segments(tmp_path / f"{name}.expression.ann.annotation", SMILE)
        (tmp_path / f"{name}.mkv").touch()
    people, _ = found(tmp_path)
    assert [(one.session, one.video.name) for one in people] == [("a", "a.mkv"), ("b", "b.mkv")]


def test_videos_of_one_folder_are_one_session_if_there_are_several_folders(tmp_path: Path) -> None:
    for name in ("anna/a", "anna/b", "ben/c"):
        write_segments(tmp_path / f"{name}.expression.ann.annotation", SMILE)
        (tmp_path / f"{name}.mp4").touch()
    assert [one.session for one in found(tmp_path)[0]] == ["anna", "anna", "ben"]


def test_annotators_of_one_person_belong_together(tmp_path: Path) -> None:
    session(tmp_path / "s1")
    session(tmp_path / "s1", annotator="ben")
    write_samples(tmp_path / "s1" / "guest.valence.cara.annotation", [0.5], role="guest", annotator="cara")
    (person,), _ = found(tmp_path)
    assert [result.annotator for result in person.results] == ["ann", "ben", "cara"]
    (person,), _ = found(tmp_path, ("ben",))
    assert [result.annotator for result in person.results] == ["ben"]
    assert "annotators are ann, ben, cara" in refused(tmp_path, "dora")


@pytest.mark.parametrize("more", [{"annotator": "RBDM"}, {"annotator": "auto", "meta": OWN}])
def test_what_rbdm_has_written_is_never_learned(tmp_path: Path, more: dict[str, object]) -> None:
    session(tmp_path / "s1")
    write_segments(tmp_path / "s1" / "guest.emotion.auto.annotation", SMILE, "emotion", role="guest", **more)
    (tmp_path / "s2").mkdir()
    write_segments(tmp_path / "s2" / "guest.emotion.auto.annotation", SMILE, "emotion", role="guest", **more)
    people, said = found(tmp_path)
    assert [one.session for one in people] == ["s1"]
    assert [result.annotator for result in people[0].results] == ["ann"]
    assert [text for text in said if "annotations that rbdm has written are left out" in text] == said != []
    assert "none that a person has made" in refused(tmp_path / "s2")


def test_a_box_stream_of_the_role_comes_first(tmp_path: Path) -> None:
    session(tmp_path / "s1")
    assert found(tmp_path)[0][0].boxes is None
    (tmp_path / "s1" / "guest.face_bounding_box.stream").touch()
    boxes = found(tmp_path)[0][0].boxes
    assert boxes is not None and boxes.name == "guest.face_bounding_box.stream"


def test_two_people_in_one_video_need_box_streams(tmp_path: Path) -> None:
    for role in ("guest", "host"):
        path = tmp_path / "s1" / f"{role}.expression.ann.annotation"
        write_segments(path, SMILE, role=role, annotator="ann")
    (tmp_path / "s1" / "video.mp4").touch()
    message = refused(tmp_path)
    assert "video.mp4" in message and "guest and host" in message and "rbdm detect" in message
    for role in ("guest", "host"):
        (tmp_path / "s1" / f"{role}.face_bounding_box.stream").touch()
    assert [one.boxes and one.boxes.name for one in found(tmp_path)[0]] == [
        "guest.face_bounding_box.stream",
        "host.face_bounding_box.stream",
    ]


def test_videos_may_be_in_another_folder(tmp_path: Path) -> None:
    write_segments(tmp_path / "coder" / "talk" / "guest.emotion.ann.annotation", SMILE, "emotion")
    assert "there is no video talk.mp4, guest.video.mp4" in refused(tmp_path / "coder")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "talk.mp4").touch()
    assert found(tmp_path / "coder", (), tmp_path / "videos")[0][0].video == tmp_path / "videos" / "talk.mp4"


def test_a_scheme_with_other_classes_is_an_error_that_names_those_that_are_known(tmp_path: Path) -> None:
    write_segments(tmp_path / "talk.state.ann.annotation", [(0, 1, "engaged")], "state", ["engaged", "not engaged"])
    with pytest.raises(InputError, match="known classes are Neutral, Happy, Sad") as caught:
        find_people([tmp_path], (), None, lambda text: None)
    assert "\n" not in str(caught.value)


class TestSplit:
    def people(self, folder: Path, *where: tuple[str, str]) -> list[Person]:
        return [Person(folder / name / f"{role}.video.mp4", None, role, name, ()) for name, role in where]

    def test_one_session_cannot_be_held_out(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="one session only: nothing can be held out"):
            check_split(self.people(tmp_path, ("s1", "guest"), ("s1", "host")), "session", lambda text: None)
        check_split(self.people(tmp_path, ("s1", "guest"), ("s1", "host")), "role", lambda text: None)

    def test_a_role_in_several_sessions_may_be_one_person(self, tmp_path: Path) -> None:
        said: list[str] = []
        check_split(self.people(tmp_path, ("s1", "guest"), ("s2", "guest")), "session", said.append)
        assert len(said) == 1 and "'guest' is in 2 sessions" in said[0]

    def test_by_role_everybody_needs_one(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="nothing names a role"):
            check_split(self.people(tmp_path, ("s1", ""), ("s2", "b")), "role", lambda text: None)
        with pytest.raises(InputError, match="the role 'guest' only"):
            check_split(self.people(tmp_path, ("s1", "guest"), ("s2", "guest")), "role", lambda text: None)
        with pytest.raises(InputError, match="split is 'frame'"):
            check_split([], "frame", lambda text: None)
