"""The commands `rbdm train`, `rbdm quantize` and `rbdm evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rbdm.cli.options import BatchSize, Device, WeightsOption
from rbdm.cli.progress_bars import ProgressBars, error_console
from rbdm.cli.training.tune import InFolder, OfAnnotator, SampleMs, SplitBy, Tune, refuse, tune_on_sessions
from rbdm.errors import OptionError
from rbdm.options import Options

if TYPE_CHECKING:
    from rbdm.network.weights import Weights
    from rbdm.training.labelled_faces import LabelledFaces
    from rbdm.training.masking.masks import Mode

_DEFAULT = Options()

Data = Annotated[
    Path,
    typer.Argument(
        help="FER+ archive (.npz), CSV, a folder with CSVs, or the folder of AffectNet, FACES, CK+, RAF-DB or FER2013.",
        metavar="DATA",
    ),
]
Sessions = Annotated[
    list[Path],
    typer.Argument(
        help="Faces: one FER+ archive (.npz), CSV, folder with CSVs, or folder of AffectNet, FACES, CK+, RAF-DB or "
        "FER2013. With --tune: folders with videos and their annotations.",
        metavar="DATA…",
    ),
]
FindFaces = Annotated[bool, typer.Option(help="Look for the face in images without a box.")]
MaskBy = Annotated[
    str | None,
    typer.Option(
        help="Mask the faces by their relevance to these weights: open, official or a file.", metavar="WEIGHTS"
    ),
]
MaskMode = Annotated[
    str | None,
    typer.Option(help="positive: keep the relevant part. negative: remove it. mean: keep it, the rest is the mean."),
]
MaskShare = Annotated[float | None, typer.Option(help="Share of a face that counts as relevant [0.5].")]


def train_command(
    data: Sessions,
    out: Annotated[Path, typer.Option(help="Folder for weights and log; a stopped run in it is continued.")],
    start: Annotated[
        str | None,
        typer.Option(
            help="npm package nsfwjs (.tgz) with a backbone to start from. With --tune: weights, as in --weights; open "
            "if it is left out.",
        ),
    ] = None,
    tune: Tune = None,
    sample_ms: SampleMs = None,
    annotator: OfAnnotator = None,
    split: SplitBy = None,
    videos: InFolder = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Faces per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.")] = None,
    find_faces: FindFaces = False,
    mixed_precision: Annotated[bool, typer.Option(help="Compute in bfloat16, on a GPU.")] = False,
    mask_by: MaskBy = None,
    mask: MaskMode = None,
    mask_share: MaskShare = None,
) -> None:
    """Train the network on labelled faces (extra `train`), or tune weights on annotated videos (--tune)."""
    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed}
    masks = {"--mask-by": mask_by, "--mask": mask, "--mask-share": mask_share}
    tuning = {"sample_ms": sample_ms, "annotators": annotator, "split": split, "videos": videos}
    if tune is not None:
        refuse("--tune", {"--find-faces": find_faces, "--mixed-precision": mixed_precision} | masks)
        raise typer.Exit(tune_on_sessions(data, out, start or "open", tune, tuning, given))
    refuse(
        "training without --tune",
        {"--sample-ms": sample_ms, "--annotator": annotator, "--split": split, "--videos": videos},
    )
    if len(data) > 1:
        raise OptionError("several DATA are only possible with --tune")
    from rbdm.training import require_keras

    masking = _masking(mask_by, mask, mask_share)
    require_keras()
    from rbdm.training.dataset import split_off_valid
    from rbdm.training.masking.faces import Masking
    from rbdm.training.train import Recipe, claim_folder, train

    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    recipe = Recipe(**chosen, mixed_precision=mixed_precision)
    faces, valid = split_off_valid(data[0], recipe.seed, find_faces)
    print(f"{len(faces)} faces for training, {len(valid)} for validation")
    if left_out := faces.left_out + valid.left_out:
        print(f"no face was found in {left_out} images: they are left out")
    if masking is not None:
        teacher, mode, share = masking
        claim_folder(out, recipe, Masking(teacher.sha256, mode, share))  # the relevance takes minutes to hours
        faces = _mask(faces, teacher, mode, share)
    print(train(faces, valid, out, recipe, None if start is None else Path(start), _print_epoch))


def quantize_command(
    data: Annotated[
        Path, typer.Argument(help="Faces on which the ranges are measured, as for `train`.", metavar="DATA")
    ],
    out: Annotated[Path, typer.Option(help="The .tflite file to write.")],
    weights: WeightsOption = "open",
) -> None:
    """Derive an 8-bit model for the CPU (extra `train`, with TensorFlow)."""
    from rbdm.training import require_keras

    require_keras()
    from rbdm.network.weights import find_weights
    from rbdm.training.dataset import load_faces
    from rbdm.training.quantization import quantize

    quantize(find_weights(weights), load_faces(data, "train"), out)
    print(out)


def evaluate_command(
    data: Data,
    weights: WeightsOption = _DEFAULT.weights,
    split: Annotated[str, typer.Option(help="test, valid or train.")] = "test",
    group: Annotated[
        str, typer.Option(help="Column of the table, such as gender: show every figure for each group, too.")
    ] = "",
    find_faces: FindFaces = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
    batch_size: BatchSize = 32,
    device: Device = _DEFAULT.device,
) -> None:
    """Measure how good weights are on labelled faces."""
    from rbdm.cli.training.evaluation_tables import evaluation_tables
    from rbdm.training.evaluation.evaluate import evaluate, write_json

    console = error_console()
    bars = ProgressBars(console)
    with bars.video("evaluate"):
        figures = evaluate(
            data,
            weights,
            split,
            batch_size,
            device,
            group=group,
            find_faces=find_faces,
            progress=bars.show,
            say=console.print,
        )
    Console(highlight=False).print(evaluation_tables(figures))
    if json_file is not None:
        write_json(json_file, figures)


def _masking(mask_by: str | None, mask: str | None, share: float | None) -> tuple["Weights", "Mode", float] | None:
    """The teacher, the mode and the share; None without masking. Raises `OptionError` if they are not complete."""
    from rbdm.network.weights import find_weights
    from rbdm.training.masking.masks import as_mode, check_share

    if mask_by is None:
        for name, value in (("mask", mask), ("mask-share", share)):
            if value is not None:
                raise OptionError(f"--{name} needs --mask-by, the weights that decide what is relevant, such as open")
        return None
    if mask is None:
        raise OptionError("--mask-by needs --mask, which is positive, negative or mean")
    mode, share = as_mode(mask), check_share(0.5 if share is None else share)
    return find_weights(mask_by, error_console().print), mode, share


def _mask(faces: "LabelledFaces", teacher: "Weights", mode: "Mode", share: float) -> "LabelledFaces":
    from rbdm.training.masking.faces import mask_faces

    bars = ProgressBars(error_console())
    with bars.video("relevance"):
        masked = mask_faces(faces, teacher, mode, share, bars.show)
    print(f"the faces are masked ({mode}, {share:g}) by their relevance to {teacher.entry.name}")
    return masked


def _print_epoch(row: dict[str, Any]) -> None:
    print(" ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
