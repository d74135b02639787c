"""What several files say together: their order, what undoes what, and habits of Amazon Linux 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput
from beanstalk.source.ebextensions import INSTANCE_KEYS, KEYS, read_extensions
from beanstalk.source.evaluate import Lookup, resolve
from tests.source.configs import problems, read, warnings

WHOLE = """\
    container_commands: {a: {command: x}}
    services: {systemd: {a: {}}}
    commands: {a: {command: x}}
    files: {/a: {content: x}}
    sources: {/a: 'https://x.org/a.zip'}
    users: {a: {}}
    groups: {a: {}}
    packages: {yum: {a: []}}
"""


def test_the_keys_of_a_file_are_applied_in_the_documented_order():
    (keys,) = read(WHOLE).instance
    applied = [getattr(keys, name)[0].at.line for name in INSTANCE_KEYS]
    assert applied == [8, 7, 6, 5, 4, 3, 2, 1]


def test_file_after_file_is_applied_in_full():
    found = read(WHOLE, WHOLE)
    assert [keys.path[-9:] for keys in found.instance] == ["01.config", "02.config"]
    for name in (*INSTANCE_KEYS[:-1], "container_commands"):
        assert [value.at.path[-9:] for value in getattr(found, name)] == ["01.config", "02.config"]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("files: {/a: {content: x}}", "files: {/a: {content: y}}", "/a is in files of .ebextensions/01.config:1:9 too"),
        ("sources: {/a: 'http://x.org'}", "sources: {/a: 'http://y.org'}", "/a is in sources of"),
        ("packages: {yum: {a: '1'}}", "packages: {yum: {a: '2'}}", "yum a is in packages of"),
        ("groups: {a: {gid: 1}}", "groups: {a: {gid: 2}}", "a is in groups of"),
        ("users: {a: {uid: 1}}", "users: {a: {uid: 2}}", "a is in users of"),
    ],
)
def test_what_a_later_file_does_over_is_a_warning(one, other, said):
    (found,) = warnings(one, other)
    assert found.startswith(".ebextensions/02.config:1:") and said in found
    assert warnings(one, one) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/opt/elasticbeanstalk/hooks/appdeploy/pre/01.sh", ".platform/hooks/prebuild or predeploy"),
        ("/opt/elasticbeanstalk/hooks/appdeploy/enact/01.sh", ".platform/hooks/predeploy"),
        ("/opt/elasticbeanstalk/hooks/appdeploy/post/01.sh", ".platform/hooks/postdeploy"),
        ("/opt/elasticbeanstalk/hooks/configdeploy/pre/01.sh", ".platform/confighooks/prebuild or predeploy"),
        ("/opt/elasticbeanstalk/hooks/restartappserver/pre/01.sh", "put it into .platform/hooks"),
        ("/etc/nginx/conf.d/proxy.conf", "put the file into .platform/nginx/conf.d"),
        ("/etc/nginx/nginx.conf", ".platform/nginx/conf.d"),
        ("/etc/httpd/conf.d/x.conf", ".platform/httpd/conf.d"),
        ("/opt/elasticbeanstalk/support/x", "the files of the platform are elsewhere"),
        ("/etc/init/worker.conf", "Upstart is gone"),
        ("/etc/awslogs/config/x.conf", "the awslogs agent is gone"),
    ],
)
def test_a_file_that_only_amazon_linux_1_reads_is_explained(path, said):
    (found,) = warnings(f"files: {{{path}: {{content: x}}}}")
    assert said in found


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "source /opt/python/run/venv/bin/activate",
            "/opt/python is gone since Amazon Linux 2 | the application",
        ),
        ("ls /var/app/ondeck", "/var/app/ondeck is gone since Amazon Linux 2"),
        (". /opt/elasticbeanstalk/support/envvars", "take values from /opt/elasticbeanstalk/bin/get-config"),
        ("mkdir -p /opt/elasticbeanstalk/hooks/appdeploy/post", "uses the hooks of Amazon Linux 1"),
        ("initctl reload-configuration", "Upstart is gone"),
    ],
)
def test_a_command_that_only_amazon_linux_1_understands_is_explained_once(command, said):
    text = f"container_commands: {{a: {{command: '{command}'}}, b: {{command: '{command}'}}}}"
    (found,) = warnings(text)
    assert said in found and found.startswith("1:22: ")


def test_files_that_today_s_platforms_read_are_not_told():
    paths = ["/etc/cron.d/x", "/opt/elasticbeanstalk/tasks/bundlelogs.d/x.conf", "/etc/profile.d/x.sh"]
    assert warnings("files: {" + ", ".join(f"{path}: {{content: x}}" for path in paths) + "}") == []


WORD = st.sampled_from(
    ["a", "yum", "/a", "sysvinit", "command", "content", "mode", "leader_only", "test", "Type", "Properties", "Ref",
     "Fn::Join", "Fn::GetOptionSetting", "Fn::Sub", "Fn::If", "A::B", "Value", "Default", "env", "services", "files"]
)  # fmt: skip
LEAF = WORD | st.sampled_from(
    ["1", "yes", "~", "''", "'000644'", "'120777'", "!Ref a", "!Sub '${a}'", "!GetAtt a.b", "!If [a, b, c]", "!Foo x",
     "'`{\"Ref\": \"a\"}`'", "'x `{\"Ref\": a}`'", "&x b", "*x", "!!binary aGk=", "'https://x.org/a.zip'", "[", "0644"]
)  # fmt: skip
NODE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(WORD, inner, max_size=4).map(
            lambda found: "{" + ", ".join(f"{key}: {value}" for key, value in found.items()) + "}"
        )
    ),
    max_leaves=10,
)
CONFIG = st.dictionaries(st.sampled_from(KEYS), NODE, max_size=3).map(
    lambda found: "".join(f"{key}: {value}\n" for key, value in found.items()).encode()
)
FILES = st.lists(CONFIG, max_size=4).map(
    lambda texts: [(f".ebextensions/{n}.config", text) for n, text in enumerate(texts)]
)


@given(FILES, st.randoms(use_true_random=False))
def test_any_files_are_read_or_refused_and_their_given_order_does_not_matter(files, random):
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(read_extensions(files))
        except InvalidInput as error:
            outcomes.append(str(error))
        random.shuffle(files)
    assert outcomes[0] == outcomes[1]


ENTRY = {
    "packages": st.dictionaries(st.sampled_from(["yum", "rpm", "apt"]), st.dictionaries(WORD, LEAF, max_size=2)),
    "commands": st.dictionaries(WORD, st.dictionaries(WORD, LEAF, max_size=3), max_size=2),
    "files": st.dictionaries(WORD, st.dictionaries(WORD, LEAF, max_size=3), max_size=2),
    "services": st.dictionaries(WORD, st.dictionaries(WORD, st.dictionaries(WORD, LEAF)), max_size=2),
    "Resources": st.dictionaries(WORD, st.dictionaries(WORD, NODE, max_size=2), max_size=2),
}


def shown(found: object) -> str:
    if isinstance(found, dict):
        return "{" + ", ".join(f"{key}: {shown(value)}" for key, value in found.items()) + "}"
    return str(found)


@given(st.fixed_dictionaries({}, optional=ENTRY))
def test_entries_of_the_right_shape_are_read_or_refused_in_our_own_words(entries):
    text = "".join(f"{key}: {shown(value)}\n" for key, value in entries.items())
    try:
        read_extensions([(".ebextensions/a.config", text.encode())])
    except BeanstalkError as error:
        assert str(error)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused_in_our_own_words(content):
    try:
        read_extensions([(".ebextensions/a.config", content)])
    except BeanstalkError as error:
        assert str(error)


def test_names_of_very_many_are_not_all_listed():
    names = [f"{'Q' * (number % 40)}{number}" for number in range(900)]
    resources = "".join(f"  {name}: {{Type: A::B, Properties: {{x: {{Ref: nothing{name}}}}}}}\n" for name in names)
    found = problems("Resources:\n" + resources)
    assert len(found) == 900 and max(map(len, found)) < 1500


def test_values_nested_to_the_limit_are_read_and_merged():
    inner = '{"Fn::Join": ["", [' + '["a", ' * 40 + "%d" + "]" * 40 + "]]}"
    deep = "[" * 40 + f"'`{inner}`'" + "]" * 40
    text = f"Resources: {{A: {{Type: A::B, Properties: {{x: {deep}}}}}}}\nfiles: {{/a: {{content: {deep}}}}}\n"
    found = read(text % (1, 1), text % (2, 2))
    assert len(found.warnings) == 2 and hash(found) == hash(read(text % (1, 1), text % (2, 2)))
    assert resolve(found.template.resources, Lookup()) == found.template.resources
