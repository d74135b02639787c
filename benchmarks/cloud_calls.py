"""How many requests a command makes to AWS, and in how many rounds: `python -m benchmarks.cloud_calls ENV`.

A round is a set of requests of which none waits for another. It needs an account, or AWS_ENDPOINT_URL of an emulator.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Calls:
    """spans: (begin, end, what) of every request."""

    spans: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.spans)

    @property
    def rounds(self) -> int:
        """Requests that began before the first of their round had ended are in one round with it."""
        count, until = 0, float("-inf")
        for begin, end, _ in sorted(self.spans):
            if begin >= until:
                count, until = count + 1, end
        return count


@contextmanager
def counted(before: Callable[[str], object] = lambda name: None) -> Iterator[Calls]:
    """Count every request that botocore sends inside. before: called with the name of each before it is sent."""
    from botocore.endpoint import Endpoint

    calls, send = Calls(), Endpoint.make_request

    def timed(self: Endpoint, model: Any, request: Any) -> Any:
        before(str(model.name))
        began = time.monotonic()
        try:
            return send(self, model, request)
        finally:
            calls.spans.append((began, time.monotonic(), str(model.name)))

    Endpoint.make_request = timed
    try:
        yield calls
    finally:
        Endpoint.make_request = send


def main(names: list[str]) -> None:
    from beanstalk.service.aws.place import CloudService
    from beanstalk.service.aws.seeing import describe_on_aws

    act: Callable[[str], object] = lambda name: describe_on_aws(CloudService(), name)  # noqa: E731
    for name in names:
        with counted() as calls:
            act(name)
        what = ", ".join(span[2] for span in sorted(calls.spans))
        print(f"status {name}: {calls.number} requests in {calls.rounds} rounds ({what})")


if __name__ == "__main__":
    main(sys.argv[1:])
