"""The pairs of Fargate, and the smallest one that is enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.sizes import Size, choose, is_size, sizes


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        (0, 0, Size(256, 512)),
        (256, 512, Size(256, 512)),
        (1, 513, Size(256, 1024)),
        (256, 2049, Size(512, 3072)),
        (300, 100, Size(512, 1024)),
        (0, 30721, Size(8192, 32768)),
        (4097, 0, Size(8192, 16384)),
        (0, 122881, Size(32768, 249856)),
        (16384, 33000, Size(16384, 40960)),
    ],
)
def test_sizes_are_rounded_up_to_a_pair(cpu, memory, expected):
    assert choose(cpu, memory)[0] == expected


@given(st.integers(0, 32768), st.integers(0, 249856))
def test_no_smaller_pair_would_be_enough(cpu, memory):
    found, _ = choose(cpu, memory)
    assert is_size(found.cpu, found.memory)
    assert found.cpu >= cpu and found.memory >= memory
    enough = [each for each in sizes() if each.cpu >= cpu and each.memory >= memory]
    assert found.cpu == min(each.cpu for each in enough)
    assert found.memory == min(each.memory for each in enough if each.cpu == found.cpu)


@pytest.mark.parametrize(("cpu", "memory"), [(32769, 512), (256, 249857)])
def test_what_is_larger_than_the_largest_is_refused(cpu, memory):
    with pytest.raises(InvalidInput, match="the largest has 32 vCPU with 244 GB"):
        choose(cpu, memory)


def test_the_reason_is_a_sentence():
    assert choose(0, 0)[1].endswith("the smallest one, as no container says what it needs")
    assert (
        choose(300, 700)[1] == "0.5 vCPU with 1 GB on Fargate: the smallest one with at least 300 CPU units and 700 MiB"
    )
    assert choose(256, 512)[1] == "0.25 vCPU with 512 MiB on Fargate: exactly what is asked for"
    assert choose(0, 600)[1].endswith("the smallest one with at least 600 MiB")


@pytest.mark.parametrize(("cpu", "memory"), [(256, 3072), (128, 512), (8192, 17408), (32768, 65536)])
def test_other_pairs_are_no_sizes(cpu, memory):
    assert not is_size(cpu, memory)
