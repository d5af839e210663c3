"""Recommenders: one module per model, all behind the port in `recommender.py`."""
