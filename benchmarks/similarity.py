"""Exact top k by product cosine: this project's kernel against sparse_dot_topn and implicit; and its other measures.

    python benchmarks/similarity.py --customers 140000 --products 20000 --entries 10000000 --k 100
    python benchmarks/similarity.py --measure all --customers 20000 --products 4000 --entries 1000000

With `--measure`, no engine but ours runs: the measures named (or all), each with and without shrinkage, take turns in
one process, and their CPU seconds are set against the cosine's. `--transposed` searches similar customers instead.

Each engine gets the same matrix (customers x products, CSR float32) in a fresh process and owes the same
answer, so normalising and transposing count for those that need it. A warm-up on 1,000 customers, which
compiles our kernel or loads it from its cache, is not counted. Seconds are the best of the rounds; memory
is the peak of the process in the first round (VmHWM, reset before it) over what it held with the matrix
loaded. Ours also counts customers in common, the others do not.

Scores that differ by more than 1e-5 are rounding: sparse_dot_topn sums in float32, and is off by up to 1.3e-4 for the
most popular products; ours and implicit sum in float64.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

ENGINES = ("ours", "sparse_dot_topn", "implicit")
TOLERANCE = 1e-5
MEASURES = ("cosine", "asymmetric", "pearson", "euclidean", "jaccard", "tfidf", "bm25")
SHRINKAGES = (0.0, 20.0)


def ours(matrix: sp.csr_matrix, k: int) -> Any:
    from shop_pipeline.models.similarity.top_k import top_k_neighbours

    return top_k_neighbours(matrix, k)


def sparse_dot_topn(matrix: sp.csr_matrix, k: int) -> Any:
    from sparse_dot_topn import sp_matmul_topn

    norms = np.sqrt(np.bincount(matrix.indices, weights=matrix.data**2, minlength=matrix.shape[1]))
    scaled = matrix.data / np.maximum(norms, 1e-30).astype(np.float32)[matrix.indices]
    by_customer = sp.csr_matrix((scaled, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)
    return sp_matmul_topn(by_customer.T.tocsr(), by_customer, top_n=k + 1, sort=True, n_threads=os.cpu_count())


def implicit(matrix: sp.csr_matrix, k: int) -> Any:
    from implicit.nearest_neighbours import CosineRecommender

    model = CosineRecommender(K=k + 1, num_threads=os.cpu_count())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit warns about the COO matrix that it makes itself
        model.fit(matrix, show_progress=False)
    return model.similarity.tocsr()


def best_scores(answer: Any, k: int) -> np.ndarray:
    """Any engine's answer as scores (n_products, k), best first, 0 where there are fewer; itself left out."""
    if not sp.issparse(answer):
        return np.nan_to_num(answer.scores)
    rows = sp.coo_matrix(answer)
    keep = rows.row != rows.col
    row, score = rows.row[keep], rows.data[keep]
    order = np.lexsort((-score, row))
    row, score = row[order], score[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    scores = np.zeros((answer.shape[0], k), np.float32)
    scores[row[place < k], place[place < k]] = score[place < k]
    return scores


def memory_kilobytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def measure(engine: str, source: str, k: int, rounds: int) -> None:
    """Run one engine in this process; leave its scores beside the source and print its figures."""
    run: Callable[[sp.csr_matrix, int], Any] = globals()[engine]
    matrix = sp.load_npz(source)
    run(matrix[:1000], k)
    Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM to the present VmRSS
    before, seconds, peak = memory_kilobytes("VmRSS"), [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        answer = run(matrix, k)
        seconds.append(time.perf_counter() - start)
        peak = peak or memory_kilobytes("VmHWM")
    np.save(f"{source}.{engine}.npy", best_scores(answer, k))
    print(json.dumps({"seconds": min(seconds), "all_seconds": seconds, "peak_gb": (peak - before) / 2**20}))


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Generate the matrix, run every engine on it, and set the figures against ours."""
    from synthetic import interactions

    with tempfile.TemporaryDirectory() as folder:
        source = str(Path(folder) / "matrix.npz")
        rng = np.random.default_rng(options.seed)
        sp.save_npz(source, interactions(options.customers, options.products, options.entries, rng), compressed=False)
        command = [sys.executable, __file__, "--k", str(options.k), "--rounds", str(options.rounds)]
        figures = {}
        for engine in ENGINES:
            done = subprocess.run(
                [*command, "--engine", engine, "--source", source], stdout=subprocess.PIPE, check=True
            )
            figures[engine] = json.loads(done.stdout)
        reference = np.load(f"{source}.ours.npy")
        for engine in ENGINES:
            apart = np.abs(np.load(f"{source}.{engine}.npy") - reference)
            figures[engine]["scores_equal_to_ours"] = float((apart <= TOLERANCE).mean())
            figures[engine]["largest_difference"] = float(apart.max())
            figures[engine]["seconds_over_ours"] = figures[engine]["seconds"] / figures["ours"]["seconds"]
            figures[engine]["memory_over_ours"] = figures[engine]["peak_gb"] / figures["ours"]["peak_gb"]
    return figures


def compare_measures(options: argparse.Namespace) -> dict[str, Any]:
    """CPU seconds of every measure on all threads, best of the rounds, and over those of the plain cosine."""
    from synthetic import interactions

    from shop_pipeline.models.similarity.measures import Similarity
    from shop_pipeline.models.similarity.top_k import top_k_neighbours

    matrix = interactions(options.customers, options.products, options.entries, np.random.default_rng(options.seed))
    matrix = matrix.T.tocsr() if options.transposed else matrix
    chosen = MEASURES if options.measure == "all" else ("cosine", options.measure)
    wanted = {
        f"{measure}, shrinkage {shrinkage:g}": Similarity(measure, shrinkage, alpha=0.3)
        for measure in dict.fromkeys(chosen)
        for shrinkage in SHRINKAGES
    }
    seconds: dict[str, list[float]] = {name: [] for name in wanted}
    top_k_neighbours(matrix[:100], options.k, memory_limit_bytes=2**30)
    for _ in range(options.rounds):
        for name, similarity in wanted.items():
            start = time.process_time()
            top_k_neighbours(matrix, options.k, similarity, memory_limit_bytes=2**30)
            seconds[name].append(time.process_time() - start)
    cosine = min(seconds["cosine, shrinkage 0"])
    return {name: {"seconds": min(all_), "seconds_over_cosine": min(all_) / cosine} for name, all_ in seconds.items()}


def main() -> None:
    """Read the options; the engine and source are for the processes that this one starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("customers", 140_000), ("products", 20_000), ("entries", 10_000_000), ("k", 100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", choices=(*MEASURES, "all"))
    parser.add_argument("--transposed", action="store_true", help="with --measure: similar customers")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        measure(options.engine, options.source, options.k, options.rounds)
        return
    if options.transposed and not options.measure:
        parser.error("--transposed needs --measure")
    figures = compare_measures(options) if options.measure else compare(options)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    if options.measure:
        for name, row in figures.items():
            print(f"{name:28} {row['seconds']:6.2f} s ({row['seconds_over_cosine']:.2f} x cosine)")
        return
    for engine, row in figures.items():
        print(
            f"{engine:16} {row['seconds']:6.2f} s ({row['seconds_over_ours']:.2f} x)"
            f"  {row['peak_gb']:6.3f} GB ({row['memory_over_ours']:.2f} x)"
            f"  scores within {TOLERANCE}: {row['scores_equal_to_ours']:.6f}"
            f", largest difference {row['largest_difference']:.1e}"
        )


if __name__ == "__main__":
    main()
