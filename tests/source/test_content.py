"""What may be in a bundle: names and links that would take for ever to look at."""

from __future__ import annotations

from beanstalk.source.content import check_links, check_names


def test_a_name_that_is_too_deep_is_told_and_not_taken_apart():
    (problem,) = check_names(["a/" * 500_000 + "b"])
    assert problem.text.endswith("lies more than 100 folders deep")


def test_links_that_lead_to_links_are_followed_for_so_long():
    tangled = {f"d/{n}": "../d/" * 800 + str((n + 1) % 3000) for n in range(3000)}
    assert [problem.text for problem in check_links(tangled)][-1].endswith("to be followed")


def test_a_link_to_nowhere_is_followed_as_deep_as_a_bundle_can_be():
    (problem,) = check_links({"a": "b/" * 2000 + "b"})
    assert problem.text.endswith("leads more than 100 folders deep")


def test_very_many_honest_links_are_followed():
    assert not list(check_links({f"node_modules/.bin/{n}": f"../pkg{n}/bin/x" for n in range(30_000)}))
