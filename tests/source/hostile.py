"""Inputs that were made to take a reader's time or memory, each with what it is: bombs, depth, masses of mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

MIB = 1024 * 1024
V = "AWSConfigurationTemplateVersion: 1.1.0.0\n"


def _lines(form: str, count: int) -> bytes:
    return "".join(form.replace("%", str(n)) for n in range(count)).encode()


def _aliases(levels: int = 20) -> str:
    rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    return "\n".join([*rows, *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels))]) + "\n"


YAML: dict[str, Callable[[], bytes]] = {
    "aliases of aliases": lambda: _aliases().encode(),
    "a long text by many aliases": lambda: b"a: &a " + b"x" * 500_000 + b"\n" + _lines("b%: *a\n", 60),
    "long texts beyond the basic plane": lambda: "a: &a {}\n".format("😀" * 120_000).encode() + _lines("b%: *a\n", 60),
    "merges of merges": lambda: (
        b"a0: &a0 {k: v}\n"
        + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}], k{n}: v}}\n" for n in range(1, 40)).encode()
    ),
    "brackets": lambda: b"[" * MIB,
    "braces": lambda: b"{a: " * (MIB // 4),
    "dashes": lambda: b"- " * (MIB // 2),
    "question marks": lambda: b"? " * (MIB // 2),
    "one line": lambda: b"a" * 10 * MIB,
    "one line that is allowed": lambda: b"a: " + b"b" * (MIB - 3),
    "one key": lambda: b"a" * (MIB - 4) + b": 1\n",
    "a number": lambda: b"a: " + b"9" * (MIB - 3),
    "base 60": lambda: b"a: 1" + b":59" * (MIB // 3 - 3),
    "a fraction": lambda: b"a: ." + b"1_" * (MIB // 2 - 3),
    "blank lines": lambda: b"a: 1" + b"\n" * (MIB - 4),
    "quoted lines": lambda: b'"' + b"a\n" * (MIB // 2 - 2) + b'"',
    "escapes": lambda: b'a: "' + b"\\x41" * (MIB // 4 - 2) + b'"',
    "halves": lambda: b'a: "' + b"\\ud83d\\ude00" * 40_000 + b'"',
    "tabs": lambda: b'{"a":\t' + b"\t" * (MIB - 20) + b"1}",
    "comments": lambda: b"#\n" * (MIB // 2),
    "directives": lambda: b"%F a\n" * (MIB // 5),
    "documents": lambda: b"---\na: 1\n" * 50_000,
    "the same key": lambda: b"a: 1\n" * 9_900,
    "tags": lambda: b"- !a x\n" * 19_000,
    "null bytes": lambda: b"a: b\0" * 1000,
    "two marks": lambda: b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n",
    "half a character": lambda: b"a: \xed\xa0\x80\n",
    "unknown keys": lambda: _lines("nonsense%: x\n", 9_900),
    "empties": lambda: b"a: [" + b"," * 500_000,
}


def _resources(form: str, count: int) -> bytes:
    return b"Resources:\n" + _lines("  " + form + "\n", count)


def _backquoted(inside: str) -> bytes:
    return f"option_settings:\n  - option_name: A\n    value: '{inside}'\n".encode()


EBEXTENSIONS: dict[str, Callable[[], bytes]] = {
    "unknown options": lambda: b"option_settings:\n  aws:autoscaling:asg:\n" + _lines("    MinSise%: 1\n", 9_000),
    "unknown namespaces": lambda: b"option_settings:\n" + _lines("  aws:autoscalin%:asg: {MinSize: 1}\n", 4_900),
    "items that are none": lambda: b"option_settings:\n" + b"  - a\n" * 19_000,
    "items with unknown keys": lambda: b"option_settings:\n" + _lines("  - {option_value%: a}\n", 6_000),
    "one option again and again": lambda: b"option_settings:\n" + b"  - {option_name: A, value: b}\n" * 3_900,
    "listeners": lambda: b"option_settings:\n" + _lines("  aws:elb:listener:%: {InstancePort: 80}\n", 4_900),
    "listeners of processes": lambda: (
        b"option_settings:\n" + _lines("  aws:elbv2:listener:%: {DefaultProcess: p%, Rules: r%}\n", 3_000)
    ),
    "processes": lambda: (
        b"option_settings:\n" + _lines("  aws:elasticbeanstalk:environment:process:p%: {Port: 80}\n", 4_900)
    ),
    "rules": lambda: b"option_settings:\n" + _lines("  aws:elbv2:listenerrule:r%: {Priority: 1, Process: p%}\n", 3_000),
    "scheduled actions": lambda: (
        b"option_settings:\n" + _lines("  T%.aws:autoscaling:scheduledaction: {MinSize: 5, MaxSize: 1}\n", 3_000)
    ),
    "properties": lambda: b"option_settings:\n" + _lines("  P%: `x`\n", 9_000),
    "backquotes": lambda: _backquoted("`{" * 200_000),
    "functions in a text": lambda: _backquoted('`{"Ref": "A"}`x' * 60_000),
    "functions in a text by aliases": lambda: (
        b"a: &a '"
        + b'`{"Ref": "A"}`x' * 60_000
        + b"'\n"
        + b"option_settings:\n"
        + _lines("  - {option_name: P%, value: *a}\n", 8)
    ),
    "deep functions": lambda: _backquoted('`{"Fn::Join":["",[' * 1 + '{"Fn::Join":["",[' * 5_000),
    "nested functions": lambda: _resources(
        "A: {Type: A::B, Properties: {P: " + '{"Fn::Join": ["", [' * 11 + '"x"' + "]]}" * 11 + "}}", 1
    ),
    "blanks in backquotes": lambda: _backquoted(("`" + " " * 99) * 9_000),
    "references to nothing": lambda: _resources("R%: {Type: A::B, Properties: {P: {Ref: Nothing%}}}", 1_900),
    "resources without a type": lambda: _resources("R%: {}", 9_000),
    "names that cannot be": lambda: _resources("R-%: {Type: A::B}", 4_900),
    "variables": lambda: _resources(
        "A: {Type: A::B, Properties: {P: {'Fn::Sub': ['"
        + "".join(f"${{v{n}}}" for n in range(30_000))
        + "', {"
        + ", ".join(f"v{n}: x" for n in range(5_000))
        + "}]}}}",
        1,
    ),
    "parameters": lambda: (
        b"Parameters:\n"
        + _lines("  P%: {Type: String, Default: x}\n", 3_000)
        + b"Resources: {A: {Type: A::B, Properties: {P: {'Fn::Sub': '"
        + _lines("${P%}", 3_000) * 10
        + b"'}}}}\n"
    ),
    "parameters that grow": lambda: (
        b"Parameters: {P: {Type: String, Default: '"
        + b"x" * 500_000
        + b"'}}\n"
        + b"Resources: {A: {Type: A::B, Properties: {P: {'Fn::Join': ['', ["
        + b"{Ref: P}, " * 4_000
        + b"]]}}}}\n"
    ),
    "blanks in a variable": lambda: _resources(
        "A: {Type: A::B, Properties: {P: {'Fn::Sub': '${" + " " * 500_000 + "'}}}", 1
    ),
    "text that grows": lambda: (
        b"Parameters: {P: {Type: String, Default: '"
        + b"x" * 500_000
        + b"'}}\n"
        + b"Resources: {A: {Type: A::B, Properties: {P: {'Fn::Sub': '"
        + b"${P}" * 50_000
        + b"'}}}}\n"
    ),
    "conditions of conditions": lambda: (
        b"Conditions:\n" + _lines("  C%: {'Fn::Or': [{Condition: C%1}, {Condition: C%2}]}\n", 1_900)
    ),
    "dependencies": lambda: _resources(
        "R%: {Type: A::B, DependsOn: [" + ",".join(f"X{n}" for n in range(40)) + "]}", 400
    ),
    "packages": lambda: b"packages:\n  rpm:\n" + _lines("    p%: x\n", 9_000),
    "files": lambda: b"files:\n" + _lines("  f%: {mode: 1, nonsense: x}\n", 3_000),
    "base64": lambda: b"files:\n  /a: {encoding: base64, content: '" + b"AAAA" * 200_000 + b"'}\n",
    "commands": lambda: b"commands:\n" + _lines("  c%: {command: initctl, leader_only: x}\n", 3_000),
    "words": lambda: b"commands: {a: {command: [" + b"a," * 19_000 + b"]}}\n",
    "users": lambda: b"users:\n" + _lines("  u-%%%%%%%%%%: {groups: a, uid: -1}\n", 2_500),
}


def _containers(count: int, more: str = "") -> bytes:
    rows = ",".join(f'{{"name":"c{n}","image":"a","memory":9{more}}}'.replace("%", str(n)) for n in range(count))
    return f'{{"AWSEBDockerrunVersion":2,"containerDefinitions":[{rows}]}}'.encode()


DOCKERRUN: dict[str, Callable[[], bytes]] = {
    "brackets": lambda: b"[" * MIB,
    "objects": lambda: b'{"a":' * (MIB // 5),
    "commas": lambda: b"[" + b"," * (MIB - 2),
    "blanks": lambda: b" " * (MIB - 2) + b"{}",
    "escapes": lambda: b'{"a":"' + b"\\n" * (MIB // 2 - 20) + b'"}',
    "escaped characters": lambda: b'{"a":"' + b"\\u0041" * (MIB // 6 - 20) + b'"}',
    "a number": lambda: b'{"a":' + b"9" * (MIB - 20) + b"}",
    "comments": lambda: b"{" + b"//\n" * (MIB // 3 - 20) + b"}",
    "an open comment": lambda: b"{/*" * (MIB // 3),
    "the same name": lambda: b"{" + b'"a":1,' * 19_000 + b'"b":1}',
    "unknown names": lambda: b'{"AWSEBDockerrunVersion":"1",' + _lines('"Ports%":1,', 19_000) + b'"b":1}',
    "ports": lambda: b'{"AWSEBDockerrunVersion":"1","Ports":[' + b'{"ContainerPort":"x"},' * 6_000 + b"{}]}",
    "containers": lambda: _containers(4_000),
    "containers that need each other": lambda: _containers(
        100, ',"links":[' + ",".join(f'"c{n}"' for n in range(100)) + "]"
    ),
    "mounts": lambda: _containers(
        90, ',"mountPoints":[' + ",".join(f'{{"sourceVolume":"v{n}","containerPath":"/"}}' for n in range(40)) + "]"
    ),
    "mounts of volumes": lambda: (
        _containers(1, ',"mountPoints":[' + ",".join(f'{{"sourceVolume":"w{n}"}}' for n in range(6_000)) + "]")[:-1]
        + b',"volumes":['
        + b",".join(b'{"name":"v%d"}' % n for n in range(6_000))
        + b"]}"
    ),
    "host ports": lambda: _containers(
        90, ',"portMappings":[' + ",".join(['{"hostPort":80,"containerPort":1}'] * 60) + "]"
    ),
    "a placeholder": lambda: b'{"AWSEBDockerrunVersion":"1","Image":{"Name":"' + b"<{{${$(__A@A%A" * 60_000 + b'"}}',
    "an image": lambda: b'{"AWSEBDockerrunVersion":"1","Image":{"Name":"' + b"a-" * 250 + b'/"}}',
    "capitals": lambda: b'{"AWSEBDockerrunVersion":"1","Image":{"Name":"' + b"A_" * 300_000 + b'!"}}',
}


def _services(form: str, count: int) -> bytes:
    return b"services:\n" + _lines("  s%: " + form + "\n", count)


COMPOSE: dict[str, Callable[[], bytes]] = {
    "services": lambda: _services("{image: a}", 4_900),
    "unknown keys": lambda: b"services:\n  a:\n" + _lines("    imagee%: a\n", 9_000),
    "services that need each other": lambda: _services("{image: a, depends_on: [s1%, s%1]}", 2_000),
    "a circle": lambda: (
        b"services:\n" + "".join(f"  s{n}: {{image: a, links: [s{(n + 1) % 2_500}]}}\n" for n in range(2_500)).encode()
    ),
    "small circles": lambda: (
        b"services:\n" + "".join(f"  s{n}: {{image: a, links: [s{n ^ 1}]}}\n" for n in range(2_500)).encode()
    ),
    "ports": lambda: _services("{image: a, ports: ['80:80', '80-90:80-90']}", 2_200),
    "ports of addresses": lambda: (
        b"services:\n"
        + "".join(
            f"  s{n}: {{image: a, ports: ['10.0.{n >> 8}.{n & 255}:80:80', '80:80']}}\n" for n in range(2_200)
        ).encode()
    ),
    "volumes": lambda: (
        _services("{image: a, volumes: ['v%:/a', 'w%:/b']}", 2_000) + b"volumes:\n" + _lines("  v%:\n", 2_000)
    ),
    "networks": lambda: _services("{image: a, networks: [n%, m%]}", 2_000) + b"networks:\n" + _lines("  n%:\n", 2_000),
    "the same container": lambda: _services("{image: a, container_name: c}", 3_000),
    "missing variables": lambda: _services("{image: a, command: '${A%} ${B%:-x}'}", 3_000),
    "defaults": lambda: b"services: {a: {image: '" + b"${A:-" * 200_000 + b"'}}\n",
    "sizes": lambda: _services("{image: a, mem_limit: " + "9" * 100 + "}", 3_000),
    "durations": lambda: _services("{image: a, stop_grace_period: " + "1h" * 48 + "x}", 3_000),
    "kept keys by aliases": lambda: (
        "x-a: &a '{}'\nservices:\n".format("\u20ac" * 300_000).encode() + _lines("  s%: {image: a, sysctls: *a}\n", 25)
    ),
}

ENV_FILE: dict[str, Callable[[], bytes]] = {
    "values of values": lambda: (
        b"A=0123456789\n" + "".join(f"{chr(ord(each) + 1)}={f'${each}' * 10}\n" for each in "ABCDEFGHIJKLMNOP").encode()
    ),
    "many values of a value": lambda: b"A=" + b"x" * 60_000 + b"\n" + b"B=$A$A$A$A\n" * 9_000,
    "defaults": lambda: b"A=" + b"${X:-" * 200_000,
    "defaults in defaults": lambda: b"A=" + b"${X:-" * 20 + b"${X}" * 200_000 + b"}" * 20,
    "open quotes": lambda: b"A='x\n" * 170_000,
    "escapes": lambda: b'A="' + b"\\n" * 500_000 + b'"',
    "lines that are none": lambda: b"a b\n" * 250_000,
    "lines": lambda: _lines("A%=b\n", 90_000),
    "blanks": lambda: b"A=" + b" " * MIB,
    "blanks and marks": lambda: b"A=x" + b" #" * 500_000,
    "names": lambda: b"export " * 140_000,
}

LINES: dict[str, Callable[[], bytes]] = {
    "lines that are none": lambda: b"a\n" * 500_000,
    "lines": lambda: _lines("w%: b\n", 90_000),
    "the same name": lambda: b"web: a\n" * 140_000,
    "blank lines": lambda: b"\r" * MIB,
    "a name": lambda: b"a" * (MIB - 3) + b": b",
    "blanks": lambda: b"web:" + b" " * (MIB - 4),
}

CRON: dict[str, Callable[[], bytes]] = {
    "tasks": lambda: b"version: 1\ncron:\n" + b"  - {name: a, url: b, schedule: '* * * * *'}\n" * 2_800,
    "tasks that are none": lambda: b"version: 1\ncron:\n" + b"  - a\n" * 19_000,
    "a field": lambda: b"version: 1\ncron: [{name: a, url: /b, schedule: '" + b"1," * 400_000 + b"1 * * * *'}]\n",
    "ranges": lambda: b"version: 1\ncron: [{name: a, url: /b, schedule: '" + b"0-59," * 150_000 + b"1 * * * *'}]\n",
    "unknown keys": lambda: b"version: 1\ncron:\n" + _lines("  - {nam%: a}\n", 6_000),
}

SETTINGS: dict[str, Callable[[], bytes]] = {
    "tags": lambda: f"{V}Tags:\n".encode() + _lines("  t%: x\n", 9_000),
    "links": lambda: f"{V}EnvironmentLinks:\n".encode() + _lines("  1 %: a_b\n", 9_000),
    "options": lambda: f"{V}OptionSettings:\n  aws:autoscaling:asg:\n".encode() + _lines("    o%: 1\n", 9_000),
    "unknown keys": lambda: V.encode() + _lines("OptionSettings%: x\n", 9_900),
    "a list": lambda: b"[" + b'{"Namespace":"a","OptionName":"b","Value":1,"Valu":2},' * 3_900 + b"1]",
    "the same option": lambda: b"[" + b'{"Namespace":"a","OptionName":"b","Value":"1"},' * 4_900 + b"1]",
}

NAMES: dict[str, Callable[[], bytes]] = {
    "folders of folders": lambda: b"a/" * 500_000 + b"b",
    "files that nobody reads": lambda: _lines(".platform/hok%/pre/a\n", 20_000),
    "hooks that nobody runs": lambda: _lines(".platform/hooks/prebuil%/a\n", 20_000),
    "dots": lambda: b"../" * 300_000,
    "the same name": lambda: b"a\n" * 300_000,
    "names that cannot be": lambda: b"a\\b\n" * 200_000,
}

IGNORE: dict[str, Callable[[], bytes]] = {
    "stars": lambda: b"*a" * 100 + b"b",
    "stars and folders": lambda: b"**/*a/" * 40 + b"b",
    "folders only": lambda: b"*a" * 100 + b"b/",
    "brackets": lambda: b"[a-z]*" * 60 + b"!",
    "ranges the wrong way round": lambda: _lines("[z-a]%\n", 50_000),
    "open brackets": lambda: b"[" * 100_000,
    "patterns": lambda: _lines("some/folder%/**/*.x%\n", 50_000),
    "a pattern": lambda: b"a" * MIB,
    "comments": lambda: b"#\n" * 500_000,
    "backslashes": lambda: b"\\" * 100_001,
}

DOCKERFILE: dict[str, Callable[[], bytes]] = {
    "stages": lambda: _lines("FROM a% AS b%\nCOPY --from=b% /a /b\n", 20_000),
    "a chain of stages": lambda: b"FROM a AS b0\n" + b"".join(b"FROM b%d AS b%d\n" % (n, n + 1) for n in range(20_000)),
    "lines that go on": lambda: b"FROM a\nRUN " + b"a \\\n" * 200_000,
    "comments in a line": lambda: b"FROM a\nRUN " + b"a \\\n# b\n" * 100_000,
    "open documents": lambda: b"FROM a\n" + b"RUN <<A <<B <<C\n" * 60_000,
    "a document": lambda: b"FROM a\nRUN <<A\n" + b"B\n" * 400_000,
    "digits": lambda: b"FROM a\nRUN " + b"1" * 500_000 + b"<<",
    "arguments": lambda: _lines("ARG A%=${A%}${B:-x}\n", 20_000) + b"FROM ${A1}\n" + b"EXPOSE $A1 80/tcp\n" * 20_000,
    "arguments that grow": lambda: b"ARG A=0123456789\n" + b"ARG A=$A$A$A$A$A$A$A$A$A$A\n" * 12 + b"FROM $A\n",
    "ports": lambda: b"FROM a\nEXPOSE 1-65535" + b" 1-65535" * 10_000 + b"\n",
    "a list": lambda: b"FROM a\nHEALTHCHECK CMD [" + b'"a",' * 200_000 + b'"a"]\n',
    "deep lists": lambda: b"FROM a\nHEALTHCHECK CMD " + b"[" * 200_000 + b"\n",
    "quotes": lambda: b"FROM a\nENV A='" + b"\\'" * 300_000 + b"\n",
}

TEXT: dict[str, Callable[[], bytes]] = {
    "backquotes": lambda: b"`" * MIB,
    "functions": lambda: b'`{"Ref":"A"}`' * 80_000,
    "deep": lambda: b'`{"Fn::Not":' + b"[" * 100_000,
    "deep enough": lambda: b'`{"Fn::Not":' + b"[" * 900 + b"]" * 900 + b"}`",
    "a number": lambda: b'`{"Ref":' + b"9" * 100_000 + b"}`",
    "marks": lambda: b"<{{${$(__A@A%A" * 70_000,
    "capitals": lambda: b"A_" * 500_000 + b"!",
    "dashes": lambda: b"a-" * 500_000 + b"!",
}

SCHEDULE: dict[str, Callable[[], bytes]] = {
    "numbers": lambda: b"1," * 500_000 + b"1 * * * *",
    "stars": lambda: b"*" * MIB,
    "fields": lambda: b"* " * 500_000,
    "steps": lambda: b"*/9" + b"9" * MIB + b" * * * *",
    "letters": lambda: b"A" * MIB + b"L * * * *",
}

HOSTILE: dict[str, tuple[dict[str, Callable[[], bytes]], ...]] = {
    "ebextensions": (YAML, EBEXTENSIONS),
    "dockerrun": (DOCKERRUN,),
    "compose": (YAML, COMPOSE),
    "dockerfile": (DOCKERFILE,),
    "env_file": (ENV_FILE,),
    "procfile": (LINES,),
    "buildfile": (LINES,),
    "cron": (YAML, CRON),
    "manifest": (YAML, SETTINGS),
    "saved": (YAML, SETTINGS),
    "custom_platform": (YAML,),
    "names": (NAMES,),
    "ignore": (IGNORE,),
    "text": (TEXT,),
    "schedule": (SCHEDULE,),
    "project": (YAML,),
}
"""By reader; the text says what an input is."""


def hostile(name: str) -> Iterator[bytes]:
    """All of them for a reader."""
    for table in HOSTILE.get(name, ()):
        for make in table.values():
            yield make()
