"""Files of user and item, as the published comparisons have them, and their split.

Here: reading, and holding out. Not here: models (`top_n`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions

LOOKED_AT = 1000
HEADERS = {
    "user",
    "userid",
    "user_id",
    "uid",
    "customer",
    "customer_id",
    "item",
    "itemid",
    "item_id",
    "iid",
    "product_id",
}


@dataclass(frozen=True)
class Pair:
    """Training and test over the same users and items, those of either file."""

    train: Interactions
    test: sp.csr_matrix


def read_pair(train: Path, test: Path) -> Pair:
    """Both files. An item that only the test file names can't be found, and counts as missed."""
    parts = [read_file(train), read_file(test)]
    codes, ids = {}, {}
    for name in ("user", "item"):
        codes[name], ids[name] = pd.factorize(pd.concat([part[name] for part in parts]), sort=True)
    shape = (len(ids["user"]), len(ids["item"]))
    cut = len(parts[0])
    matrices = [_ones(codes["user"][own], codes["item"][own], shape) for own in (slice(0, cut), slice(cut, None))]
    names = [np.asarray(ids[name], dtype=object) for name in ("user", "item")]
    return Pair(Interactions(matrices[0], *names), matrices[1])


def read_file(path: Path) -> pd.DataFrame:
    """Columns user and item, as text.

    Two columns with commas, tabs or spaces, with or without a header; or lines `user item item ...` with spaces, in
    which a user may have no item.

    Raises:
        ValueError: for more columns with commas or tabs, or an empty file.
    """
    with path.open(encoding="utf-8-sig") as lines:
        filled = (line.rstrip("\r\n") for line in lines if line.strip())
        first = [line for _, line in zip(range(LOOKED_AT), filled, strict=False)]
    if not first:
        raise ValueError(f"{path.name} is empty")
    separator = next((one for one in "\t," if one in first[0]), " ")
    widths = {len(line.split(separator) if separator != " " else line.split()) for line in first if line.strip()}
    if separator != " " and widths != {2}:
        raise ValueError(f"{path.name}: expected two columns, found lines of {sorted(widths)}")
    if widths != {2}:
        return _read_lists(path)
    try:
        return _read_columns(path, separator, has_header=_is_header(first, separator))
    except pd.errors.ParserError:
        # A longer line after the first ones.
        return _read_lists(path)


def _is_header(first: Sequence[str], separator: str) -> bool:
    # RecBole's files say the type behind a colon.
    top = [part.strip().strip('"').lower().split(":")[0] for part in first[0].split(separator)]
    return bool(set(top) & HEADERS)


def _read_columns(path: Path, separator: str, *, has_header: bool) -> pd.DataFrame:
    return pd.read_csv(
        path, sep=separator, names=["user", "item"], index_col=False, dtype=str, header=0 if has_header else None,
        encoding="utf-8-sig", keep_default_na=False, on_bad_lines="error", skipinitialspace=True,
    )  # fmt: skip


def _read_lists(path: Path) -> pd.DataFrame:
    rows = [line.split() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    users = np.repeat([row[0] for row in rows], [len(row) - 1 for row in rows])
    return pd.DataFrame({"user": users, "item": [item for row in rows for item in row[1:]]})


def _ones(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    matrix = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def hold_out(data: Interactions, share: float, rng: np.random.Generator) -> tuple[Interactions, sp.csr_matrix]:
    """Draw this share of each user's items, rounded, at least one and never all, as validation.

    Returns:
        The rest, and what was drawn.
    """
    matrix = data.matrix
    counts = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    n_drawn = np.where(counts > 1, np.clip(np.rint(share * counts), 1, None), 0)
    order = np.lexsort((rng.random(matrix.nnz), rows))
    is_drawn = np.zeros(matrix.nnz, bool)
    is_drawn[order] = np.arange(matrix.nnz) - matrix.indptr[rows] < n_drawn[rows]
    drawn, rest = (_ones(rows[own], matrix.indices[own], matrix.shape) for own in (is_drawn, ~is_drawn))
    return Interactions(rest, data.customer_ids, data.product_ids), drawn


def with_fewer_products(data: Interactions, share: float, rng: np.random.Generator) -> tuple[Interactions, np.ndarray]:
    """All users with a random share of the products, and which these are."""
    chosen = np.flatnonzero(rng.random(len(data.product_ids)) < share)
    smaller = data.matrix[:, chosen].tocsr()
    return Interactions(smaller, data.customer_ids, data.product_ids[chosen]), chosen
