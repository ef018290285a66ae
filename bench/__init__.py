"""Benchmarks: what the whole turn costs beside a bare route, and what its parts cost.

A figure that is to be judged is a ratio of two sides that were measured in the same run, turn and
turn about, so that a slow or busy machine slows both. `python -m bench` runs every lane.
"""
