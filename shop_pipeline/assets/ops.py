"""Stage 6, `ops`: the manifest of a good run, and with it the publication.

This asset is behind every other one, in a selection too, so it runs only when no gate refused; it writes down what went
in and what came out, and then replaces the published file. Not here: how the file is replaced (`storage/published.py`).
"""

import importlib.metadata
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ..contracts import TABLES
from ..sources.landing import content_hash, list_files
from ..storage import publish
from .gated import Built, Run, gated_asset

VERSIONS = ("shop-pipeline", "dagster", "duckdb", "great-expectations", "numpy", "scipy", "scikit-learn", "numba")
HASHED = ("clean", "features", "models", "marts")


def assets(upstream: Iterable[str]) -> list[dg.AssetsDefinition]:
    """The last asset, behind all of `upstream`."""
    name = "ops.run_manifest"
    return [gated_asset(TABLES[name], _manifest, upstream, kinds={"python"}, afterwards=_publish)]


def _manifest(run: Run) -> Built:
    settings = run.session.settings
    row = {
        "run_id": run.session.run_id,
        "as_of": run.as_of,
        "git_revision": _git_revision(),
        "parameters": settings.model_dump_json(exclude={"alerts"}),
        "seeds": json.dumps({"recommend": settings.recommend.seed}),
        "versions": json.dumps({name: importlib.metadata.version(name) for name in VERSIONS}),
        "inputs": json.dumps(_inputs(run), sort_keys=True),
        "outputs": json.dumps(_outputs(run)),
    }
    run.duck.register("manifest", pd.DataFrame([row]).astype({"git_revision": "string"}))
    earlier = f"SELECT * FROM ops.run_manifest WHERE run_id <> '{run.session.run_id}'"
    return Built(f"{earlier} UNION ALL BY NAME SELECT * FROM manifest")


def _inputs(run: Run) -> dict[str, str]:
    """SHA-256 of each landing file that is loaded; those of events are known from when they were read."""
    loaded = dict(run.duck.execute("SELECT file, sha256 FROM ops.landing_files WHERE is_clean").fetchall())
    feeds = [feed for name, feed in run.session.settings.feeds.items() if name != "events"]
    files = [file for feed in feeds for file in list_files(run.session.paths.data, feed)]
    return loaded | {file.name: content_hash(file) for file in files}


def _outputs(run: Run) -> dict[str, Any]:
    """Rows and content hash of each table. The hash is a sum over rows, so that it does not depend on their order."""
    found = {}
    for name, table in TABLES.items():
        if table.schema in HASHED:
            columns = ", ".join(f'"{column}"' for column in table.column_names if column != "run_id")
            sql = f"SELECT count(*), coalesce(sum(hash(row({columns}))::HUGEINT), 0) % 18446744073709551616 FROM {name}"
            counted = run.duck.execute(sql).fetchone() or (0, 0)
            found[name] = {"rows": counted[0], "hash": f"{int(counted[1]):016x}"}
    return found


def _git_revision() -> str | None:
    """The checked-out revision, or None where the package is installed from a wheel or git is not there."""
    here = Path(__file__).parent
    if shutil.which("git") is None:
        return None
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)  # noqa: S607
    return asked.stdout.strip() or None


def _publish(run: Run) -> dict[str, Any]:
    kept = publish(run.duck, run.session.paths.published, run.session.run_id)
    return {"published": str(run.session.paths.published), "kept_version": kept.name}
