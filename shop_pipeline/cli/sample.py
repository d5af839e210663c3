"""`shop sample`: the landing files of a made-up shop."""

from pathlib import Path

from rich.console import Console

from ..simulate import ShopConfig, write_sample


def write(out: Path, config: ShopConfig) -> int:
    """Write it, and say what was written and how much of it is dirt."""
    report = write_sample(config, out)
    console = Console()
    console.print(f"Sample shop in {out}: {report.rows['events']:,} events in {report.seconds:.1f} s", highlight=False)
    dirt = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.dirt.items()))
    console.print(f"Planted dirt: {dirt}. The truth is in {out / 'truth'}.", highlight=False)
    return 0
