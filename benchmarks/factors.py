"""Factor models and their lists: ours against implicit and faiss.

    python benchmarks/factors.py --customers 140000 --products 20000 --entries 10000000 --factors 64

ALS of both sides gets the same entries, alpha, regularisation and epochs, in a fresh process each; recall@20 of both is
that of the same search on the same held-out entries of a sample of customers. The searches get our factors and owe each
customer 20 products without what they have. faiss can't leave products out: it is asked for 20 more than the longest
history among customers of about the same number of entries, and its answer filtered; `faiss_unfiltered` is its search
for 20 alone, which is less than what is owed.

Seconds are the best of the rounds, after a warm-up on 1,000 customers that compiles our kernels or loads them. Memory
is the peak of the process in the first round (VmHWM, reset before it) over what it held with the data loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from measure import report
from planted import planted, recall
from similarity import memory_kilobytes
from threadpoolctl import threadpool_limits

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.nmf import Nmf, NmfConfig
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.top_n import top_n_from_factors

N = 20
ALPHA, REGULARIZATION = 10.0, 0.05
JUDGED = 20_000
BATCH = 2048
Pair = tuple[np.ndarray, np.ndarray]


def _interactions(matrix: sp.csr_matrix) -> Interactions:
    return Interactions(
        matrix, *(np.array([f"{place:09}" for place in range(length)], dtype=object) for length in matrix.shape)
    )


def _fitted(model: Any, matrix: sp.csr_matrix) -> Pair:
    state = model.fit(_interactions(matrix), np.random.default_rng(1)).state
    return state.customers, state.products


def fit_ours(matrix: sp.csr_matrix, options: argparse.Namespace) -> Pair:
    return _fitted(Als(AlsConfig(options.factors, REGULARIZATION, ALPHA, options.epochs)), matrix)


def fit_implicit(matrix: sp.csr_matrix, options: argparse.Namespace) -> Pair:
    from implicit.cpu.als import AlternatingLeastSquares

    confidence = sp.csr_matrix((matrix.data * np.float32(ALPHA) + 1, matrix.indices, matrix.indptr), matrix.shape)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            options.factors, REGULARIZATION, 1.0, iterations=options.epochs, num_threads=os.cpu_count(), random_state=1
        )
        model.fit(confidence, show_progress=False)
    return model.user_factors, model.item_factors


def fit_pure_svd(matrix: sp.csr_matrix, options: argparse.Namespace) -> Pair:
    return _fitted(PureSvd(PureSvdConfig(options.factors)), matrix)


def fit_nmf(matrix: sp.csr_matrix, options: argparse.Namespace) -> Pair:
    return _fitted(Nmf(NmfConfig(options.factors)), matrix)


def search_ours(factors: Pair, matrix: sp.csr_matrix) -> np.ndarray:
    return top_n_from_factors(*factors, np.arange(matrix.shape[0]), N, seen=matrix).products


def search_implicit(factors: Pair, matrix: sp.csr_matrix) -> np.ndarray:
    from implicit.cpu.als import AlternatingLeastSquares

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(factors[0].shape[1], num_threads=os.cpu_count())
        model.user_factors, model.item_factors = factors
        return model.recommend(np.arange(matrix.shape[0]), matrix, N=N, filter_already_liked_items=True)[0]


def search_faiss(factors: Pair, matrix: sp.csr_matrix) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(factors[1].shape[1])
    index.add(factors[1])
    lengths = np.diff(matrix.indptr)
    order, found = np.argsort(lengths, kind="stable"), np.empty((matrix.shape[0], N), np.int64)
    for begin in range(0, len(order), BATCH):
        batch = order[begin : begin + BATCH]
        asked = index.search(factors[0][batch], min(N + int(lengths[batch].max()), matrix.shape[1]))[1]
        is_seen = np.zeros((len(batch), matrix.shape[1]), bool)
        seen = matrix[batch]
        is_seen[np.repeat(np.arange(len(batch)), np.diff(seen.indptr)), seen.indices] = True
        is_free = ~np.take_along_axis(is_seen, asked, axis=1)
        first = np.argsort(~is_free, axis=1, kind="stable")[:, :N]
        found[batch] = np.take_along_axis(asked, first, axis=1)
    return found


def search_faiss_unfiltered(factors: Pair, matrix: sp.csr_matrix) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(factors[1].shape[1])
    index.add(factors[1])
    return index.search(factors[0][: matrix.shape[0]], N)[1]


FITS = {"als_ours": fit_ours, "als_implicit": fit_implicit, "pure_svd": fit_pure_svd, "nmf": fit_nmf}
SEARCHES = {
    "top_n_ours": search_ours,
    "top_n_implicit": search_implicit,
    "top_n_faiss": search_faiss,
    "top_n_faiss_unfiltered": search_faiss_unfiltered,
}


def timed(run: Callable[[], Any], rounds: int) -> tuple[Any, dict[str, Any]]:
    """The last answer, and seconds and memory."""
    Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM to the present VmRSS
    before, seconds, peak, answer = memory_kilobytes("VmRSS"), [], 0, None
    for _ in range(rounds):
        answer = None
        start = time.perf_counter()
        answer = run()
        seconds.append(time.perf_counter() - start)
        peak = peak or memory_kilobytes("VmHWM")
    return answer, {"seconds": min(seconds), "all_seconds": seconds, "peak_gb": (peak - before) / 2**20}


def measure(engine: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run one engine in this process, and judge or keep what it found."""
    known, held_out = (sp.load_npz(folder / f"{name}.npz") for name in ("known", "held_out"))
    if engine in SEARCHES:
        factors = tuple(np.load(folder / f"{side}.npy") for side in ("customers", "products"))
        SEARCHES[engine](factors, known[:1000])
        found, figures = timed(lambda: SEARCHES[engine](factors, known), options.rounds)
        np.save(folder / f"{engine}.npy", found)
        return figures
    FITS[engine](known[:1000], options)
    factors, figures = timed(lambda: FITS[engine](known, options), options.rounds)
    judged = np.random.default_rng(2).permutation(np.flatnonzero(np.diff(held_out.indptr)))[:JUDGED]
    lists = top_n_from_factors(*factors, judged, N, seen=known).products
    if engine == "als_ours":
        for side, values in zip(("customers", "products"), factors, strict=True):
            np.save(folder / f"{side}.npy", values)
    return figures | {f"recall_at_{N}": recall(lists, judged, held_out)}


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Make the data, run every engine on it, and set the figures of the others against ours."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(options.seed)
        for part, matrix in zip(
            ("known", "held_out"), planted(options.customers, options.products, options.entries, rng), strict=True
        ):
            sp.save_npz(folder / f"{part}.npz", matrix, compressed=False)
        figures = {}
        for engine in (*FITS, *SEARCHES):
            command = [sys.executable, __file__, "--engine", engine, "--source", name]
            for option in ("rounds", "factors", "epochs"):
                command += [f"--{option}", str(getattr(options, option))]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            figures[engine] = json.loads(done.stdout)
        ours = np.load(folder / "top_n_ours.npy")
        for engine in ("top_n_implicit", "top_n_faiss"):
            figures[engine]["places_equal_to_ours"] = float((np.load(folder / f"{engine}.npy") == ours).mean())
            figures[engine]["seconds_over_ours"] = figures[engine]["seconds"] / figures["top_n_ours"]["seconds"]
    figures["als_implicit"]["seconds_over_ours"] = figures["als_implicit"]["seconds"] / figures["als_ours"]["seconds"]
    sizes = {each: getattr(options, each) for each in ("customers", "products", "entries", "factors", "epochs")}
    return {"sizes": sizes} | figures


def main() -> None:
    """Read the options; the engine and source are for the processes that this one starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("customers", 140_000), ("products", 20_000), ("entries", 10_000_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("factors", 64), ("epochs", 3), ("rounds", 3), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--engine", choices=(*FITS, *SEARCHES), help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(measure(options.engine, options.source, options)))
        return
    report(compare(options), as_json=options.json)


if __name__ == "__main__":
    main()
