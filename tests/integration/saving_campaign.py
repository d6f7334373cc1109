"""Disturbs jobs while they save into a NOVA database, and looks whether something is lost or mixed.

    python -m tests.integration.saving_campaign [--sessions 200] [--rounds 50] [--skip 0] [--backends debug,venv]

Real DISCOVER servers of both backends run one job for each session, with a proxy between them and the database. At one
message of each job, the proxy loses the message, or its answer, or lets somebody cancel the job, or is slow. It takes
all messages of a job in turn. After that, two servers save the same session at the same time, over a line with 30 ms.
`test_saving_campaign.py` runs a small part of this.
"""

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from rbdm.client.client import Status
from rbdm.client.install import install
from rbdm.client.local_server import LocalServer
from rbdm.server.database.documents import is_ours, new_data_id
from tests.support.database_proxy import DatabaseProxy, Fault
from tests.support.jobs import moods, prepare_environment
from tests.support.nova_database import Dataset, PlainServer, datasets

OUTPUTS = ("expression", "valence", "arousal")
CANCEL, SLOW = "cancel", "slow"
DISTURBANCES = (Fault.LOST, Fault.ANSWER_LOST, CANCEL, SLOW)
MESSAGES = 18
"""Number of messages of a job with one session; the first ones are those that look for the session."""
LONGEST = 300.0
"""Seconds after which a job counts as hanging. Alone on a machine, a job takes three."""
HELD = 0.8
"""Seconds for which the proxy holds a message while the job is cancelled, and for which it is slow."""


@dataclass(frozen=True)
class Disturbance:
    """What happens to a job: `kind` at the message `number`; `before` is what the session has when it starts."""

    kind: Any
    number: int
    before: str

    def __str__(self) -> str:
        return f"{getattr(self.kind, 'name', self.kind)} at message {self.number}, before: {self.before}"


def disturbances(count: int, seed: int) -> list[Disturbance]:
    """All kinds at all messages in turn, in an order that depends on the seed, with changing annotations before."""
    order = [(kind, number) for number in range(1, MESSAGES + 1) for kind in DISTURBANCES]
    random.Random(seed).shuffle(order)
    befores = ("nothing", "a person's", "ours", "ours and a person's backup")
    return [
        Disturbance(*order[number % len(order)], befores[(number + number // len(order)) % len(befores)])
        for number in range(count)
    ]


def with_schemes(dataset: Dataset) -> Dataset:
    dataset.add_discrete("expression", {0: "Neutral", 1: "Happy", 2: "Sad", 3: "Surprise"})
    dataset.add_continuous("valence")
    dataset.add_continuous("arousal")
    return dataset


def prepare(dataset: Dataset, session: str, before: str) -> set[Any]:
    """Give a session its annotations; returns the ids of the data that a person has made."""
    if before == "nothing":
        return set()
    persons = set()
    for scheme in OUTPUTS:
        dataset.add_annotation(session, scheme, [])
        known = dataset.db.Annotations.find_one(dataset.ids(session, scheme))
        assert known is not None
        persons.add(known["data_id"])
        if before == "a person's":
            continue
        ours = new_data_id()
        dataset.db.AnnotationData.insert_one({"_id": ours, "labels": []})
        state = {"data_id": ours, "data_backup_id": known["data_id"]}
        if before == "ours":
            persons.discard(known["data_id"])
            dataset.db.AnnotationData.delete_one({"_id": known["data_id"]})
            state = {"data_id": ours}
        dataset.db.Annotations.update_one({"_id": known["_id"]}, {"$set": state})
    return persons


def documents(dataset: Dataset, session: str) -> list[dict[str, Any] | None]:
    return [dataset.db.Annotations.find_one(dataset.ids(session, scheme)) for scheme in OUTPUTS]


def problems_of(dataset: Dataset, session: str, before: list[Any], persons: set[Any]) -> Iterator[str]:
    """What is wrong with a session after its job."""
    after = documents(dataset, session)
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    if changed not in (0, len(OUTPUTS)):
        yield "half new"
    held = {found.get(name) for found in after if found for name in ("data_id", "data_backup_id")}
    stored = {found["_id"] for found in dataset.db.AnnotationData.find({}, {"_id": 1})}
    if persons - held or persons - stored:
        yield "a person's work is lost"
    if changed and not all(found and is_ours(found["data_id"]) for found in after):
        yield "changed, but not by the job"
    try:
        dataset.assert_whole()
    except AssertionError:
        yield "orphaned data or two documents of an annotation"


def run_disturbed(
    server: LocalServer, dataset: Dataset, proxy: DatabaseProxy, what: Disturbance, clip: Any
) -> list[str]:
    """Run one job and disturb it; returns what is wrong afterwards, and how the job ended as the last entry."""
    session = f"s{time.monotonic_ns()}"
    dataset.add_session(session, *clip)
    persons = prepare(dataset, session, what.before)
    before, job = documents(dataset, session), f"campaign-{session}"

    def disturb(number: int, command: str) -> Fault | None:
        if number != what.number:
            return None
        if isinstance(what.kind, Fault):
            return what.kind
        if what.kind == CANCEL:
            requests.post(f"{server.client.url}/cancel", data={"jobID": job}, timeout=10)
        time.sleep(HELD)
        return None

    proxy.begin(disturb)
    host, port = proxy.address
    server.client.submit(dataset.form([session], dbHost=host, dbPort=str(port), jobID=job))
    ended = how_it_ends(server, job, proxy)
    wrong = list(problems_of(dataset, session, before, persons))
    if ended == "hangs":
        wrong.append("the job hangs")
    if ended == "finished" and documents(dataset, session) == before:
        wrong.append("finished, but nothing is saved")
    return [*wrong, ended]


def how_it_ends(server: LocalServer, job: str, proxy: DatabaseProxy) -> str:
    """The status of a job, once it is over and says nothing more to the database."""
    deadline, quiet, said = time.monotonic() + LONGEST, 0.0, -1
    while time.monotonic() < deadline:
        state = server.client.state(job)
        if state.is_over and said == len(proxy.commands):
            quiet = quiet or time.monotonic()
            if state.status is not Status.CANCELLED or time.monotonic() - quiet > 2 * HELD:
                return state.status.name.lower()
        else:
            quiet, said = 0.0, len(proxy.commands)
        time.sleep(0.05)
    return "hangs"


def disturb_sessions(
    servers: list[LocalServer], make: Any, whats: list[Disturbance], clip: Any, say: Any = lambda text: None
) -> list[str]:
    """Run a job for each disturbance, on the servers in turn; returns the problems, one line each."""
    found: list[str] = []
    ends: Counter[str] = Counter()
    sets = [with_schemes(make(server)) for server in servers]
    with DatabaseProxy(sets[0].address) as proxy:
        for number, what in enumerate(whats):
            server, dataset = (them[number % len(servers)] for them in (servers, sets))
            *wrong, ended = run_disturbed(server, dataset, proxy, what, clip)
            ends[ended] += 1
            found += [f"{what}: {text} (the job: {ended})" for text in wrong]
            say(f"{number + 1}/{len(whats)} {what}: {ended} after {len(proxy.commands)} messages {' '.join(wrong)}")
    say(f"jobs: {dict(ends)}")
    return found


def two_at_once(
    servers: list[LocalServer], make: Any, rounds: int, clip: Any, say: Any = lambda text: None
) -> list[str]:
    """Two servers save one session at the same time; returns the problems, one line each."""
    first, second = servers
    dataset = with_schemes(make(first))
    folder = dataset.add_session("both", *clip)
    shutil.copytree(folder, second.folder / "data" / dataset.name / "both")
    options = ['{"weights": "open"}', '{"weights": "open", "num_expressions": "5", "smoothing_ms": "300"}']
    found: list[str] = []
    with DatabaseProxy(dataset.address, latency=0.03) as proxy:
        results = [
            _labels_after(dataset, proxy, [(server, chosen)]) for server, chosen in zip(servers, options, strict=True)
        ]
        assert all(one != other for one, other in zip(*results, strict=True)), "the results should differ"
        for number in range(rounds):
            if number % 2:
                dataset.db.Annotations.delete_many({})
                dataset.db.AnnotationData.delete_many({})
            got = _labels_after(dataset, proxy, list(zip(servers, options, strict=True)))
            if got not in results:
                found.append(f"round {number + 1}: half of one and half of the other")
            try:
                dataset.assert_whole()
            except AssertionError:
                found.append(f"round {number + 1}: orphaned data or two documents of an annotation")
            say(f"round {number + 1}/{rounds}: {results.index(got) + 1 if got in results else 'mixed'}")
    return found


def _labels_after(dataset: Dataset, proxy: DatabaseProxy, jobs: list[tuple[LocalServer, str]]) -> list[Any]:
    """Run jobs for the session `both` at the same time. The proxy lets them insert their data at the same moment."""
    meet = threading.Barrier(len(jobs))

    def disturb(number: int, command: str) -> None:
        if command == "insert" and not meet.broken:
            try:
                meet.wait(10)
            except threading.BrokenBarrierError:
                return
            meet.abort()

    proxy.begin(disturb)
    host, port = proxy.address
    names = [f"both-{time.monotonic_ns()}-{number}" for number in range(len(jobs))]
    for name, (server, options) in zip(names, jobs, strict=True):
        form = dataset.form(["both"], dbHost=host, dbPort=str(port), jobID=name, options=options)
        server.client.submit(form)
    for name, (server, _) in zip(names, jobs, strict=True):
        ended = how_it_ends(server, name, proxy)
        assert ended == "finished", server.client.state(name).log
    return [dataset.labels("both", scheme) for scheme in OUTPUTS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first sessions, to continue a campaign")
    parser.add_argument("--backends", default="debug,venv", help="of the two servers")
    options = parser.parse_args()

    def say(text: str) -> None:
        print(text, flush=True)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        clip = moods(folder / "clip", frames=26)
        first, last = options.backends.split(",")
        one, two = PlainServer(folder / "one", first), PlainServer(folder / "two", last)
        with one, two, datasets(folder / "database", folder) as make:
            for server, backend in ((one, first), (two, last)):
                install(server.cml_dir)
                if backend == "venv":
                    prepare_environment(server)

            def make_for(server: LocalServer) -> Dataset:
                made: Dataset = make(server.folder / "data")
                return made

            whats = disturbances(options.sessions, options.seed)[options.skip :]
            found = disturb_sessions([one, two], make_for, whats, clip, say) if whats else []
            found += two_at_once([one, two], make_for, options.rounds, clip, say) if options.rounds else []
    say(
        "\n".join(found) if found else f"{options.sessions} sessions and {options.rounds} rounds: nothing lost or mixed"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
