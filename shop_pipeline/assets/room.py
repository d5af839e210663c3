"""How much memory one similarity or model may take: what `shop.yaml` gives it, if so much is free."""

from ..storage import free_memory
from .gated import Run


def memory_limit(run: Run) -> int:
    """Bytes for one similarity or model: what `shop.yaml` gives it, or what is free where that is less.

    A similarity is the same for every limit, so that this does not make two runs differ; a model that would need more
    is not fitted at all.
    """
    given, free = int(run.session.settings.recommend.memory_gb * 2**30), free_memory()
    if free < given:
        run.log.warning(f"{free / 2**20:.0f} MB of memory are free: less than recommend.memory_gb of shop.yaml")
    return min(given, free)
