"""An account of AWS in one region: sessions and clients of boto3, made when they are needed.

Region and profile come from the flags, then from the environment, then from the project; credentials from wherever
boto3 finds them. AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> are honoured, as by boto3. Whatever goes wrong in a
call of a client of ours is raised as CloudError, so that nobody else has to know botocore.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from beanstalk.errors import CloudError
from beanstalk.targets.aws.cloud_errors import action_of, failure, refusal

CONNECT_S, ANSWER_S, TRIES = 10, 60, 6
"""Patience with one request; `standard` retries wait longer each time, up to 20 s. AWS_MAX_ATTEMPTS goes before."""
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
         "AWS_CONTAINER_CREDENTIALS_FULL_URI")  # fmt: skip
"""Variables that say who we are, without a profile."""


class Cloud:
    """region, profile: of the flags, "" when none was given.  usual_region, usual_profile: of the project.
    variables: the environment.  One object may be used by several threads.
    """

    def __init__(
        self,
        region: str = "",
        profile: str = "",
        usual_region: str = "",
        usual_profile: str = "",
        variables: Mapping[str, str] = os.environ,
    ) -> None:
        self.profile = profile or _of_environment(variables, "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        if not self.profile and not any(variables.get(name) for name in _KEYS):
            self.profile = usual_profile
        self._region = region or _of_environment(variables, "AWS_REGION", "AWS_DEFAULT_REGION") or usual_region
        self._tries = int(variables.get("AWS_MAX_ATTEMPTS") or TRIES)
        self._clients: dict[str, Client] = {}
        self._lock = threading.RLock()

    def client(self, service: str) -> Any:
        """A client of boto3 whose failures are CloudErrors. service: such as "cloudformation"."""
        with self._lock:
            if service not in self._clients:
                from botocore.config import Config

                limits = Config(
                    connect_timeout=CONNECT_S,
                    read_timeout=ANSWER_S,
                    retries={"total_max_attempts": self._tries, "mode": "standard"},
                    max_pool_connections=32,
                    user_agent_extra="beanstalk",
                )
                with self.errors(service):
                    made = self._session.client(service, region_name=self.region, config=limits)
                self._clients[service] = Client(made, self)
            return self._clients[service]

    @property
    def region(self) -> str:
        """Raises CloudError when none is chosen anywhere."""
        if not self._region:
            self._region = self._session.region_name or ""
        if not self._region:
            raise failure("NoRegionError", "", "", self.profile)
        return self._region

    @cached_property
    def account(self) -> str:
        """Number of the account; asks AWS unless the credentials know it."""
        with self.errors("sts:GetCallerIdentity"):
            known = self._session.get_credentials()
        number = getattr(known, "account_id", None)
        return str(number or self.identity["Account"])

    @cached_property
    def identity(self) -> dict[str, str]:
        """Account, Arn and UserId of whoever we are."""
        return dict(self.client("sts").get_caller_identity())

    @property
    def partition(self) -> str:
        """Such as "aws", "aws-cn"."""
        with self.errors("sts:GetCallerIdentity"):
            return str(self._session.get_partition_for_region(self.region))

    @property
    def domain(self) -> str:
        """Of the services in this partition."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Whatever boto3 raises inside is raised as CloudError. action: such as "ecs:RunTask"."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError  # somebody else answers, as a proxy does

        try:
            yield
        except ClientError as error:
            told = error.response.get("Error", {})
            raise refusal(told.get("Code", ""), told.get("Message", ""), action, self._region) from None
        except (BotoCoreError, Boto3Error, ResponseParserError, ValueError) as error:
            raise failure(type(error).__name__, str(error), action, self.profile) from None

    @cached_property
    def _session(self) -> Any:
        try:
            import boto3
        except ImportError:
            raise CloudError("boto3 is not installed", hint="pip install 'beanstalk[aws]'") from None
        with self.errors(""):
            return boto3.session.Session(profile_name=self.profile or None)


class Client:
    """A client of boto3: the same calls, with failures as CloudErrors."""

    def __init__(self, client: Any, cloud: Cloud) -> None:
        self._client, self._cloud = client, cloud

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        operation = self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return found
        action = action_of(self._client.meta.service_model.signing_name, operation)

        def call(**arguments: Any) -> Any:
            with self._cloud.errors(action):
                return found(**arguments)

        return call

    def pages(self, method: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Every answer of a method that answers in pages."""
        operation = self._client.meta.method_to_api_mapping[method]
        with self._cloud.errors(action_of(self._client.meta.service_model.signing_name, operation)):
            yield from self._client.get_paginator(method).paginate(**arguments)


def error_code(error: BaseException) -> str:
    """AWS's own word for what went wrong, "" when no service said one."""
    return error.code if isinstance(error, CloudError) else ""


def _of_environment(variables: Mapping[str, str], *names: str) -> str:
    return next((variables[name] for name in names if variables.get(name)), "")
