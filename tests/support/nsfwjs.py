"""Packages in the form of the npm package nsfwjs."""

import base64
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER = "package/dist/models/mobilenet_v2"
Tensors = Mapping[str, npt.NDArray[np.uint8]]
TENSORS: Tensors = {
    "Conv1/kernel": np.arange(24, dtype=np.uint8).reshape(2, 2, 3, 2),
    "expanded_conv_depthwise/depthwise_kernel": np.full((3, 3, 1, 1), 150, np.uint8),
    "bn_Conv1/gamma": np.array([0, 255], np.uint8),
    "bn_Conv1/moving_variance": np.array([151, 152], np.uint8),
    "dense_3/bias": np.array([9], np.uint8),
}


def write_package(path: Path, tensors: Tensors, quantization: str = '{min:-1.5,scale:.01,dtype:"uint8"}') -> Path:
    """What `npm pack nsfwjs` holds: a manifest in minified JavaScript, and the tensors' bytes in base64."""
    entries = ",".join(
        f'{{name:"{name}",shape:[{",".join(map(str, values.shape))}],dtype:"float32",quantization:{quantization}}}'
        for name, values in tensors.items()
    )
    content = base64.b64encode(b"".join(values.tobytes() for values in tensors.values())).decode()
    return pack(
        path,
        {
            "model.min.js": '(()=>{var e={modelTopology:{name:"Conv1",config:{}},weightsManifest:[{paths:["group1"],'
            f"weights:[{entries}]}}]}};module.exports=e}})();",
            "group1-shard1of1.min.js": f'(()=>{{module.exports="{content}"}})();',
        },
    )


def pack(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path
