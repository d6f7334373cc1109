"""Converts high dynamic range (HDR) pictures to the brightness and colours of standard video."""

from functools import cache
from typing import Any, NamedTuple, cast

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.types import Image

Floats = npt.NDArray[np.float32]

HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""FFmpeg's AVColorTransferCharacteristic of HDR video: SMPTE ST 2084 and ARIB STD-B67."""

_WHITE = 203.0
"""cd/m²: diffuse white in HDR video, ITU-R BT.2408."""
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2
"""cd/m², and the system gamma of a display with this peak, ITU-R BT.2100."""
_PEAK = 1000.0 / _WHITE
"""The brightest value that is mapped to less than white, relative to diffuse white."""
_KNEE = 0.3
"""Below this fraction of diffuse white, brightness is unchanged. This is the default of FFmpeg's `mobius`."""
_DISPLAY_GAMMA = 2.4
"""ITU-R BT.1886."""
_BITS = 12
_TO_BT709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
"""Linear RGB of BT.2020 to BT.709, ITU-R BT.2087."""
_LUMINANCE = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
"""Luminance of linear RGB, ITU-R BT.2020."""


class _Tables(NamedTuple):
    linear: Floats
    gain: Floats
    encoded: npt.NDArray[np.uint8]


def tone_map(picture: npt.NDArray[np.uint16], transfer: int) -> Image:
    """(H, W, 3) uint8 RGB for a standard display (BT.709 colours).

    Brightness is mapped by the curve `mobius` of FFmpeg's filter `tonemap`: dark and middle tones stay as they are,
    brighter ones are compressed. All three channels are scaled by the same factor, so that hues stay.

    Args:
        picture: (H, W, 3) uint16 RGB with BT.2020 colours, full range (0…65535), encoded with `transfer`.
        transfer: a key of `HDR_TRANSFERS`.
    """
    tables = _tables(transfer)
    light = tables.linear[picture >> (16 - _BITS)]
    if HDR_TRANSFERS[transfer] == "HLG":
        scene = cast(Floats, cv2.transform(light, _LUMINANCE))
        light *= np.power(np.maximum(scene, 1e-6), _HLG_GAMMA - 1)[..., None] * np.float32(_HLG_PEAK / _WHITE)
    light = np.clip(cast(Floats, cv2.transform(light, _TO_BT709)), 0, None)
    brightest = light.max(axis=2)
    top = len(tables.gain) - 1
    light *= tables.gain[np.minimum(brightest * (top / _PEAK), top).astype(np.int32)][..., None]
    last = len(tables.encoded) - 1
    return np.asarray(tables.encoded[np.minimum(light * last, last).astype(np.int32)])


@cache
def _tables(transfer: int) -> _Tables:
    signal = np.arange(1 << _BITS) / ((1 << _BITS) - 1)
    linear = _pq(signal) / _WHITE if HDR_TRANSFERS[transfer] == "PQ" else _hlg(signal)
    brightness = np.linspace(0, _PEAK, 1 << 14)
    gain = _mobius(np.maximum(brightness, 1e-6)) / np.maximum(brightness, 1e-6)
    encoded = np.round(255 * np.linspace(0, 1, 1 << 16) ** (1 / _DISPLAY_GAMMA))
    return _Tables(linear.astype(np.float32), gain.astype(np.float32), encoded.astype(np.uint8))


def _pq(signal: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Light in cd/m² of a PQ signal, SMPTE ST 2084."""
    m1, m2, c1, c2, c3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
    root = signal ** (1 / m2)
    return np.asarray(10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def _hlg(signal: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Light of the scene, 0…1, of an HLG signal, ITU-R BT.2100."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _mobius(light: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The curve `mobius` of FFmpeg's filter `tonemap`: maps 0…`_PEAK` to 0…1, and is the identity below `_KNEE`."""
    a = -(_KNEE**2) * (_PEAK - 1) / (_KNEE**2 - 2 * _KNEE + _PEAK)
    b = (_KNEE**2 - 2 * _KNEE * _PEAK + _PEAK) / max(_PEAK - 1, 1e-6)
    factor = (b**2 + 2 * b * _KNEE + _KNEE**2) / (b - a)
    return np.where(light <= _KNEE, light, factor * (light + a) / (light + b))
