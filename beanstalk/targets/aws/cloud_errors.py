"""What AWS and its libraries complain of, as one sentence for a person with the remedy. Pure.

Codes: "Common Errors" of the API references; the services do not agree on one spelling.
"""

from __future__ import annotations

import re

from beanstalk.errors import CloudError

LOG_IN = "log in (aws sso login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
_EXPIRED = re.compile(r"ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired")
_UNKNOWN = re.compile(
    r"InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature|AuthFailure"
    r"|IncompleteSignature|MissingAuthenticationToken|InvalidToken"
)
_CLOCK = re.compile(r"RequestTimeTooSkewed|Signature (?:not yet current|expired)")
_DENIED = re.compile(
    r"AccessDenied|UnauthorizedOperation|Authorization(?:Error|Exception)|NotAuthorized|Forbidden|^403$"
)
_THROTTLED = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|PriorRequestNotComplete|BandwidthLimit")
_DOWN = re.compile(r"ServiceUnavailable|InternalError|InternalFailure|ServerException|^50\d$")
_CLOSED = re.compile(r"OptInRequired|RegionDisabled")
_IAM_PREFIXES = {"monitoring": "cloudwatch"}
_IAM_ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}
"""Where the permission has another name than the operation (Service Authorization Reference)."""


def action_of(signing_name: str, operation: str) -> str:
    """The permission that an operation needs, as in a policy of IAM."""
    action = f"{_IAM_PREFIXES.get(signing_name, signing_name)}:{operation}"
    return _IAM_ACTIONS.get(action, action)


def refusal(code: str, message: str, action: str, region: str) -> CloudError:
    """An answer of a service that is no success."""
    said = " ".join(message.split()).rstrip(".") or code or "it gives no reason"
    if _CLOCK.search(code) or _CLOCK.search(said):
        return CloudError(f"AWS says that the clock of this machine is wrong ({said})", code, action, "set the clock")
    if _EXPIRED.search(code):
        return CloudError("the login to AWS has expired", code, action, "log in again: aws sso login, or new keys")
    if _UNKNOWN.search(code):
        return CloudError(f"AWS does not take the credentials ({said})", code, action, LOG_IN)
    if _DENIED.search(code):
        hint = f"allow {action} in the policy of whoever runs this (docs/aws.md lists what is needed)"
        return CloudError(f"AWS denies {action}: {said}", code, action, hint)
    if _THROTTLED.search(code):
        hint = "wait a minute, then try again; what was begun goes on"
        return CloudError(f"AWS takes no more requests for {action} for now ({said})", code, action, hint)
    if _DOWN.search(code):
        return CloudError(f"AWS cannot do {action} for now: {said}", code, action, "try again in a minute")
    if _CLOSED.search(code):
        hint = "enable it in the settings of the account, or choose another region: --region"
        return CloudError(f"this account does not use {region}: {said}", code, action, hint)
    return CloudError(f"AWS refuses {action}: {said}", code, action)


def failure(kind: str, message: str, action: str, profile: str) -> CloudError:
    """Nobody answered, or nobody could be asked. kind: name of the class of the library's exception."""
    said = " ".join(message.split()).rstrip(".")
    where = f" for the profile {profile}" if profile else ""
    again = f"aws sso login --profile {profile}" if profile else "aws sso login"
    match kind:
        case "NoCredentialsError" | "CredentialRetrievalError" | "PartialCredentialsError":
            detail = "" if kind == "NoCredentialsError" else f" ({said})"
            return CloudError(f"nobody is logged in to AWS{where}{detail}", action=action, hint=LOG_IN)
        case "ProfileNotFound":
            hint = "aws configure list-profiles lists those there are; choose one: --profile"
            return CloudError(f"there is no profile {profile} in the files of AWS", action=action, hint=hint)
        case "NoRegionError":
            hint = "give --region, set AWS_REGION, or let the project say it: beanstalk init --region us-east-1"
            return CloudError("no region of AWS is chosen", action=action, hint=hint)
        case (
            "SSOTokenLoadError"
            | "UnauthorizedSSOTokenError"
            | "TokenRetrievalError"
            | "SSOError"
            | "LoginRefreshRequired"
        ):
            return CloudError(f"the login to AWS has expired{where}", action=action, hint=f"log in again: {again}")
        case "InvalidRegionError" | "UnknownRegionError":
            return CloudError(f"there is no such region: {said}", action=action, hint="as in us-east-1: --region")
        case "ParamValidationError" | "InvalidConfigError" | "ConfigParseError":
            return CloudError(f"AWS cannot be asked ({action}): {said}", action=action)
    hint = "look at the network, at --region, and at AWS_ENDPOINT_URL when that is set"
    return CloudError(f"AWS cannot be reached ({action}): {said}", action=action, hint=hint)
