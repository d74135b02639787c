"""The bucket of this program in an account: private, encrypted, versioned, reached by TLS alone.

Who knows the name could make it before us in an account of his own ("bucket squatting"): so every request says whose
the bucket has to be (`ExpectedBucketOwner`). What an administrator changes of a finished bucket stays as he has it.
"""

from __future__ import annotations

import json
from typing import Any

from beanstalk.errors import CloudError
from beanstalk.store.documents import Account

READY = {"Key": "beanstalk:bucket", "Value": "ready"}
"""The tag of a bucket whose making was finished."""
KEPT_DAYS, UNFINISHED_DAYS = 90, 7
"""How long overwritten and deleted objects can be got back, and parts of uploads that were never completed stay."""
VARIABLE = "BEANSTALK_BUCKET"


def bucket_name(cloud: Account) -> str:
    return f"beanstalk-{cloud.account}-{cloud.region}"


def create_bucket(cloud: Account, name: str) -> None:
    """Make it when it is not there, and finish it. Raises CloudError when somebody else's has the name."""
    api, bucket = cloud.client("s3"), {"Bucket": name, "ExpectedBucketOwner": cloud.account}
    try:
        if READY in api.get_bucket_tagging(**bucket)["TagSet"]:
            return
    except CloudError as error:
        match error.code:
            case "NoSuchTagSet":
                pass
            case "NoSuchBucket" | "404":
                _make(api, name, cloud.region)
            case "AccessDenied" | "403":
                raise CloudError(error.problem, error.code, error.action, _hint(name, error.hint)) from None
            case _:
                raise
    _finish(api, bucket, cloud.partition)


def _make(api: Any, name: str, region: str) -> None:
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        api.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced", **place)
    except CloudError as error:
        if error.code == "BucketAlreadyExists":
            problem = f"the bucket {name} belongs to somebody else"
            raise CloudError(problem, error.code, error.action, _hint(name)) from None
        if error.code not in ("BucketAlreadyOwnedByYou", "OperationAborted"):  # another one of us was faster
            raise


def _finish(api: Any, bucket: dict[str, str], partition: str) -> None:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    api.put_public_access_block(**bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, True))
    encrypted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    api.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={"Rules": [encrypted]})
    api.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    if str(api.meta.endpoint_url).startswith("https:"):  # elsewhere it would lock us out
        api.put_bucket_policy(**bucket, Policy=json.dumps(only_tls(bucket["Bucket"], partition)))
    api.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": [_cleaning()]})
    api.put_bucket_tagging(**bucket, Tagging={"TagSet": [READY]})


def only_tls(name: str, partition: str) -> dict[str, Any]:
    """A bucket policy that refuses every request that is not encrypted."""
    place = f"arn:{partition}:s3:::{name}"
    statement = {
        "Sid": "OnlyTLS",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [place, f"{place}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _cleaning() -> dict[str, Any]:
    return {
        "ID": "cleaning",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": KEPT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
    }


def _hint(name: str, other: str = "") -> str:
    owned = f"if the bucket {name} belongs to another account, choose another name: {VARIABLE}"
    return f"{other}; {owned}" if other else owned
