"""Small folders in the layout of known data sets, and the rows that `hcai-datasets` 0.1.14 made of such folders."""

from pathlib import Path
from typing import Any

import numpy as np

HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
LANDMARKS = ";".join(str(10 + 0.5 * i) for i in range(136))
TRAINING = [
    ("1/aa.jpg", 134, 120, 899, 850, LANDMARKS, 1, 0.785714, -0.055556),
    ("2/bb.jpg", 50, 60, 300, 310, LANDMARKS, 8, -2, -2),
    ("3/cc.jpg", 10, 20, 30, 30, LANDMARKS, 4, -0.25, 0.6),
]


def write_affectnet(folder: Path) -> Path:
    """AffectNet's tables with three faces to train and one to validate; without images."""
    lists = folder / "Manually_Annotated_file_lists"
    lists.mkdir(parents=True)
    for name, rows in (
        ("training.csv", TRAINING),
        ("validation.csv", [("4/dd.jpg", 5, 6, 70, 80, LANDMARKS, 7, -0.5, 0.4)]),
    ):
        lines = [",".join(map(str, row)) for row in rows]
        (lists / name).write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return folder


def write_ckplus(folder: Path) -> Path:
    """Two labelled sequences of CK+ (3 is Disgust, 7 Surprise), and one without a label; without images."""
    for subject, sequence, last, label in (("S005", "001", "00000011", 3), ("S010", "002", "00000014", 7)):
        place = folder / "Emotion" / subject / sequence
        place.mkdir(parents=True)
        (place / f"{subject}_{sequence}_{last}_emotion.txt").write_text(f"   {label:.7e}\n", encoding="ascii")
    (folder / "Emotion" / "S011" / "001").mkdir(parents=True)
    (folder / "cohn-kanade-images").mkdir()
    return folder


def write_faces_database(folder: Path) -> Path:
    """Four images of FACES, which are empty files, and one file that is none of its images."""
    (folder / "bilder").mkdir(parents=True)
    for name in ("004_o_m_a_b", "066_y_m_n_a", "140_m_f_s_b", "069_y_f_h_a", "cover"):
        (folder / "bilder" / f"{name}.jpg").touch()
    return folder


def hcai_affectnet(folder: Path) -> list[dict[str, Any]]:
    """Rows of `HcaiAffectnetIterable(dataset_dir=folder, split="train")`; -2 means: not rated."""
    landmarks = np.array(LANDMARKS.split(";"), np.float32).reshape(68, 2)
    return [
        {
            "index": path,
            "image": str(folder / "Manually_Annotated_Images" / path),
            "expression": expression,
            "arousal": arousal,
            "valence": valence,
            "facial_landmarks": landmarks,
            "rel_file_path": f"Manually_Annotated_Images/{path}",
        }
        for path, _, _, _, _, _, expression, valence, arousal in TRAINING
    ]


def hcai_faces(folder: Path) -> list[dict[str, Any]]:
    """Rows of `HcaiFacesIterable(dataset_dir=folder)`, in the order in which the file system lists the images."""
    values = {"069_y_f_h_a": (69, 0, 1, 3, 0), "004_o_m_a_b": (4, 1, 0, 0, 1), "140_m_f_s_b": (140, 2, 1, 5, 1)}
    rows = []
    for name, (person, age, gender, emotion, picture_set) in values.items():
        path = str(folder / "bilder" / f"{name}.jpg")
        row = {"index": path, "image": path, "id": person, "age": age, "gender": gender, "emotion": emotion}
        rows.append({**row, "set": picture_set, "rel_file_path": f"bilder/{name}.jpg"})
    return rows


def hcai_ckplus() -> list[dict[str, Any]]:
    """Rows of `HcaiCkplusIterable`, whose paths are wrong: they begin with the working folder of that run."""
    labels = {"S010_002_00000014": 7, "S010_002_00000001": 0, "S005_001_00000011": 3, "S005_001_00000001": 0}
    rows = []
    for name, label in labels.items():
        path = f"/home/anna/{name[:4]}/{name[5:8]}/{name}.png"
        rows.append({"index": f"{name}.png", "image": path, "label": label, "rel_file_path": path})
    return rows
