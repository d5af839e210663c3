"""`shop readiness`: what the data allow, model by model, from the published file.

The page that the run showed in the Dagster UI, and which tables of models it left empty. Not here: the verdicts
(`assets/readiness.py`).
"""

import json

from rich.console import Console
from rich.markdown import Markdown

from ..models.readiness import Verdict, page
from ..models.readiness_rules import candidates
from ..models.readiness_words import NOUNS
from ..settings import Paths
from ..storage import query

COLUMNS = ", ".join(Verdict.__dataclass_fields__)


def show(paths: Paths) -> int:
    """Print the page; 0. Raises `FileNotFoundError` before the first good run, `duckdb.Error` on an older file."""
    rows = query(paths.published, f"SELECT {COLUMNS} FROM marts.model_readiness")
    # The file is ordered by name, the page as the models follow one another.
    order = [candidate.model for candidate in candidates(n_factors=1)]
    verdicts = sorted((Verdict(*row) for row in rows.fetchall()) if rows else [], key=lambda v: order.index(v.model))
    console = Console(highlight=False)
    console.print(Markdown(page(verdicts, NOUNS)))
    empty = sorted({v.table_name for v in verdicts} & _empty_tables(paths))
    console.print(f"\nLeft empty by the last run: {', '.join(empty)}." if empty else "\nNo table of a model is empty.")
    return 0


def _empty_tables(paths: Paths) -> set[str]:
    """The tables without rows, as the manifest of the newest run has them: models themselves are not published."""
    newest = "SELECT run_id FROM marts.model_readiness"
    found = query(paths.published, f"SELECT outputs FROM ops.run_manifest WHERE run_id IN ({newest})")
    manifests = found.fetchall() if found else []
    return {name for (outputs,) in manifests for name, told in json.loads(outputs).items() if told["rows"] == 0}
