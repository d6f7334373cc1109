"""Damages files as disks, transfers and broken programs damage them. The same seed gives the same damage."""

import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import av

Mutation = Callable[[bytes, Sequence[int], random.Random], bytes]

_LIES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_NAN, _INFINITY = float("nan"), float("inf")
_HEADER = 3000
"""Bytes at the start and at the end of a file where most of its headers are."""
_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"mvex", b"moof", b"traf"}
"""The boxes of MP4 that hold other boxes."""


def boundaries(path: Path) -> list[int]:
    """The offsets at which something starts or ends in a video file: packets, the boxes of MP4, and the file."""
    found = {0, path.stat().st_size}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pos is not None and packet.pos >= 0 and packet.size:
                found |= {packet.pos, packet.pos + packet.size}
    data = path.read_bytes()
    if data[4:8] == b"ftyp":
        found |= _box_offsets(data, 0, len(data))
    return sorted(at for at in found if at <= len(data))


def mutate(data: bytes, places: Sequence[int], seed: int) -> tuple[str, bytes]:
    """The name of a damage that `seed` chooses, and the damaged bytes. `places` are structural boundaries."""
    chance = random.Random(seed)
    names = list(MUTATIONS)
    name = names[seed % len(names)]
    return name, MUTATIONS[name](data, places, chance)


def _box_offsets(data: bytes, start: int, end: int) -> set[int]:
    found: set[int] = set()
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        found |= {start, start + 8}
        if size < 8:
            break
        if data[start + 4 : start + 8] in _BOXES:
            found |= _box_offsets(data, start + 8, min(start + size, end))
        start += size
    return found


def _flip(count: int, anywhere: bool) -> Mutation:
    def flip(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
        damaged = bytearray(data)
        for _ in range(count):
            at = chance.randrange(len(data)) if anywhere else _header_place(data, chance)
            damaged[at] ^= 1 << chance.randrange(8)
        return bytes(damaged)

    return flip


def _header_place(data: bytes, chance: random.Random) -> int:
    place = chance.randrange(min(_HEADER, len(data)))
    return place if chance.random() < 0.5 else len(data) - 1 - place


def _truncate_at_boundary(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    return data[: max(0, chance.choice(places) + chance.choice((-1, 0, 0, 0, 1)))]


def _truncate_anywhere(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _without_start(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    return data[chance.choice(places) :]


def _overwrite(fill: Callable[[random.Random, int], bytes]) -> Mutation:
    def overwrite(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
        start, length = chance.randrange(len(data)), chance.choice((16, 188, 512, 4096, 20_000))
        length = min(length, len(data) - start)
        return data[:start] + fill(chance, length) + data[start + length :]

    return overwrite


def _cut_out(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    start = chance.choice([*places, chance.randrange(len(data))])
    return data[:start] + data[start + chance.choice((1, 7, 188, 512, 4096, 20_000)) :]


def _repeat(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    start, end = sorted((chance.choice(places), chance.choice(places)))
    return data[:end] + data[start:end] + data[end:]


def _insert(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    start = chance.choice(places)
    return data[:start] + chance.randbytes(chance.choice((1, 4, 188, 512, 5000))) + data[start:]


def _lie(anywhere: bool) -> Mutation:
    def lie(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
        near = chance.choice(places) + chance.randrange(-16, 48)
        at = min(max(0, near if anywhere else _header_place(data, chance)), len(data) - 8)
        order, kind = chance.choice("<>"), chance.choice("BHIQ")
        value = chance.choice(_LIES) & ((1 << 8 * struct.calcsize(kind)) - 1)
        return _with(data, at, struct.pack(order + kind, value))

    return lie


def _not_a_number(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    at = min(_header_place(data, chance), len(data) - 8)
    return _with(
        data, at, struct.pack(chance.choice("<>") + chance.choice("fd"), chance.choice((_NAN, _INFINITY, -1.0)))
    )


def _nothing(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    return chance.choice((b"", data[:1], data[:8], b"\0" * len(data), b"\xff" * 1000, data[::-1]))


def _twice(data: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    return data + data[chance.choice(places) :]


def _with(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


MUTATIONS: dict[str, Mutation] = {
    "one bit flipped in a header": _flip(1, False),
    "one bit flipped": _flip(1, True),
    "8 bits flipped": _flip(8, True),
    "64 bits flipped": _flip(64, True),
    "truncated at a boundary": _truncate_at_boundary,
    "truncated anywhere": _truncate_anywhere,
    "start missing": _without_start,
    "zeros": _overwrite(lambda chance, length: bytes(length)),
    "noise": _overwrite(lambda chance, length: chance.randbytes(length)),
    "part cut out": _cut_out,
    "part repeated": _repeat,
    "noise inserted": _insert,
    "false number in a header": _lie(False),
    "false number at a boundary": _lie(True),
    "NaN in a header": _not_a_number,
    "nearly empty": _nothing,
    "appended to itself": _twice,
}
