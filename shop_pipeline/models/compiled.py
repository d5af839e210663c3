"""How the numeric kernels of this package are compiled, and how they share the cores.

Belongs here: the one decorator for numba kernels and the one way of running them on several threads.
Does not belong here: any kernel (each lives beside the model that needs it; the shared one is `selection`).

Threads are Python threads around kernels that release the GIL, not `prange`: numba's default threading
layer ends the process when two Python threads enter it at once, which an in-process orchestrator may well
do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
Task = TypeVar("Task")


def compiled(kernel: Kernel) -> Kernel:
    """Compile `kernel` at its first call, keep the machine code on disk, and release the GIL while it runs.

    numba notices a changed file only for the kernels in that file: after an edit of a kernel that others call
    (`selection`), delete the `*.nbi` files beside the callers.
    """
    return cast(Kernel, numba.njit(cache=True, nogil=True, error_model="numpy")(kernel))


def thread_count() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_in_threads(work: Callable[[Task], object], tasks: Iterable[Task], n_threads: int) -> None:
    """Call `work` once per task on `n_threads` threads, wait for all, and raise the first error."""
    with ThreadPoolExecutor(n_threads) as pool:
        for _ in pool.map(work, tasks):
            pass
