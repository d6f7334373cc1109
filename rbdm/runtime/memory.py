"""Gives memory that is free again back to the system."""

import ctypes
import sys


def release_free_memory() -> None:
    """Give memory that this process has freed back to the system.

    With glibc, each thread has its own store of freed memory, and a server runs every job in new threads: after ten
    jobs it holds hundreds of megabytes that nobody uses. Other systems do this themselves.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has no such function, and needs none
        if trim is not None:
            trim(0)
