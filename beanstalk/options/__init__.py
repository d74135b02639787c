"""Configuration options: the catalogue of facts, and which layer wins."""
