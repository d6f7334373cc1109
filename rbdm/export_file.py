"""Writing one file as a whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from rbdm.errors import OutputError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: renamed to `path` at the end, removed where the work failed or was interrupted.

    Raises:
        OutputError: the file cannot be written or put in place.
    """
    # Libraries tell formats by the end of the name.
    beside = path.with_name(f"{path.stem}.{uuid4().hex}{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
