"""The AWS target: Amazon ECS is the engine, one CloudFormation stack an environment."""
