"""Who leaves, who buys what next, and for how much: learned from labels after a cut in time, kept as plain rows."""
