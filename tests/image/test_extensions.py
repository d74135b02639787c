"""`.ebextensions` as layers: what each key becomes, in which order, and what is told instead."""

from __future__ import annotations

import pytest

from beanstalk.image.extensions import extension_layers
from beanstalk.options.resolve import resolve
from beanstalk.platform_section import Base
from beanstalk.scripts import lookup_of
from beanstalk.source.ebextensions import read_extensions
from beanstalk.source.notes import Notes

DEBIAN = Base("debian:12", ("apt",), ())
AMAZON = Base("amazonlinux:2023", ("rpm", "yum", "rubygems"), ())
USERS = (
    "{ command -v useradd || { apt-get update && apt-get install -y --no-install-recommends passwd; }"
    " || yum install -y shadow-utils; }"
)
GROUPS = USERS.replace("useradd", "groupadd")
UNZIP = USERS.replace("useradd", "unzip").replace("passwd", "unzip").replace("shadow-utils", "unzip")


def layers(text: str, base: Base | None = None) -> tuple[list[str], Notes]:
    """Without the comments."""
    extensions, notes = read_extensions([(".ebextensions/a.config", text.encode())]), Notes()
    found = extension_layers(extensions, base, lookup_of(extensions, resolve({})), notes)
    return [each for each in found if not each.startswith("#")], notes


APPLIED = {
    "packages: {yum: {git: [], jq: '1.6'}}": ["RUN yum install -y git jq-1.6 && yum clean all"],
    "packages: {rpm: {epel: 'https://example.com/a b.rpm'}}": [
        "RUN rpm -U --replacepkgs 'https://example.com/a b.rpm'"
    ],
    "packages: {rubygems: {puma: ['6.0', '6.1'], rack: []}}": [
        "RUN gem install --no-document puma -v 6.0 && gem install --no-document puma -v 6.1"
        " && gem install --no-document rack"
    ],
    "packages: {yum: {'a; rm -rf /': []}}": ["RUN yum install -y 'a; rm -rf /' && yum clean all"],
    "groups: {one: {}, two: {gid: '45'}}": [
        f"RUN {GROUPS} && {{ getent group one || groupadd -r one; }}",
        f"RUN {GROUPS} && {{ groupadd -r -g 45 two; }}",
    ],
    "users: {joe: {uid: '50', groups: [a, b], homeDir: /tmp}}": [
        f"RUN {USERS} && {{ id -u joe || useradd -M -r -s /sbin/nologin -u 50 -G a,b -d /tmp joe; }}"
    ],
    "sources: {'/etc/my app': 'https://example.com/a.tar.gz'}": [
        "ADD https://example.com/a.tar.gz /tmp/beanstalk-fetched-1",
        "RUN mkdir -p '/etc/my app' && { tar -xf /tmp/beanstalk-fetched-1 -C '/etc/my app' ||"
        f" {{ {UNZIP} && unzip -oq /tmp/beanstalk-fetched-1 -d '/etc/my app'; }}; }} && rm /tmp/beanstalk-fetched-1",
    ],
    "sources: {/opt: 'https://example.com/$a.zip'}": [
        "ADD https://example.com/%24a.zip /tmp/beanstalk-fetched-1",
        f"RUN mkdir -p /opt && {UNZIP} && unzip -oq /tmp/beanstalk-fetched-1 -d /opt && rm /tmp/beanstalk-fetched-1",
    ],
    "files: {/etc/link: {mode: '120777', content: /etc/file}}": [
        "RUN mkdir -p /etc && if [ -e /etc/link ]; then mv /etc/link /etc/link.bak; fi && ln -s /etc/file /etc/link"
    ],
    "files: {/etc/a: {mode: '000600', owner: joe, group: staff, source: 'https://example.com/a'}}": [
        "ADD https://example.com/a /tmp/beanstalk-fetched-1",
        "RUN mkdir -p /etc && if [ -e /etc/a ]; then mv /etc/a /etc/a.bak; fi && mv /tmp/beanstalk-fetched-1 /etc/a"
        " && chmod 600 /etc/a && chown joe:staff /etc/a",
    ],
    "commands: {a: {command: make install, cwd: /opt/b c}}": ["RUN cd '/opt/b c' && make install"],
    "commands: {a: {command: 'cd x; make'}}": ["RUN cd / && sh -c 'cd x; make'"],
    "commands: {a: {command: [echo, 'a b']}}": ["RUN cd / && echo 'a b'"],
    "commands: {a: {command: make, env: {A: 'b c'}}}": ["RUN cd / && env -i 'A=b c' sh -c make"],
    "commands: {a: {command: make, test: '[ -e /x ]'}}": ["RUN cd / && if sh -c '[ -e /x ]'; then sh -c make; fi"],
    "commands: {a: {command: make, ignoreErrors: true}}": [
        "RUN cd / && { sh -c make || echo 'command a failed, which is ignored'; }"
    ],
}


@pytest.mark.parametrize(("text", "expected"), APPLIED.items(), ids=APPLIED)
def test_each_key_becomes_the_layers_that_do_the_same(text: str, expected: list[str]) -> None:
    found, notes = layers(text, AMAZON)
    assert (found, notes.problems) == (expected, [])


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("content: 'a $b'", "'a $b'"),
        ("encoding: base64, content: YQ==", "a"),
        ("content: {a: [1]}", '{\\n  \\"a\\": [\\n    1\\n  ]\\n}'),
        ("content: 'hi {{name}} {{{name}}}', context: {name: 'a&b'}", "hi a&amp;b a&b"),
        ("content: {'Fn::Join': ['-', [a, b]]}", "a-b"),
    ],
)
def test_the_content_of_a_file_is_what_was_meant(file: str, written: str) -> None:
    [found], _ = layers(f"files: {{/etc/a: {{mode: '000755', {file}}}}}")
    assert found.startswith(
        'RUN ["/bin/sh", "-c", "mkdir -p /etc && if [ -e /etc/a ]; then mv /etc/a /etc/a.bak; fi && printf'
    )
    assert "> /etc/a && chmod 755 /etc/a" in found and found.endswith(f'"{written.strip(chr(39))}"]')


def test_layers_come_file_by_file_and_in_each_in_the_order_of_cfn_init() -> None:
    first = "commands: {b: {command: b}, a: {command: a}}\nfiles: {/f: {content: x}}\npackages: {yum: {p: []}}\n"
    second = "packages: {yum: {q: []}}\nsources: {/s: 'https://example.com/s.tgz'}\ngroups: {g: {}}\nusers: {u: {}}\n"
    extensions = read_extensions(
        [(".ebextensions/1.config", first.encode()), (".ebextensions/2.config", second.encode())]
    )
    found = extension_layers(extensions, AMAZON, lookup_of(extensions, resolve({})), Notes())
    assert [each for each in found if each.startswith("#")] == [
        "# .ebextensions/1.config:3 packages: yum",
        "# .ebextensions/1.config:2 file /f",
        "# .ebextensions/1.config:1 command a",
        "# .ebextensions/1.config:1 command b",
        "# .ebextensions/2.config:1 packages: yum",
        "# .ebextensions/2.config:3 group g",
        "# .ebextensions/2.config:4 user u",
        "# .ebextensions/2.config:2 source /s",
    ]


WRONG = {
    "packages: {yum: {git: []}}": "packages of yum cannot be installed: the image debian:12 has apt",
    "packages: {apt: {'-o': []}}": "'-o' is no name of a package",
    'commands: {a: {command: "a\\0b"}}': "command a cannot be a part of an image: a NUL",
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=WRONG)
def test_what_cannot_become_a_layer_is_an_error_with_its_place(text: str, told: str) -> None:
    found, notes = layers(text, DEBIAN)
    assert found == []
    assert [(told in each.text, each.at and each.at.path) for each in notes.problems] == [
        (True, ".ebextensions/a.config")
    ]


def test_with_an_image_of_the_user_everything_is_tried() -> None:
    found, notes = layers("packages: {yum: {a: []}, apt: {b: []}}", None)
    assert (len(found), notes.problems) == (2, [])


TOLD = {
    "packages: {python: {six: []}}": "packages of python are not installed",
    "files: {/etc/a: {source: 'https://example.com/a', authentication: S3Auth}}": "its source needs S3Auth",
    "files: {/etc/a: {content: {Ref: MyQueue}}}": "/etc/a is not written: only CloudFormation can evaluate",
    "commands: {a: {command: {'Fn::GetAtt': [Db, Address]}}}": "command a is not applied: only CloudFormation",
    "services: {sysvinit: {httpd: {ensureRunning: true}}}": "httpd is not started: a container has no sysvinit",
    "files: {'C:\\a': {content: x}}": "it is no path of Linux",
}


@pytest.mark.parametrize(("text", "told"), TOLD.items(), ids=TOLD)
def test_what_is_not_applied_is_told_with_its_place(text: str, told: str) -> None:
    found, notes = layers(text, DEBIAN)
    assert (found, notes.problems) == ([], [])
    assert [(told in each.text, each.at and each.at.line) for each in notes.warnings] == [(True, 1)]


def test_a_service_that_is_to_be_off_needs_nothing() -> None:
    assert layers("services: {sysvinit: {httpd: {enabled: false, ensureRunning: false}}}")[1].warnings == []
