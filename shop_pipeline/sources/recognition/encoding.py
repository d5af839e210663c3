"""The encoding that the bytes of a text suggest.

Here: the four that exports of shops have. Not here: the reading (`sample`), and other encodings, which people
name in shop.yaml.
"""

import codecs

COMMON = 0.7
"""Share of the characters beyond ASCII that stand in the older and smaller GB2312, if a text is Chinese."""


def guess_encoding(content: bytes) -> str:
    """The encoding that the bytes suggest: their mark, else UTF-8, else GB18030, else cp1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decoded(content, "utf-8") is not None:
        return "utf-8"
    # Western text often is valid GB18030 ("ül" is one character there), but of rare characters only.
    foreign = [letter for letter in _decoded(content, "gb18030") or "" if not letter.isascii()]
    n_common = sum(bool(letter.encode("gb2312", "ignore")) for letter in foreign)
    return "gb18030" if foreign and n_common > COMMON * len(foreign) else "cp1252"


def _decoded(content: bytes, encoding: str) -> str | None:
    """The last character may be cut."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return None
