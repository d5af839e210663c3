"""How a column of text writes its numbers, and the expression that reads them.

Here: currency signs, and commas that separate thousands or decimals. `1,234` alone may be either: then nothing is
guessed. Not here: plain numbers, which `typing_sql` reads, and what they count.
"""

import re
from collections.abc import Sequence

from ..quoting import identifier
from ..typing_sql import NUMBER
from .times import ENOUGH

WITH_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
WITH_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
UNDECIDED = re.compile(r"[+-]?\d{1,3}[,.]\d{3}")
# With a sign, code or word around it: -£3, US$ 5, 5元, 5 EUR.
MARKED = re.compile(r"([+-]?)[^\d.,+-]{0,5}([+-]?\d[\d.,]*?)[^\d.,+-]{0,5}")


def read_numbers(column: str, values: Sequence[str]) -> str | None:
    """The expression that gives plain numbers. None: most values are no numbers, or can be read in two ways."""
    texts = [value.strip() for value in values if value and value.strip()]
    if not texts:
        return None
    name, enough = identifier(column), ENOUGH * len(texts)
    if sum(bool(re.fullmatch(NUMBER, text)) for text in texts) >= enough:
        return name
    bare = [match[1] + match[2] for text in texts if (match := MARKED.fullmatch(text))]
    fits_point = [text for text in bare if WITH_POINT.fullmatch(text)]
    fits_comma = [text for text in bare if WITH_COMMA.fullmatch(text)]
    if max(len(fits_point), len(fits_comma)) < enough or all(UNDECIDED.fullmatch(text) for text in bare):
        return None
    if len(fits_point) >= len(fits_comma):
        return f"regexp_replace({name}, '[^0-9.+-]', '', 'g')"
    return f"replace(regexp_replace({name}, '[^0-9,+-]', '', 'g'), ',', '.')"
