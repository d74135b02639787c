"""A local-first Elastic Beanstalk: run and update a source bundle, on this machine or on AWS."""

__version__ = "0.1.0"
