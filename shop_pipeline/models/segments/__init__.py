"""Groups of customers: rules over recency, frequency and money, clusters with constants that are stored, components.

A model is learned from a sample (`sample`), says everything that scoring needs as plain numbers (`stored`), and puts
any number of customers into its groups later, without being fitted again. Its groups keep their names when it is
fitted anew (`labels`).
"""
