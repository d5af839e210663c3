"""Stock: hand-worked plans, textbook quantities, and a simulated year."""
