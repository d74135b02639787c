"""Habits of Amazon Linux 1 in `.ebextensions` that do nothing, or something else, on today's platforms: each explained.

Elastic Beanstalk takes them, so they are warnings. Namespaces that are gone are told where options are known.
Source: EB Developer Guide, "Migrating your Elastic Beanstalk Linux application to Amazon Linux 2023 or Amazon Linux 2".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from beanstalk.source.functions import Text, Value
from beanstalk.source.instance_keys import CommandLine, InstanceKeys
from beanstalk.source.notes import Notes

_HOOK = re.compile(r"/opt/elasticbeanstalk/hooks/(?P<when>\w+)(?:/(?P<step>\w+))?")
_HOOKS = {
    ("appdeploy", "pre"): ".platform/hooks/prebuild or predeploy",
    ("appdeploy", "enact"): ".platform/hooks/predeploy",
    ("appdeploy", "post"): ".platform/hooks/postdeploy",
    ("configdeploy", "pre"): ".platform/confighooks/prebuild or predeploy",
    ("configdeploy", "enact"): ".platform/confighooks/predeploy",
    ("configdeploy", "post"): ".platform/confighooks/postdeploy",
}
_PATHS = (
    (re.compile(r"/etc/nginx/(conf\.d|sites-|nginx\.conf)"), "the proxy's configuration is written anew at deployments",
     "put the file into .platform/nginx/conf.d"),
    (re.compile(r"/etc/httpd/(conf\.d|conf/|wsgi)"), "the proxy's configuration is written anew at deployments",
     "put the file into .platform/httpd/conf.d"),
    (re.compile(r"/opt/elasticbeanstalk/(support|containerfiles|local)\b"),
     "the files of the platform are elsewhere since Amazon Linux 2", "use .platform/hooks and .platform/nginx"),
    (re.compile(r"/etc/init/"), "Upstart is gone since Amazon Linux 2",
     "write a unit of systemd, or a line of a Procfile"),
    (re.compile(r"/etc/awslogs/"), "the awslogs agent is gone since Amazon Linux 2023",
     "use the amazon-cloudwatch-agent, or aws:elasticbeanstalk:cloudwatch:logs"),
)  # fmt: skip
_COMMANDS = (
    (re.compile(r"/opt/elasticbeanstalk/(support|containerfiles)\b"),
     "the files of the platform are elsewhere since Amazon Linux 2",
     "take values from /opt/elasticbeanstalk/bin/get-config"),
    (re.compile(r"/opt/python\b"), "/opt/python is gone since Amazon Linux 2",
     "the application is in /var/app/current, its environment in /var/app/venv"),
    (re.compile(r"/var/app/ondeck\b"), "/var/app/ondeck is gone since Amazon Linux 2",
     "the application is in /var/app/staging, where container_commands begin"),
    (re.compile(r"\binitctl\b"), "Upstart is gone since Amazon Linux 2", "use systemctl"),
)  # fmt: skip


def note_habits(keys: InstanceKeys, notes: Notes) -> None:
    """Warn about each habit once a file, at the first place."""
    for file in keys.files:
        if (hook := _HOOK.search(file.path)) is not None:
            text = f"{file.path[:100]} is a hook of Amazon Linux 1: nothing runs it since Amazon Linux 2"
            place = _HOOKS.get((hook["when"], hook["step"] or ""), ".platform/hooks")
            notes.warn(file.at, text, f"put it into {place}")
            continue
        for pattern, text, hint in _PATHS:
            if pattern.match(file.path):
                notes.warn(file.at, f"{file.path[:100]}: {text}", hint)
                break
    for command in (*keys.commands, *keys.container_commands):
        written = "\n".join(_literals(command.command))
        if _HOOK.search(written):
            text = f"{command.name[:60]} uses the hooks of Amazon Linux 1, which nothing runs since Amazon Linux 2"
            notes.warn_once("hooks", command.at, text, "use .platform/hooks")
        for pattern, text, hint in _COMMANDS:
            if pattern.search(written):
                notes.warn_once(text, command.at, f"{command.name[:60]}: {text}", hint)


def _literals(command: CommandLine) -> Iterator[str]:
    """What is written out in a command, without what functions bring."""
    values: tuple[Value, ...] = command if isinstance(command, tuple) else (command,)
    for value in values:
        parts = value.parts if isinstance(value, Text) else (value,)
        yield from (part for part in parts if isinstance(part, str))
