"""Threads that share desks: after an error in one, the desk is free for the next, and nobody waits for ever."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models import top_n
from shop_pipeline.models.recommenders import gram, sparse_ease


class NeverWaits(queue.SimpleQueue):
    """Raises queue.Empty where a thread would wait for ever."""

    def get(self) -> object:
        return self.get_nowait()


@pytest.fixture
def fail_each_task(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], list[object]]:
    """Run a module's tasks one after another with one desk, expect a MemoryError of each, and return the tasks."""

    def prepare(module: ModuleType) -> list[object]:
        failed: list[object] = []

        def run(work: Callable[[object], None], tasks: Iterable[object], n_threads: int) -> None:
            for task in tasks:
                with pytest.raises(MemoryError):
                    work(task)
                failed.append(task)

        monkeypatch.setattr(module, "thread_count", lambda: 1)
        monkeypatch.setattr(module, "queue", SimpleNamespace(SimpleQueue=NeverWaits))
        monkeypatch.setattr(module, "run_in_threads", run)
        return failed

    return prepare


def out_of_memory(*_: object) -> None:
    raise MemoryError


def test_links_from_rows(fail_each_task: Callable[[ModuleType], list[object]]) -> None:
    """100 rows in blocks of 40 are three tasks."""
    failed = fail_each_task(gram)
    gram.links_from_rows(100, 10, out_of_memory, rows_per_block=40)
    assert failed == [0, 40, 80]


def test_top_n(fail_each_task: Callable[[ModuleType], list[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for the scores of 40 customers: 100 are three tasks."""
    failed = fail_each_task(top_n)
    monkeypatch.setattr(top_n, "BLOCK_BYTES", 40 * 100 * 4)
    monkeypatch.setattr(top_n, "_select_block", out_of_memory)
    factors = np.ones((100, 4), np.float32)
    top_n.top_n_from_factors(factors, factors, np.arange(100), 3)
    assert failed == [0, 40, 80]


def test_equations(fail_each_task: Callable[[ModuleType], list[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    """150 products, 64 per task."""
    failed = fail_each_task(sparse_ease)
    monkeypatch.setattr(sparse_ease, "gather_grams", out_of_memory)
    matrix = sp.identity(150, np.float32, "csr")
    sparse_ease._equations(matrix, matrix, np.zeros((150, 2), np.int32), 0, np.float32(1))
    assert failed == [0, 64, 128]
