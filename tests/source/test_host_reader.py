"""packages, groups, users, sources and services: every rule with what Elastic Beanstalk takes and what it refuses."""

from __future__ import annotations

import pytest

from beanstalk.source.functions import Ref
from tests.source.configs import problems, read, warnings


def test_packages_are_installed_by_manager_and_keep_the_order_inside():
    text = """\
        packages:
          yum:
            git: []
            apr: '1.2'
            ant: ['1.9', '1.10']
          rpm:
            epel: https://example.org/epel.rpm
          rubygems: {chef: 0.10.2}
    """
    assert [(p.manager, p.name, p.versions) for p in read(text).packages] == [
        ("rpm", "epel", ("https://example.org/epel.rpm",)),
        ("yum", "git", ()),
        ("yum", "apr", ("1.2",)),
        ("yum", "ant", ("1.9", "1.10")),
        ("rubygems", "chef", ("0.10.2",)),
    ]
    assert read(text).packages[0].at.line == 7
    assert warnings(text) == []


@pytest.mark.parametrize("manager", ["yum", "apt", "zypper", "rubygems"])
@pytest.mark.parametrize(
    ("version", "expected"), [("[]", ()), ("''", ()), ("'1'", ("1",)), ("['1', b]", ("1", "b")), ("['']", ())]
)
def test_every_form_of_a_version_is_taken(manager, version, expected):
    (package,) = read(f"packages: {{{manager}: {{a: {version}}}}}").packages
    assert package.versions == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("packages: {yum: {a: 1.10}}", "1:21: the version of a: 1.10 without quotes is a number that YAML may write"),
        ("packages: {yum: {a: }}", "1:20: the version of a is empty: the newest one is taken | write []"),
        (
            "packages: {python: {a: []}}",
            "packages of python are those of Python 2.7, not of the application | list them",
        ),
        ("packages: {npm: {a: []}}", "npm is no manager of Elastic Beanstalk"),
        ("packages: {yum: }", "packages yum is empty"),
        ("packages:", "packages is empty"),
        ("groups: {a: }", "1:12: group a is followed by nothing | write {}"),
        ("users: {a: }", "user a is followed by nothing"),
        ("users: {a: {groups: b}}", "groups of user a should be a list: taken as a list of one | write [b]"),
        ("sources: {/a: 'https://x.org/a.rar'}", "the archive of /a is of a kind that is not unpacked"),
        ("sources: {/a: 'https://x.org/a.gz'}", "the archive of /a is of a kind that is not unpacked"),
        ("services: {sysvinit: {a: {enabled: 'true'}}}", "1:36: enabled is text: taken as true | write true without"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(text, said):
    (found,) = warnings(text)
    assert said in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("packages: [git]", "1:11: packages has to be a mapping of names | write 'NAME:'"),
        ("packages: {yum: [git]}", "1:17: packages yum has to be a mapping of names"),
        (
            "packages: {yumm: {git: []}}",
            "1:12: packages knows no manager 'yumm' | did you mean yum?; Elastic Beanstalk",
        ),
        ("packages: {yum: {a: {b: c}}}", "1:21: the version of a has to be text or a list"),
        ("packages: {yum: {a: [[b]]}}", "1:22: the version of a has to be text"),
        ("packages: {rpm: {a: []}}", "1:21: rpm a does not say where the package is"),
        ("packages: {rpm: {a: epel}}", "1:21: 'epel' is no place of a package for rpm"),
        ("packages: {msi: {a: 'http://'}}", "is no place of a package for msi"),
        ("groups: [a]", "groups has to be a mapping of names"),
        ("groups: {a: {gid: x}}", '1:19: gid has to be a whole number | write it as in "45"'),
        ("groups: {a: {gid: -1}}", "gid has to be a whole number"),
        ("groups: {a: {gid: 4294967295}}", "gid has to be a whole number"),
        ("groups: {a: {id: 5}}", "group a has an unknown key 'id' | did you mean gid?"),
        ("groups: {a: 45}", "group a is not a mapping | write its fields below it, indented: gid"),
        ("groups: {'a b': {}}", "'a b' cannot be the name of a group"),
        ("users: {a: {home_dir: /x}}", "user a has an unknown key 'home_dir' | did you mean homeDir?"),
        ("users: {a: {homeDir: x}}", "homeDir of user a is not an absolute path"),
        ("users: {a: {groups: {b: c}}}", "groups of user a has to be a list"),
        ("users: {1a: {}}", "'1a' cannot be the name of a user"),
        ("sources: {a: 'https://x.org/a.zip'}", "'a' is not an absolute path"),
        ("sources: {/a: 's3://b/a.zip'}", "1:15: 's3://b/a.zip' is not the URL of an archive | write https://…"),
        ("sources: {/a: [b]}", "the archive of /a has to be text"),
        (
            "services: {upstart: {a: {}}}",
            "services knows no manager 'upstart' | possible are sysvinit, systemd, windows",
        ),
        ("services: {sysv-init: {a: {}}}", "did you mean sysvinit?"),
        (
            "services: {sysvinit: {a: {ensure_running: true}}}",
            "unknown key 'ensure_running' | did you mean ensureRunning?",
        ),
        ("services: {sysvinit: {a: {enabled: 1}}}", "1:36: enabled has to be true or false, not '1'"),
        ("services: {sysvinit: {a: {enabled: [x]}}}", "enabled has to be true or false | write"),
        ("services: {sysvinit: {a: true}}", "service a is not a mapping"),
        ("services: {sysvinit: {a: {files: {x: y}}}}", "files has to be a list"),
    ],
)
def test_what_elastic_beanstalk_would_refuse_is_an_error_with_its_place(text, said):
    (found,) = problems(text)
    assert said in found and found.endswith("Elastic Beanstalk would ignore the whole file")


def test_groups_and_users_have_numbers_in_quotes_or_not():
    found = read("""\
        groups: {one: {}, two: {gid: "45"}, three: {gid: 46}}
        users: {me: {uid: "50", groups: [one, two], homeDir: /tmp}, other: {}}
    """)
    assert [(group.name, group.gid) for group in found.groups] == [("one", None), ("two", 45), ("three", 46)]
    assert [(user.name, user.uid, user.groups, user.home) for user in found.users] == [
        ("me", 50, ("one", "two"), "/tmp"), ("other", None, (), ""),
    ]  # fmt: skip


def test_archives_come_by_the_order_of_their_targets():
    found = read("sources: {/b: 'https://x.org/b.tar.gz', /a: 'http://x.org/a.zip', /c: {Ref: AWSEBBeanstalkMetadata}}")
    assert [archive.target for archive in found.sources] == ["/a", "/b", "/c"]
    assert isinstance(found.sources[2].url, Ref)
    assert found.warnings == ()


@pytest.mark.parametrize("manager", ["sysvinit", "systemd", "windows"])
def test_a_service_says_what_restarts_it(manager):
    text = f"""\
        services:
          {manager}:
            nginx:
              enabled: true
              ensureRunning: no
              files: [/etc/nginx.conf]
              sources: [/var/www]
              packages: {{yum: [php, spawn-fcgi]}}
              commands: [reload]
            other: {{}}
    """
    first, second = read(text).services
    assert (first.manager, first.name, first.enabled, first.ensure_running) == (manager, "nginx", True, False)
    assert (first.files, first.sources, first.commands) == (("/etc/nginx.conf",), ("/var/www",), ("reload",))
    assert first.packages == (("yum", "php"), ("yum", "spawn-fcgi"))
    assert (second.enabled, second.ensure_running, second.packages) == (None, None, ())
