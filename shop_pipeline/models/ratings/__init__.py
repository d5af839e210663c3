"""Models of explicit ratings: who would give which product how many stars."""
