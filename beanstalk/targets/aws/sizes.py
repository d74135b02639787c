"""Sizes of tasks on Fargate: the pairs that there are, and the smallest one that is enough.

Source: ECS Developer Guide, "Task CPU and memory" of Fargate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem


@dataclass(frozen=True, slots=True)
class Size:
    """cpu: units, 1024 a vCPU.  memory: MiB."""

    cpu: int
    memory: int

    def __str__(self) -> str:
        memory = f"{self.memory // 1024} GB" if self.memory % 1024 == 0 else f"{self.memory} MiB"
        return f"{self.cpu / 1024:g} vCPU with {memory}"


def _gigabytes(first: int, last: int, step: int = 1) -> tuple[int, ...]:
    return tuple(1024 * each for each in range(first, last + 1, step))


PAIRS: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: _gigabytes(1, 4),
    1024: _gigabytes(2, 8),
    2048: _gigabytes(4, 16),
    4096: _gigabytes(8, 30),
    8192: _gigabytes(16, 60, 4),
    16384: _gigabytes(32, 120, 8),
    32768: (60 * 1024, 120 * 1024, 244 * 1024),
}
"""CPU units -> MiB of memory that go with them."""


def sizes() -> Iterator[Size]:
    """All of them, the cheaper before the dearer: by processor, then by memory."""
    return (Size(cpu, memory) for cpu, memories in PAIRS.items() for memory in memories)


def is_size(cpu: int, memory: int) -> bool:
    return memory in PAIRS.get(cpu, ())


def choose(cpu: int, memory: int) -> tuple[Size, str]:
    """The smallest size with at least so much of both, and a sentence that says why it is that one.

    Raises InvalidInput when none is large enough.
    """
    found = next((each for each in sizes() if each.cpu >= cpu and each.memory >= memory), None)
    if found is None:
        largest = list(sizes())[-1]
        wanted = f"{cpu / 1024:g} vCPU and {memory} MiB"
        text = f"no task on Fargate is as large as {wanted}: the largest has {largest}"
        hint = "ask for less, split the application, or set --option beanstalk:aws:LaunchType=EC2"
        raise InvalidInput([Problem(text, hint=hint)])
    return found, f"{found} on Fargate: {_why(cpu, memory, found)}"


def _why(cpu: int, memory: int, found: Size) -> str:
    asked = [text for text, value in ((f"{cpu} CPU units", cpu), (f"{memory} MiB", memory)) if value]
    if not asked:
        return "the smallest one, as no container says what it needs"
    if (found.cpu, found.memory) == (cpu, memory):
        return "exactly what is asked for"
    return f"the smallest one with at least {' and '.join(asked)}"
