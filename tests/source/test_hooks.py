"""Platform hooks and what else is in .platform/."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput
from beanstalk.source.hooks import HookFile, Occasion, Stage, read_hooks
from beanstalk.source.platform_folder import ProxyFile, read_platform_folder

BASH = b"#!/bin/bash\necho\n"


def hook(path: str, head: bytes = BASH, mode: int = 0o755) -> HookFile:
    return HookFile(f".platform/{path}", mode, head)


def test_hooks_run_in_the_order_of_stages_and_names():
    names = [
        "postdeploy/01.sh",
        "prebuild/b.sh",
        "prebuild/B.sh",
        "prebuild/10.sh",
        "prebuild/9.sh",
        "predeploy/é",
        "predeploy/z",
    ]
    found = read_hooks([hook(f"hooks/{name}") for name in names] + [hook("confighooks/prebuild/a")])
    order = [
        "prebuild/10.sh",
        "prebuild/9.sh",
        "prebuild/B.sh",
        "prebuild/b.sh",
        "predeploy/z",
        "predeploy/é",
        "postdeploy/01.sh",
    ]
    assert [each.path.removeprefix(".platform/hooks/") for each in found.all[:-1]] == order
    assert [each.name for each in found.of(Occasion.CONFIGURATION, Stage.PREBUILD)] == ["a"]
    assert found.all[0].interpreter == "/bin/bash" and found.all[0].executable and not found.warnings


@pytest.mark.parametrize(
    ("head", "interpreter"),
    [(b"#!/usr/bin/env python3\n", "/usr/bin/env python3"), (b"#! /bin/sh -e", "/bin/sh -e"), (b"\x7fELF\x02", "")],
)
def test_a_program_names_what_runs_it_or_is_a_binary(head, interpreter):
    assert read_hooks([hook("hooks/prebuild/a", head)]).all[0].interpreter == interpreter


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"", "the file is empty"),
        (b"echo\n", "the file has no #! line"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "a byte order mark before #!"),
        (b"#!\n", "the #! line names no program"),
        (b"#!bash\n", "no absolute path\n  hint: write #!/usr/bin/env bash"),
    ],
)
def test_what_the_system_cannot_start_is_an_error(head, said):
    with pytest.raises(InvalidInput) as caught:
        read_hooks([hook("hooks/prebuild/a.sh", head), hook("hooks/prebuild/b.sh")])
    assert said in str(caught.value) and str(caught.value).startswith(".platform/hooks/prebuild/a.sh:1: ")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (hook("hooks/prebuild/a", mode=0o644), "not executable; it is run all the same"),
        (hook("hooks/prebuild/a", b"#!/bin/sh\r\necho\r\n"), "CRLF; they are mended before it runs"),
        (hook("hooks/prebuild/a", b"target", 0o120777), "a symbolic link"),
        (hook("hooks/pre-build/a"), "this file is not run\n  hint: did you mean prebuild?"),
        (hook("hooks/a"), "put it into one of the folders prebuild, predeploy, postdeploy"),
        (hook("hooks/prebuild/lib/a"), "only files directly in the folder are run"),
    ],
)
def test_what_the_service_mends_or_passes_over_is_a_warning(file, said):
    (warning,) = read_hooks([file]).warnings
    assert said in str(warning)


def test_other_files_are_none_of_its_business():
    assert not read_hooks([hook("nginx/conf.d/a.conf", b"x"), HookFile("hooks/prebuild/a", 0o644, b"")]).all


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (".platform/nginx/conf.d/a.conf", ProxyFile(".platform/nginx/conf.d/a.conf", "nginx", False)),
        (".platform/nginx/nginx.conf", ProxyFile(".platform/nginx/nginx.conf", "nginx", True)),
        (".platform/httpd/conf/httpd.conf", ProxyFile(".platform/httpd/conf/httpd.conf", "Apache", True)),
    ],
)
def test_proxy_files_are_recognised_and_have_no_effect_here(path, file):
    found = read_platform_folder([path, ".platform/hooks/prebuild/a", "app.py"])
    assert found.proxy_files == (file,)
    assert "no effect on this machine" in str(found.warnings[0]) and len(found.warnings) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            ".ebextensions/nginx/conf.d/a.conf",
            "Amazon Linux 1, which newer platforms do not read\n  hint: move it to .platform/nginx/",
        ),
        (".platform/hooks/appdeploy/post/01.sh", "never run\n  hint: move it to .platform/hooks/, into postdeploy"),
        ("hooks/configdeploy/enact/01.sh", "move it to .platform/confighooks/, into predeploy"),
        (".platform/ngnix/a.conf", "nobody reads this file of .platform\n  hint: did you mean nginx?"),
        (".platform/a.sh", "the folders are hooks, confighooks, nginx, httpd"),
    ],
)
def test_folders_of_older_platforms_and_mistyped_ones_are_told(path, said):
    assert said in str(read_platform_folder([path]).warnings[0])


PATHS = st.lists(
    st.sampled_from([".platform", "hooks", "confighooks", "prebuild", "predeploy", "a", "", "nginx"]), max_size=5
)

HEADS = st.binary(max_size=20) | st.just(BASH)
FILES = st.builds(HookFile, PATHS.map("/".join), st.sampled_from([0o644, 0o755, 0o120777]), HEADS)


@settings(deadline=None)
@given(st.lists(FILES, max_size=4))
def test_any_files_are_read_or_refused(files):
    read_platform_folder([file.path for file in files])
    try:
        assert len(read_hooks(files).all) <= len(files)
    except InvalidInput as error:
        assert error.problems


@pytest.mark.parametrize("path", ["nginx/conf.d/a.txt", "nginx/a.conf", "httpd/conf.d/sub/a.conf", "httpd/conf/a.conf"])
def test_a_file_for_a_proxy_that_elastic_beanstalk_does_not_read_is_told(path):
    found = read_platform_folder([f".platform/{path}"])
    assert not found.proxy_files and "Elastic Beanstalk does not read this file" in str(found.warnings[0])
