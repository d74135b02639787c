"""Measuring: the load client that accounts for every request, and the comparisons built on it."""
