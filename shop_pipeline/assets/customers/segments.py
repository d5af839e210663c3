"""Segments of customers: the models, who is in which, what a segment is like, and who moved.

Here: the stage. Not here: learning (`segmentation.py`), members (`segment_members.py`), profiles
(`segment_profiles.py`), and `sql/marts/segment_migration.sql`.
"""

import dagster as dg

from ...contracts import TABLES
from ..gated import gated_asset
from ..sql_files import sql_asset
from .segment_members import COMPONENTS, build_components, build_members, tell_members
from .segment_members import NAME as MEMBERS
from .segment_profiles import NAME as PROFILES
from .segment_profiles import build_profiles
from .segmentation import CUSTOMERS, build_segmentation
from .segmentation import NAME as SEGMENTATION

KINDS = {"python", "numpy"}


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """From the models to who moved."""
    described = {MEMBERS, SEGMENTATION, CUSTOMERS, "features.customer_categories", "clean.customers"}
    scored = {SEGMENTATION, COMPONENTS, CUSTOMERS, "features.rfm"}
    return [
        gated_asset(TABLES[SEGMENTATION], build_segmentation, {CUSTOMERS}, kinds=KINDS | {"scikitlearn"}),
        gated_asset(TABLES[COMPONENTS], build_components, {SEGMENTATION, CUSTOMERS}, kinds=KINDS),
        gated_asset(TABLES[MEMBERS], build_members, scored, kinds=KINDS, afterwards=tell_members),
        gated_asset(TABLES[PROFILES], build_profiles, described, kinds={"python"}),
        sql_asset("marts.segment_migration"),
    ]
