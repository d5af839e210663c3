"""Explicit ratings: the port `predictor`, one module per model, and their error on ratings not seen."""
