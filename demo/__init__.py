"""Walks generated patients through a running clinic by HTTP, as its staff would; knows nothing of the product."""
