"""How long planning takes: every policy on 500 instances, one by one, walked in the in-memory fleet.

python benchmarks/planning.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from beanstalk.model import Policy, Rollout
from beanstalk.targets.plan import make_plan

INSTANCES = 500


def main() -> None:
    for policy in Policy:
        rollout = Rollout(policy, INSTANCES, INSTANCES, 1, timeout_s=600.0, evaluate_s=300.0)
        began = time.perf_counter()
        plan = make_plan(rollout, start_s=2.0)
        took = time.perf_counter() - began
        print(f"{policy:28} {len(plan.steps):5} steps and {len(plan.way_back):5} back in {1000 * took:6.1f} ms")


if __name__ == "__main__":
    main()
