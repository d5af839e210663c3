"""Words of titles and descriptions, Chinese and English, and how much each says about a product.

Belongs here: from text to tokens, from tokens to a TF-IDF matrix. Does not belong here: what else describes a product
(`content_blocks`), and how the parts are put together (`content`).

There is no dictionary: where a script writes no spaces, two characters that stand together are a token. In Chinese
most words have two characters, and bigrams find texts about as well as segmented words do (Nie and Ren 1999, "Chinese
information retrieval: using characters or words?"). Other scripts without spaces, such as Thai, are not cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from shop_pipeline.models.arrays import SparseMatrix

FEW = 100
"""A feature of so few products costs next to nothing, and is kept however large a share they are of a small shop."""

# Han with its extensions, the iteration mark, kana with the sign of a long vowel, and Hangul.
_EAST_ASIAN = (
    "\u3005\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0003fffd"
)
_RUN = re.compile(f"[{_EAST_ASIAN}]+")
# Only accents of alphabets: the voicing marks of kana (U+3099) make other words.
_ACCENTS = re.compile("[\u0300-\u036f]")
_POSSESSIVE = re.compile("['\u2019]s\\b")
# Words of shops that end in -s and are no plural; their plural has -es.
_SINGULAR_IN_S = frozenset(
    [
        "atlas",
        "bonus",
        "bus",
        "cactus",
        "campus",
        "canvas",
        "chassis",
        "christmas",
        "circus",
        "citrus",
        "gas",
        "iris",
        "lens",
        "series",
        "species",
        "tennis",
        "virus",
    ]
)
# Other words in -oes, such as tomatoes, are plurals of words in -o; those of 4 letters, such as toes, are of -oe.
_PLURAL_OF_OE = ("shoes", "canoes", "oboes", "aloes")
# A number with its point or comma is one token.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of features: what each product has of them.

    Args:
        matrix: CSR float32 (n_products, n_features); every row has length 1, or is empty.
        names: what each feature is, n_features.
    """

    matrix: SparseMatrix
    names: list[str]


def normal_form(text: str) -> str:
    """Full-width as half-width (NFKC), capitals as small letters, letters without accents."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))


def tokens(text: str) -> list[str]:
    """Words without their plural, numbers, and the bigrams of each East Asian run (a lone character as it is)."""
    plain = _POSSESSIVE.sub("", normal_form(text))
    if plain.isascii():
        return [singular(word) for word in _TOKEN.findall(plain)]
    found = []
    for word in _TOKEN.findall(_RUN.sub(r" \g<0> ", plain)):
        if not _RUN.match(word):
            found.append(singular(word))
        elif len(word) == 1:
            found.append(word)
        else:
            found.extend(word[at : at + 2] for at in range(len(word) - 1))
    return found


def singular(word: str) -> str:
    """The word without an English plural's ending.

    After the S-stemmer of Harman 1991, "How effective is suffixing?", with more endings. The token need not be a word:
    movie and movies become movy, because -ies does not tell whether it was -ie or -y. Both forms come to the same
    token but for plurals of -f and -fe (knives), of -che and -xe (headaches, axes), of words in -s that are not in
    `_SINGULAR_IN_S`, of words in -oe other than those in `_PLURAL_OF_OE`, and irregular ones (men).
    """
    if len(word) > 3 and word.endswith("ie"):
        return word[:-2] + "y"
    if len(word) <= 3 or not word.endswith("s") or word in _SINGULAR_IN_S:
        return word
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses")) or word[:-2] in _SINGULAR_IN_S:
        return word[:-2]
    if word.endswith("oes") and len(word) > 4 and not word.endswith(_PLURAL_OF_OE):
        return word[:-2]
    return word if word.endswith(("us", "ss")) else word[:-1]


def text_block(texts: Sequence[str], max_share: float) -> Block:
    """TF-IDF of the tokens, with 1 + ln(count) as the frequency; see `weighed`."""
    if not any(tokens(text) for text in texts):
        return nothing(len(texts))
    counter = CountVectorizer(analyzer=tokens, dtype=np.float32)
    counts: Any = sp.csr_matrix(counter.fit_transform(texts))
    return weighed(counts, list(counter.get_feature_names_out()), max_share)


def weighed(counts: SparseMatrix, names: list[str], max_share: float) -> Block:
    """TF-IDF of counts (n_products, n_features), rows of length 1: (1 + ln count) * (ln((1 + n) / (1 + df)) + 1).

    Features that more than `max_share` of the products have, and more than `FEW`, are left out: they say little, and
    their cost in a search for similar products grows with the square of their products.
    """
    n_with = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.flatnonzero(n_with <= max(FEW, max_share * counts.shape[0]))
    if not len(kept):
        return nothing(counts.shape[0])
    weights: Any = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, kept])
    return Block(sp.csr_matrix(weights, dtype=np.float32), [names[at] for at in kept])


def unit_rows(matrix: SparseMatrix) -> SparseMatrix:
    """The matrix with rows of length 1; empty rows stay empty."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    lengths = np.sqrt(np.bincount(rows, weights=matrix.data.astype(np.float64) ** 2, minlength=matrix.shape[0]))
    scaled: Any = ((matrix.data / lengths[rows]).astype(np.float32), matrix.indices, matrix.indptr)
    return sp.csr_matrix(scaled, shape=matrix.shape)


def nothing(n_products: int) -> Block:
    """A block of no features."""
    return Block(sp.csr_matrix(np.zeros((n_products, 0), np.float32)), [])
