"""Examples about what is on an instance: packages, files, users, commands, services; and where each of them acts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from beanstalk.source.ebextensions import INSTANCE_KEYS
from tests.examples.reading import FILES, RIGHT, effect, example

TASKS = "/opt/elasticbeanstalk/tasks"
ROOTS = ("000644", "root", "root")
PROGRAM = ("000755", "root", "root")
EXPECTED: dict[str, Mapping[str, Any]] = {
    "packages.config": {
        "packages": [
            ("rpm", "wkhtmltox", ("https://downloads.example.com/wkhtmltox-0.12.6.x86_64.rpm",)),
            ("yum", "ImageMagick", ()),
            ("yum", "libpq-devel", ()),
            ("yum", "jq", ()),
        ],
    },
    "users-and-groups.config": {
        "groups": [("reports", 1501), ("readers", None)],
        "users": [{"name": "reports", "uid": 1501, "groups": ("reports", "readers"), "home": "/var/lib/reports"}],
    },
    "files.config": {
        "files": {
            "/etc/shop/licence.bin": ("000600", "webapp", "webapp"),
            "/etc/shop/partners.pem": ROOTS,
            "/etc/shop/settings.ini": ("000640", "root", "webapp"),
            "/var/lib/shop/settings.ini": ("120777", "", ""),
        },
        "contents": {
            "/etc/shop/settings.ini": "[mail]\nhost = smtp.example.com\nport = 587\n",
            "/var/lib/shop/settings.ini": "/etc/shop/settings.ini",
        },
    },
    "private-file.config": {
        "files": {"/etc/shop/partners.json": ("000640", "root", "webapp")},
        "resources": {"AWSEBAutoScalingGroup": None},
        "values": {
            "AWSEBAutoScalingGroup.Metadata": {
                "AWS::CloudFormation::Authentication": {
                    "ShopBucket": {
                        "type": "s3",
                        "buckets": ["shop-configuration-123456789012"],
                        "roleName": "aws-elasticbeanstalk-ec2-role",
                    },
                },
            },
        },
        "ignored": ["Resources"],
    },
    "sources.config": {"sources": {"/opt/geoip": "https://downloads.example.com/geoip-2026-10.tar.gz"}},
    "services.config": {
        "files": {"/etc/systemd/system/shop-sweeper.service": ROOTS, "/usr/local/bin/shop-sweeper": PROGRAM},
        "commands": [{"name": "01_tell_systemd", "command": "systemctl daemon-reload"}],
        "services": [
            {
                "manager": "systemd",
                "name": "shop-sweeper",
                "enabled": True,
                "ensure_running": True,
                "files": ("/etc/systemd/system/shop-sweeper.service", "/usr/local/bin/shop-sweeper"),
            },
        ],
    },
    "commands.config": {
        "commands": [
            {"name": "01_make_swap_file", "test": "[ ! -e /var/swapfile ]", "ignore_errors": False, "cwd": ""},
            {
                "name": "02_use_swap_file",
                "test": "! grep -q /var/swapfile /proc/swaps",
                "ignore_errors": False,
                "cwd": "",
            },
            {"name": "03_prefer_memory", "test": None, "ignore_errors": True, "cwd": ""},
            {"name": "04_tell_how_much", "test": None, "ignore_errors": False, "cwd": "/var/tmp"},
        ],
    },
    "container-commands.config": {
        "container_commands": [
            {
                "name": "01_assets",
                "command": "make assets",
                "env": (("ASSETS_HOST", "https://assets.example.com"),),
                "cwd": "",
                "test": None,
                "ignore_errors": False,
            },
            {
                "name": "02_only_for_testing",
                "command": "cp settings/testing.ini settings/local.ini",
                "env": None,
                "cwd": "",
                "test": '[ "$STAGE" = testing ]',
                "ignore_errors": False,
            },
            {
                "name": "03_translations",
                "command": "make translations",
                "env": None,
                "cwd": "locale",
                "test": None,
                "ignore_errors": True,
            },
        ],
        "properties": {"STAGE": "testing"},
    },
    "migrations.config": {
        "container_commands": [
            {"name": "01_migrate", "leader_only": True, "test": None},
            {"name": "02_static_files", "leader_only": False, "test": None},
        ],
    },
    "cron.config": {
        "packages": [("yum", "cronie", ())],
        "files": {"/etc/cron.d/shop": ROOTS, "/usr/local/bin/shop-nightly": PROGRAM},
        "contents": {
            "/etc/cron.d/shop": "# minute hour day month weekday user command, in UTC\n"
            "0 3 * * * webapp /usr/local/bin/shop-nightly\n",
        },
        "commands": [{"name": "01_remove_old_table", "command": "rm -f /etc/cron.d/shop.bak"}],
        "services": [{"manager": "systemd", "name": "crond", "ensure_running": True, "files": ("/etc/cron.d/shop",)}],
    },
    "file-system.config": {
        "packages": [("yum", "amazon-efs-utils", ())],
        "files": {"/usr/local/bin/mount-shared-folder": PROGRAM},
        "commands": [{"name": "01_mount_shared_folder", "command": "/usr/local/bin/mount-shared-folder"}],
        "properties": {"FILE_SYSTEM_ID": "fs-0123456789abcdef0", "SHARED_FOLDER": "/efs"},
    },
    "log-tails.config": {
        "files": {
            f"{TASKS}/bundlelogs.d/shop.conf": ROOTS,
            f"{TASKS}/publishlogs.d/shop.conf": ROOTS,
            f"{TASKS}/taillogs.d/shop.conf": ROOTS,
        },
        "contents": {
            f"{TASKS}/bundlelogs.d/shop.conf": "/var/log/shop/*.log\n/var/log/shop/rotated/*\n",
            f"{TASKS}/taillogs.d/shop.conf": "/var/log/shop/*.log\n",
        },
        "settings": {"aws:elasticbeanstalk:hostmanager": {"LogPublicationControl": "true"}},
        "ignored": ["aws:elasticbeanstalk:hostmanager: LogPublicationControl"],
    },
}
MACHINE = "it changes the machine, and a process has nothing of its own here but its folder"
HERE = {
    "packages": MACHINE,
    "groups": MACHINE,
    "users": MACHINE,
    "sources": MACHINE,
    "files": MACHINE,
    "commands": MACHINE,
    "services": "services belong to the machine; a process beside the application is a line of the Procfile",
    "container_commands": "run in the instance's folder before the application starts; "
    "leader_only once in a deployment, first of all",
}
"""What `validate` says of each key of an instance, here where instances are processes."""


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_does_what_it_says(name: str) -> None:
    expected = {**RIGHT, **EXPECTED[name]}
    assert effect(example(name), expected) == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_validate_tells_what_becomes_of_each_key_here(name: str) -> None:
    found = example(name)
    written = {key for key, _ in found.extensions.keys if key in INSTANCE_KEYS}
    effects = (*found.report.applied, *found.report.ignored)
    told = {each.what: each.why for each in effects if each.what in INSTANCE_KEYS}
    assert told == {key: HERE[key] for key in written}


def test_there_is_an_example_of_every_key() -> None:
    assert {key for name in EXPECTED for key, _ in example(name).extensions.keys} >= set(INSTANCE_KEYS) == set(HERE)


def test_the_leader_s_commands_run_first_whatever_file_they_are_in() -> None:
    together = example("container-commands.config", "migrations.config").extensions
    assert [each.name for each in together.container_commands] == [
        "01_migrate", "01_assets", "02_only_for_testing", "03_translations", "02_static_files",
    ]  # fmt: skip


def scripts() -> Iterator[tuple[str, str]]:
    """Everything in the examples that a shell runs."""
    for name in FILES:
        found = example(name).extensions
        for command in (*found.commands, *found.container_commands):
            texts = (command.command, command.test)
            yield from ((f"{name}: {command.name}", text) for text in texts if isinstance(text, str))
        for file in found.files:
            if isinstance(file.content, str) and file.content.startswith("#!"):
                yield f"{name}: {file.path}", file.content


@pytest.mark.parametrize(("where", "script"), list(scripts()))
def test_a_shell_understands_the_commands(where: str, script: str) -> None:
    shell = "bash" if script.startswith("#!/bin/bash") else "sh"
    checked = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), where
