"""A shop with known truth: sample data, and the ground for tests.

Here: the public names. Inside: `config` (what may be chosen), `shop` (the outline of what is drawn), `sample` (the
outline of what is written). Nothing of the pipeline is imported here, and the pipeline never reads `<out>/truth`.
"""

from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.dirt import KINDS as DIRT_KINDS
from shop_pipeline.simulate.sample import FEEDS, SampleReport, write_sample

__all__ = ["DIRT_KINDS", "FEEDS", "SampleReport", "ShopConfig", "write_sample"]
