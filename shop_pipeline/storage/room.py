"""What is free on this machine: disk and memory.

Here: two questions to the operating system. Not here: what a run needs (`cli/costs.py`).
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MEMINFO = Path("/proc/meminfo")


class NoRoom(Exception):
    """A run would not fit; the message says what it needs and what there is."""


@dataclass(frozen=True)
class Room:
    """Bytes that are free."""

    disk: int
    memory: int


def free_room(folder: Path) -> Room:
    """The disk of `folder` (or of the nearest folder above that is there), and memory that programs can still have."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return Room(shutil.disk_usage(there).free, free_memory())


def free_memory() -> int:
    """Bytes: what Linux calls available; elsewhere all there is, because caches count as used there."""
    if MEMINFO.exists():
        for line in MEMINFO.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
