"""A question to a service of AWS that the local target has: for credentials of a registry, or for a secret.

Whoever starts the agent lends it their login. AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> are honoured, as by
boto3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from beanstalk.errors import TargetError

_LOG_IN_TO_AWS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, where the agent is started"


def ask_aws(service: str, region: str | None, ask: Callable[[Any], Any]) -> Any:
    """The answer of an AWS service. Every failure is a TargetError."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    except ImportError:
        raise TargetError("boto3 is not installed", hint="pip install 'beanstalk[aws]'") from None
    try:
        limits = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})
        session: Any = boto3.session.Session()
        return ask(session.client(service, region_name=region, config=limits))
    except NoCredentialsError:
        raise TargetError("nobody is logged in to AWS", hint=_LOG_IN_TO_AWS) from None
    except ClientError as error:
        told = error.response.get("Error", {})
        raise TargetError(f"AWS refuses it: {told.get('Message') or told.get('Code', 'no reason given')}") from None
    except (BotoCoreError, ValueError) as error:
        raise TargetError(f"AWS cannot be asked: {error}") from None
