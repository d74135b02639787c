"""What ministack leaves out of AWS and the deployer needs, filled in from outside, in its own process.

All of it is our reading of AWS's documentation and no evidence about AWS: a test on the emulator shows how the deployer
takes, say, a stack that rolls back, not that CloudFormation would roll back there. `python -m
tests.aws_emulator_patches` in the emulator's environment starts it (see tests/aws_emulator.py).
"""
