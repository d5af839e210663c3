"""What is bought together: baskets, frequent itemsets of any length, and association rules with their significance.

Not here: which purchases make a basket (`sql/features/baskets.sql`), and the tables (`assets/baskets.py`).
"""
