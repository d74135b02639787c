"""The use cases, named after the actions of the Elastic Beanstalk API."""
