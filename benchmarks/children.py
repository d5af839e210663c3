"""Work in a forked child: with a deadline, and with its own peak of memory.

Here: the fork. Not here: what is run in it (`top_n`).

The parent must not have used OpenMP or threads of its own, which a child does not inherit. Linux counts into a child's
`ru_maxrss` what the parent held when it forked.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

PIPE_BYTES = 2**20


@dataclass(frozen=True)
class Answer:
    """What a child did, and what it took; `value` is None unless it is done."""

    status: Literal["done", "out_of_time", "failed"]
    value: Any
    seconds: float
    peak_gb: float


def call_in_child(work: Callable[[], Any], seconds: float) -> Answer:
    """The answer of `work`, which must be small enough to pickle; a child that takes longer than `seconds` is ended.

    An error goes to stderr with its traceback.
    """
    began = time.perf_counter()
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(work, writer)
    os.close(writer)
    told = _read(reader, began + seconds)
    if told is None:
        os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    took, peak = time.perf_counter() - began, usage.ru_maxrss / 2**20
    if told is None:
        return Answer("out_of_time", None, took, peak)
    if status:
        return Answer("failed", None, took, peak)
    return Answer("done", pickle.loads(told), took, peak)


def _answer(work: Callable[[], Any], writer: int) -> None:
    """Never returns: the child must not go on with what its parent does next."""
    status = 1
    try:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(pickle.dumps(work()))
        status = 0
    # Whatever it is, KeyboardInterrupt too, must not leave the child running its parent's script.
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _read(reader: int, deadline: float) -> bytes | None:
    """All that the child writes until it closes the pipe; None if that takes longer."""
    parts = []
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, deadline - time.perf_counter()))[0]:
            part = pipe.read(PIPE_BYTES)
            if not part:
                return b"".join(parts)
            parts.append(part)
    return None
