"""One connection of the page `Live`: takes pictures, answers with faces, and records.

Answers are JSON; `kind` says what they mean:

- `busy`: another page uses the camera; `ready`: pictures may be sent.
- `got`: the picture `number` has arrived, and is recorded if `recording` says so.
- `faces`: the faces in the picture `number`; `skipped`: it was not annotated, because a newer one has arrived.
- `recorded`: a recording has ended; `problem`: a line for the person.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from starlette.websockets import WebSocket, WebSocketDisconnect

from rbdm.app.live.frames import CameraFrames
from rbdm.app.live.messages import Command, Picture, read_command, read_picture, write_faces
from rbdm.app.live.pipeline import LiveFace, LivePipeline
from rbdm.app.live.recording import RecordingControl, Recordings, describe
from rbdm.errors import InputError, OutputError, RbdmError
from rbdm.expressions import EXPRESSIONS
from rbdm.media.frame import Frame

_BUSY = "Live already runs in another tab or window. Stop it there, then start it here."
_PATIENCE = 3.0
"""Seconds for which a page waits until another one has ended."""
_BUSY_CODE, _FAULT_CODE = 4001, 4002


class Live:
    """What all connections share: the network, which is loaded once.

    Args:
        recordings: is told of each recording that begins and ends.
        folder: returns where recordings go: a folder that the person has chosen; None before that.
        load: makes the pipeline.
    """

    def __init__(
        self,
        recordings: Recordings,
        folder: Callable[[], Path | None],
        load: Callable[[], LivePipeline] = LivePipeline,
    ) -> None:
        self._recordings, self._folder, self._load = recordings, folder, load
        self._pipeline: LivePipeline | None = None
        self._turn = asyncio.Lock()

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection until it ends. There is one at a time: two would share the processor and the camera."""
        await socket.accept()
        try:
            # After a reload, the end of the old page may be noticed later than the new page.
            await asyncio.wait_for(self._turn.acquire(), _PATIENCE)
        except TimeoutError:
            await _say_and_close(socket, "busy", _BUSY, _BUSY_CODE)
            return
        try:
            if self._pipeline is None:
                self._pipeline = await asyncio.to_thread(self._load)
            control = RecordingControl(self._recordings, self._pipeline.weights)
            await _Session(socket, self._pipeline, control, self._folder).run()
        except RbdmError as error:
            await _say_and_close(socket, "problem", str(error), _FAULT_CODE)
        finally:
            self._turn.release()


class _Waiting(NamedTuple):
    """The newest picture, while the pipeline is busy with another one.

    Attributes:
        number: of the page.
        frame: the frame.
        recorded: its number in the recording, or None.
        starts: whether people are numbered anew from this frame on.
    """

    number: int
    frame: Frame
    recorded: int | None
    starts: bool


class _Session:
    def __init__(
        self,
        socket: WebSocket,
        pipeline: LivePipeline,
        control: RecordingControl,
        folder: Callable[[], Path | None],
    ) -> None:
        self._socket, self._pipeline, self._control, self._folder = socket, pipeline, control, folder
        self._frames = CameraFrames()
        self._first: int | None = None
        self._last = 0
        self._waiting: _Waiting | None = None
        self._has_picture = asyncio.Event()
        self._threads: set[asyncio.Future[Any]] = set()

    async def run(self) -> None:
        self._pipeline.start_anew()
        classes = [{"name": one.name, "color": f"#{one.color[3:]}"} for one in EXPRESSIONS]
        tasks = [asyncio.create_task(work) for work in (self._annotate(), self._receive())]
        try:
            await self._send(kind="ready", weights=self._pipeline.weights.entry.name, classes=classes)
            for task in (await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED))[0]:
                task.result()
        except WebSocketDisconnect:
            pass
        except Exception as error:
            text = f"unexpected {type(error).__name__}: {error}; please report this"
            await _say_and_close(self._socket, "problem", text, _FAULT_CODE)
            raise
        finally:
            try:
                for task in tasks:
                    task.cancel()
                # A task can be cancelled, but not its thread, which may be writing the last picture.
                await asyncio.gather(*tasks, *self._threads, return_exceptions=True)
            finally:
                # Also if the page is closed or the server is stopped: what is recorded is kept.
                self._control.stop()

    async def _receive(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                if message.get("bytes") is not None:
                    await self._take(read_picture(message["bytes"]))
                else:
                    await self._obey(read_command(message.get("text") or ""))
            except InputError as error:
                await self._send(kind="problem", text=str(error))

    async def _obey(self, command: Command) -> None:
        if command.do == "record":
            self._control.start(self._folder(), command.name)
        else:
            await self._stop_recording()

    async def _stop_recording(self) -> None:
        ended = await self._in_thread(self._control.stop)
        await self._send(kind="recorded", **({} if ended is None else describe(*ended)))

    async def _take(self, picture: Picture) -> None:
        """Decode and record a picture, and let it wait for the pipeline in place of the one that waits there."""
        try:
            frame, recorded, problem = await self._in_thread(self._keep, picture)
        except InputError:
            self._control.lose()
            await self._send(kind="skipped", number=picture.number)
            raise
        if problem:
            await self._send(kind="problem", text=problem)
            await self._stop_recording()
        await self._send(kind="got", number=picture.number, recording=self._control.state())
        older = self._waiting
        starts = self._control.is_first or (older is not None and older.starts)
        self._waiting = _Waiting(picture.number, frame, recorded, starts)
        self._has_picture.set()
        if older is not None:
            await self._send(kind="skipped", number=older.number)

    def _keep(self, picture: Picture) -> tuple[Frame, int | None, str]:
        """The frame; its number in the recording, or None; and why the recording cannot go on, or an empty text."""
        frame = self._decode(picture)
        try:
            return frame, self._control.add(picture, (frame.width, frame.height)), ""
        except OutputError as error:
            return frame, None, str(error)

    def _decode(self, picture: Picture) -> Frame:
        time = round(picture.time)
        first = time if self._first is None else self._first
        if self._first is not None and time <= self._last:
            raise InputError("the camera gave two pictures of the same time: one is left out")
        frame = self._frames.frame(picture.jpeg, (time - first) / 1000)
        self._first, self._last = first, time
        return frame

    async def _annotate(self) -> None:
        while True:
            await self._has_picture.wait()
            self._has_picture.clear()
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                faces = await self._in_thread(self._faces, waiting)
                await self._send(**write_faces(waiting.number, waiting.recorded, faces))

    def _faces(self, waiting: _Waiting) -> list[LiveFace]:
        if waiting.starts:
            self._pipeline.start_anew()
        return self._pipeline.faces(waiting.frame)

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        thread = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
        self._threads.add(thread)
        thread.add_done_callback(self._threads.discard)
        return await asyncio.shield(thread)

    async def _send(self, **answer: Any) -> None:
        await self._socket.send_json(answer)


async def _say_and_close(socket: WebSocket, kind: str, text: str, code: int) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json({"kind": kind, "text": text})
        await socket.close(code)
