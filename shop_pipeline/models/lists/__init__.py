"""From scores to what is shown: candidates, rules, diversity and margin, reasons, and what they cost."""
