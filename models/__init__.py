"""The clinic's language: what a visit is, what staff may do, what is written down.

Nothing here opens a socket, reads a clock or draws a random number, so every rule can be called from a workflow,
from an activity and from a plain test.
"""
