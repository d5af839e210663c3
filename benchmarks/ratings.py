"""Models of explicit ratings on any file of customer, product and rating, by cross-validation.

    python benchmarks/ratings.py --ratings u.data --folds 5

The file has one rating per line: customer, product, rating, and further columns that are ignored; separated by commas,
tabs, spaces or `::`, with or without a header. Every model gets the same folds, drawn from `--seed`; errors are means
over the folds, seconds are for all folds on all cores. `chosen` is what one would use without knowing better: in each
fold it holds out a tenth of the training part, takes the candidate that is best there, and learns from the whole part.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import report

from shop_pipeline.models.ratings.baselines import Biases, GlobalMean
from shop_pipeline.models.ratings.biased_mf import BiasedMf, BiasedMfConfig
from shop_pipeline.models.ratings.cross_validation import Chosen, cross_validate, errors_of
from shop_pipeline.models.ratings.predictor import RatingPredictor
from shop_pipeline.models.ratings.ratings import Ratings

DEFAULT = BiasedMfConfig()
CANDIDATES = (
    DEFAULT,
    replace(DEFAULT, factor_penalty=0.045),
    replace(DEFAULT, factor_penalty=0.11),
    replace(DEFAULT, implicit=False),
)
MODELS: dict[str, Callable[[], RatingPredictor]] = {
    "global_mean": GlobalMean,
    "biases": Biases,
    "biased_mf": lambda: BiasedMf(replace(DEFAULT, implicit=False)),
    "svd_pp": BiasedMf,
    "chosen": lambda: Chosen([BiasedMf(each) for each in CANDIDATES]),
}


def is_number(text: str) -> bool:
    """Whether the text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_ratings(path: Path) -> Ratings:
    """The first three columns of the file. Raises SystemExit for a file that has no three, or no number as a rating."""
    with path.open(encoding="utf-8-sig") as file:
        first = next((line.rstrip("\r\n") for line in file if line.strip()), "")
    separator = next((each for each in ("::", "\t", ",", ";") if each in first), r"\s+")
    fields = re.split(separator, first.strip())
    if len(fields) < 3:
        raise SystemExit(f"{path}: {first!r} has no three columns")
    header = None if is_number(fields[2].strip('"')) else 0
    frame = pd.read_csv(
        path, sep="\t" if separator == "::" else separator, header=header, encoding="utf-8-sig", dtype=str,
        keep_default_na=False, index_col=False,
    )  # fmt: skip
    if separator == "::":
        frame = frame.iloc[:, 0].str.split("::", expand=True)
    values = pd.to_numeric(frame.iloc[:, 2], errors="coerce")
    if values.isna().any():
        raise SystemExit(f"{path}: {int(values.isna().sum())} ratings are no numbers")
    return Ratings.from_ids(frame.iloc[:, 0].to_numpy(), frame.iloc[:, 1].to_numpy(), values.to_numpy("float32"))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every model in turn on the same folds."""
    ratings = read_ratings(options.ratings)
    compiled = BiasedMf().fit(ratings.part(slice(0, 100)), np.random.default_rng(options.seed))
    errors_of(compiled, ratings.part(slice(0, 100)))
    figures = {}
    for name, build in MODELS.items():
        began = time.perf_counter()
        errors = cross_validate(build, ratings, options.folds, options.seed)
        figures[name] = {"rmse": errors.rmse, "mae": errors.mae, "seconds": time.perf_counter() - began}
    size, chosen = ratings.size, figures["chosen"]
    return {
        "models": figures,
        "chosen": chosen,
        "n_ratings": len(ratings),
        "n_customers": size.n_customers,
        "n_products": size.n_products,
        "folds": options.folds,
        "rmse": chosen["rmse"],
        "mae": chosen["mae"],
    }


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report(measure(options), as_json=options.json)


if __name__ == "__main__":
    main()
