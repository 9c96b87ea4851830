"""Slade360 (HealthCloud): insurers' covers, visits, claims and remittances, over its exchange."""
