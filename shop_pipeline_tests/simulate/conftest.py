"""One default sample for all tests of the simulator."""

from __future__ import annotations

import pytest

from shop_pipeline.simulate import ShopConfig, write_sample
from shop_pipeline_tests.simulate.reader import Sample, read_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The default sample: what everybody gets."""
    out = tmp_path_factory.mktemp("default")
    return read_sample(out, write_sample(ShopConfig(), out))


@pytest.fixture(scope="session")
def small() -> ShopConfig:
    """A shop that takes a fifth of a second."""
    return ShopConfig(days=20, customers=80, products=40, seed=3)
