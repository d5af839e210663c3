"""Is a .zst file whole? Python has no zstd before 3.14, but its frames can be walked without unpacking them.

Here: the frame format of RFC 8878, sizes only. Not here: content; a flipped bit inside a block is DuckDB's to find.
"""

from pathlib import Path
from typing import BinaryIO

MAGIC = 0xFD2FB528
SKIPPABLE = range(0x184D2A50, 0x184D2A60)
CONTENT_SIZE_BYTES = (0, 2, 4, 8)
DICTIONARY_BYTES = (0, 1, 2, 4)
RLE_BLOCK, RESERVED_BLOCK = 1, 3


def is_whole(path: Path) -> bool:
    """True if the file is a row of complete frames. Raises `OSError`."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        while stream.tell() < size:
            if not _skip_frame(stream) or stream.tell() > size:
                return False
    return size > 0


def _skip_frame(stream: BinaryIO) -> bool:
    magic = _number(stream, 4)
    if magic in SKIPPABLE:
        stream.seek(_number(stream, 4), 1)
        return True
    return magic == MAGIC and _skip_blocks(stream, has_checksum=_skip_header(stream))


def _skip_header(stream: BinaryIO) -> bool:
    """Step over the frame's header; true if a checksum follows its blocks."""
    descriptor = _number(stream, 1)
    single_segment = bool(descriptor & 0x20)
    content_size = CONTENT_SIZE_BYTES[descriptor >> 6] or int(single_segment)
    stream.seek((not single_segment) + DICTIONARY_BYTES[descriptor & 3] + content_size, 1)
    return bool(descriptor & 0x04)


def _skip_blocks(stream: BinaryIO, has_checksum: bool) -> bool:
    while len(header := stream.read(3)) == 3:
        block = int.from_bytes(header, "little")
        kind, size = block >> 1 & 3, block >> 3
        if kind == RESERVED_BLOCK:
            return False
        stream.seek(1 if kind == RLE_BLOCK else size, 1)
        if block & 1:
            stream.seek(4 * has_checksum, 1)
            return True
    return False


def _number(stream: BinaryIO, size: int) -> int:
    """A little-endian number; -1 at the end of the file, which is no magic number."""
    data = stream.read(size)
    return int.from_bytes(data, "little") if len(data) == size else -1
