"""The gate: stage, audit, publish, in one transaction. It knows contracts, and no shop words."""

from .audit import Auditor, Outcome
from .gate import Gate, GateRefused, Part, Report

__all__ = ["Auditor", "Gate", "GateRefused", "Outcome", "Part", "Report"]
