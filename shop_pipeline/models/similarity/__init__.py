"""Which products or customers are alike: by who bought what, and by what a product is."""
