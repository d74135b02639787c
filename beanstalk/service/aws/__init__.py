"""The use cases of an environment on AWS, named like those of `service/`."""
