"""A small part of the campaign that disturbs jobs while they save; `saving_campaign.py` runs all of it."""

from collections.abc import Callable

import pytest

from rbdm.client.local_server import LocalServer
from tests.integration.conftest import Clip
from tests.integration.saving_campaign import CANCEL, Disturbance, disturb_sessions, two_at_once
from tests.support.database_proxy import Fault
from tests.support.nova_database import Dataset

pytest.importorskip("discover", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

SAVING = 14
"""Number of the message that inserts the data; the next ones look, change the annotations, and delete what is old."""


def test_disturbed_jobs_leave_sessions_whole(
    server: LocalServer, make_dataset: Callable[[LocalServer], Dataset], moods_clip: Clip
) -> None:
    whats = [
        Disturbance(Fault.ANSWER_LOST, 1, "nothing"),
        Disturbance(Fault.LOST, SAVING, "nothing"),
        Disturbance(Fault.ANSWER_LOST, SAVING + 2, "ours and a person's backup"),
        Disturbance(CANCEL, SAVING + 2, "a person's"),
    ]
    assert disturb_sessions([server], make_dataset, whats, moods_clip) == []


def test_jobs_in_their_own_process_end_after_saving(
    venv_server: LocalServer, make_dataset: Callable[[LocalServer], Dataset], moods_clip: Clip
) -> None:
    whats = [Disturbance(CANCEL, SAVING, "a person's"), Disturbance(CANCEL, SAVING + 2, "ours and a person's backup")]
    assert disturb_sessions([venv_server], make_dataset, whats, moods_clip) == []


def test_two_servers_at_once_do_not_mix(
    server: LocalServer,
    venv_server: LocalServer,
    make_dataset: Callable[[LocalServer], Dataset],
    moods_clip: Clip,
) -> None:
    assert two_at_once([server, venv_server], make_dataset, 1, moods_clip) == []
