"""This machine: processes behind a load balancer."""
