"""The store of the AWS target, over HTTP: at moto's server, and at the emulator that the other tests of AWS use."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.server import ThreadedMotoServer

from beanstalk.errors import AlreadyExists, BundleRefused, EnvironmentBusy, NotFound
from beanstalk.lifecycle import LifecyclePolicy, Rule, judge
from beanstalk.records import Application, Kind, Version
from beanstalk.source.listing import list_project
from beanstalk.source.packing import pack
from beanstalk.store.attachments import Saved
from beanstalk.store.bucket import only_tls
from beanstalk.store.bundles import Bundles
from beanstalk.store.leases import Holding
from beanstalk.store.s3 import CloudStore
from beanstalk.targets.aws.cloud import Cloud

ADA = Holding("op-1", Kind.DEPLOY, "ada@laptop (pid 1): beanstalk deploy")
BOB = Holding("op-2", Kind.SCALE, "bob@ci (pid 2): beanstalk scale")
RACERS = 12


@pytest.fixture(scope="session")
def moto():
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["moto", pytest.param("emulator", marks=[pytest.mark.docker, pytest.mark.aws])])
def cloud(request, monkeypatch):
    """An account with nothing in it."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "BEANSTALK_BUCKET"]:
        monkeypatch.delenv(name)
    if request.param == "emulator":
        request.getfixturevalue("emulator")
    else:
        import urllib.request

        url = request.getfixturevalue("moto")
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=60).close()
        for name, value in {
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
    return Cloud()


@pytest.fixture
def store(cloud):
    store = CloudStore(cloud)
    store.create()
    return store


@pytest.fixture
def bundle(tmp_path):
    """bundle(megabytes) is one whose content cannot be compressed."""

    def make(megabytes=0):
        folder = tmp_path / f"app-{megabytes}"
        folder.mkdir()
        (folder / "Procfile").write_text("web: run\n")
        if megabytes:
            (folder / "data.bin").write_bytes(os.urandom(megabytes << 20))
        return pack(list_project(folder, working_tree=True), tmp_path / f"{megabytes}.zip")

    return make


def environment(name="shop", id="e-1234567890", **more):
    return {"id": id, "name": name, **more}


def version(label="v1", digest="a" * 64, created=1.0, application="shop"):
    return Version(application, label, digest, 10, "", created)


def all_at_once(*acts):
    """What each gave, or the error that it raised."""

    def attempt(act):
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(attempt, acts))


def test_requests_without_tls_are_refused():
    [statement] = only_tls("b", "aws-cn")["Statement"]
    assert statement["Effect"] == "Deny" and statement["Principal"] == "*" and statement["Action"] == "s3:*"
    assert statement["Resource"] == ["arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_is_private_encrypted_and_versioned(cloud, store):
    api, bucket = cloud.client("s3"), {"Bucket": f"beanstalk-{cloud.account}-{cloud.region}"}
    assert set(api.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = api.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert api.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    [rule] = api.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90


def test_what_an_administrator_changes_of_the_bucket_stays(cloud, store):
    api, bucket = cloud.client("s3"), {"Bucket": store.bucket}
    api.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
    store.create()
    assert api.get_bucket_versioning(**bucket)["Status"] == "Suspended"


def test_a_bucket_whose_making_was_cut_short_is_finished(cloud, store):
    api, bucket = cloud.client("s3"), {"Bucket": store.bucket}
    api.delete_public_access_block(**bucket)
    api.delete_bucket_tagging(**bucket)
    store.create()
    assert set(api.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}


def test_many_may_make_the_bucket_at_the_same_time(cloud):
    assert all_at_once(*[CloudStore(cloud).create for _ in range(4)]) == [None] * 4


def test_before_there_is_a_bucket_nothing_is_found(cloud, tmp_path):
    store = CloudStore(cloud)
    assert store.find("shop") is None and store.living() == [] and store.versions("shop") == []
    assert not store.has_bundle("a" * 64)
    with pytest.raises(BundleRefused, match="is gone from s3://"):
        store.fetch_bundle("a" * 64, tmp_path / "bundle.zip")


def test_another_bucket_may_be_named(cloud):
    store = CloudStore(cloud, {"BEANSTALK_BUCKET": "one-of-my-own"})
    store.create()
    assert store.bucket == "one-of-my-own" and store.put_document("a.json", {"b": 1})


# environments


def test_an_environment_is_found_with_who_holds_it_in_one_request(store):
    store.put_environment(environment(size=1), new=True)
    store.acquire("shop", ADA, 60)
    found = CloudStore(Cloud()).find("shop")
    assert found.document == environment(size=1)
    assert (found.lease.holder, found.lease.operation_id, found.lease.kind) == (ADA.holder, "op-1", Kind.DEPLOY)


def test_a_change_of_an_environment_keeps_its_lease(store):
    store.put_environment(environment(size=1), new=True)
    store.acquire("shop", ADA, 60)
    store.put_environment(environment(size=2))
    assert store.environment("shop")["size"] == 2
    assert store.holder("shop").holder == ADA.holder


def test_a_name_is_given_once(store):
    made = all_at_once(
        *[lambda id=f"e-{number}": store.put_environment(environment(id=id), new=True) for number in range(RACERS)]
    )
    assert sum(each is None for each in made) == 1
    assert {type(each) for each in made if each is not None} == {AlreadyExists}


def test_a_terminated_environment_frees_its_name_and_is_found_by_its_id(store):
    store.put_environment(environment(), new=True)
    store.remove_environment(environment(size=0))
    assert store.environment("shop") is None and store.living() == []
    assert store.environment_by_id("e-1234567890") == environment(size=0)
    store.put_environment(environment(id="e-2"), new=True)
    assert [each["id"] for each in store.living()] == ["e-2"]
    with pytest.raises(NotFound, match="any more"):
        store.put_environment(environment(size=5))


def test_removing_an_environment_again_leaves_its_successor_alone(store):
    store.put_environment(environment(), new=True)
    store.remove_environment(environment())
    store.put_environment(environment(id="e-2"), new=True)
    store.remove_environment(environment())
    assert store.environment("shop")["id"] == "e-2"


# leases


def test_one_of_many_gets_the_lease(store):
    store.put_environment(environment(), new=True)
    holdings = [Holding(f"op-{number}", Kind.DEPLOY, f"number {number}") for number in range(RACERS)]
    took = all_at_once(*[lambda mine=each: store.acquire("shop", mine, 60) for each in holdings])
    [winner] = [each for each in took if not isinstance(each, Exception)]
    assert {type(each) for each in took if each is not winner} == {EnvironmentBusy}
    assert store.holder("shop") == winner.info and not winner.lost


def test_whoever_comes_second_is_told_who_is_there_since_when_and_until_when(store):
    store.put_environment(environment(), new=True)
    store.acquire("shop", ADA, 60)
    with pytest.raises(EnvironmentBusy, match=r"shop is busy: deploy since 20\S+ \S+, by ada@laptop") as caught:
        store.acquire("shop", BOB, 60)
    assert "its lease ends at 20" in caught.value.hint


def test_a_released_lease_is_free(store):
    store.put_environment(environment(), new=True)
    store.acquire("shop", ADA, 60).release()
    assert store.holder("shop") is None
    assert store.acquire("shop", BOB, 60).info.holder == BOB.holder


def test_a_lease_that_ended_is_taken_over_by_one_and_its_owner_notices(store):
    store.put_environment(environment(), new=True)
    mine = store.acquire("shop", ADA, -60)
    assert store.holder("shop") is None
    took = all_at_once(*[lambda: store.acquire("shop", BOB, 60) for _ in range(RACERS)])
    [winner] = [each for each in took if not isinstance(each, Exception)]
    assert mine.lost
    with pytest.raises(EnvironmentBusy, match=r"bob@ci .* took it over"):
        mine.renew()
    mine.release()
    assert store.holder("shop") == winner.info


def test_a_lease_that_ended_is_still_its_owners_when_nobody_took_it(store):
    store.put_environment(environment(), new=True)
    lease = store.acquire("shop", ADA, -60)
    lease._seconds = 60
    lease.renew()
    assert store.holder("shop") == lease.info
    with pytest.raises(EnvironmentBusy):
        store.acquire("shop", BOB, 60)


def test_an_environment_that_there_is_not_cannot_be_held(store):
    with pytest.raises(NotFound):
        store.acquire("shop", ADA, 60)


def test_leases_and_changes_at_the_same_time_lose_nothing(store):
    store.put_environment(environment(), new=True)
    lease = store.acquire("shop", ADA, 60)
    acts = [lambda size=size: store.put_environment(environment(size=size)) for size in range(6)]
    assert set(all_at_once(*acts, *[lease.renew] * 3)) == {None}
    assert store.environment("shop")["size"] in range(6) and not lease.lost


# applications and versions


def test_a_label_is_given_to_one_content_alone(store):
    versions = [version(digest=f"{number:064x}") for number in range(RACERS)]
    made = all_at_once(*[lambda mine=each: store.add_version(mine) for each in versions])
    [winner] = [each for each in made if isinstance(each, Version)]
    assert {type(each) for each in made if each is not winner} == {AlreadyExists}
    assert store.versions("shop") == [winner]


def test_versions_that_many_make_at_the_same_time_are_all_there(store):
    labels = [f"v{number}" for number in range(RACERS)]
    all_at_once(*[lambda label=each: store.add_version(version(label)) for each in labels])
    assert {each.label for each in store.versions("shop")} == set(labels)


def test_the_same_content_under_the_same_label_is_the_version_that_is_there(store):
    first = store.add_version(version(created=1.0))
    assert store.add_version(version(created=2.0)) == first


def test_applications_stay_as_they_are(store):
    store.add_application(Application("shop", "the first", 1.0))
    store.add_application(Application("shop", "the second", 2.0))
    store.add_version(version(application="a/b ü.json"))
    assert [(each.name, each.description) for each in store.applications()] == [
        ("a/b ü.json", ""),
        ("shop", "the first"),
    ]
    store.remove_application("shop")
    assert store.application("shop") is None and store.version("a/b ü.json", "v1") is not None


@pytest.mark.parametrize("names", [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("x" * 100, "ü" * 100), ("ü" * 99, "ü" * 100)])
def test_no_two_names_are_one_key(store, names):
    for name in names:
        store.add_application(Application(name, "", 1.0))
    assert {each.name for each in store.applications()} == set(names)


# bundles


def test_a_bundle_comes_back_as_it_was_and_is_sent_once(store, bundle, tmp_path):
    made = bundle()
    assert store.put_bundle(made.digest, made.path)
    assert not store.put_bundle(made.digest, made.path)
    store.fetch_bundle(made.digest, tmp_path / "back.zip")
    assert (tmp_path / "back.zip").read_bytes() == made.path.read_bytes()


def test_a_large_bundle_goes_in_parts_and_one_of_many_writes_it(store, bundle, tmp_path):
    made = bundle(11)

    def put():
        return Bundles(store.documents, 5 << 20).put(made.digest, made.path)

    assert sum(all_at_once(put, put, put)) >= 1
    store.fetch_bundle(made.digest, tmp_path / "back.zip")
    assert (tmp_path / "back.zip").read_bytes() == made.path.read_bytes()
    uploads = store.documents.api.list_multipart_uploads(Bucket=store.bucket)
    assert uploads.get("Uploads", []) == []


def test_a_bundle_that_was_damaged_is_refused_and_leaves_nothing(store, bundle, tmp_path):
    made = bundle()
    other = bundle(1)
    store.put_bundle(made.digest, other.path)
    folder = tmp_path / "here"
    folder.mkdir()
    with pytest.raises(BundleRefused, match="is damaged"):
        store.fetch_bundle(made.digest, folder / "back.zip")
    assert list(folder.iterdir()) == []


def test_a_bundle_stays_while_another_version_has_it(store, bundle):
    made = bundle()
    store.put_bundle(made.digest, made.path)
    for label, application in (("v1", "shop"), ("v2", "shop"), ("v1", "other")):
        store.add_version(version(label, made.digest, application=application))
    store.remove_version("shop", "v1")
    store.remove_version("shop", "v2")
    assert store.has_bundle(made.digest)
    store.remove_version("other", "v1", with_bundle=True)
    assert not store.has_bundle(made.digest)


# the lifecycle


def test_images_go_with_the_last_version_that_needs_them(store):
    for label in ("v1", "v2"):
        store.add_version(version(label))
    store.note_images("shop", "v1", ["base", "one"])
    store.note_images("shop", "v2", ["base"])
    assert store.images_of("shop", "v1") == ("base", "one")
    assert store.remove_version("shop", "v1") == ("one",)
    assert store.remove_version("shop", "v2") == ("base",)
    with pytest.raises(NotFound):
        store.note_images("shop", "v1", ["late"])


def test_a_policy_takes_versions_with_their_bundles_and_images_once(store, bundle):
    made = bundle()
    store.put_bundle(made.digest, made.path)
    store.add_version(version("v1", made.digest, created=1.0))
    store.note_images("shop", "v1", ["one"])
    store.set_policy("shop", LifecyclePolicy(count=Rule(1, True, True)))
    for number in (2, 3):
        new = store.add_version(version(f"v{number}", created=store.now() + 10 * number))

    def verdicts(policy, versions):
        return judge(policy, versions, [], {}, store.now(), "v3")

    gone, images = store.apply_policy(new, verdicts)
    assert [each.version.label for each in gone] == ["v1"] and images == ("one",)
    assert [each.label for each in store.versions("shop")] == ["v3", "v2"]
    assert not store.has_bundle(made.digest)
    assert store.apply_policy(new, verdicts) == ((), ())


def test_a_policy_is_of_an_application_that_is_there(store):
    with pytest.raises(NotFound):
        store.set_policy("shop", LifecyclePolicy())
    store.add_application(Application("shop", "", 1.0))
    assert store.policy("shop") == LifecyclePolicy()
    store.set_policy("shop", LifecyclePolicy(age=Rule(7, True)))
    assert store.policy("shop").age == Rule(7, True)


# documents


def test_operations_are_numbered_and_come_back_the_newest_first(store):
    for number in (1, 2, 10):
        assert store.put_operation("e-1", number, {"number": number}, new=True)
    assert not store.put_operation("e-1", 2, {"number": "another"}, new=True)
    assert [each["number"] for each in store.operations("e-1", 2)] == [10, 2]
    assert store.operation("e-1", 1) == {"number": 1}


def test_saved_configurations_are_kept_by_application_and_name(store):
    saved = Saved("shop", "prod", "EnvironmentTier: {}", 1.0, 2.0)
    assert store.put_saved(saved, new=True) and not store.put_saved(Saved("shop", "prod", "other", 3, 3), new=True)
    assert store.saved("shop") == [saved] and store.saved("sho") == []
    store.remove_saved("shop", "prod")
    assert store.saved_one("shop", "prod") is None


def test_changes_of_one_document_by_many_are_all_made(store):
    def increased(there):
        return {"count": (there or {"count": 0})["count"] + 1}

    all_at_once(*[lambda: store.change_document("counter.json", increased)] * RACERS)
    assert store.get_document("counter.json") == {"count": RACERS}


def test_an_answer_that_was_lost_is_no_defeat(store):
    def lose(attempts, **_):
        return 0 if attempts == 1 else None

    store.documents.api.meta.events.register("needs-retry.s3.PutObject", lose)
    assert store.put_document("a.json", {"a": 1}, new=True)
    assert not store.put_document("a.json", {"a": 1}, new=True)
    assert store.change_document("a.json", lambda there: {"a": there["a"] + 1}) == {"a": 2}


def test_texts_have_a_url_and_come_back(store):
    assert store.put_text("templates/e-1/1.json", '{"ü": 1}').endswith(f"/{store.bucket}/templates/e-1/1.json")
    assert store.get_text("templates/e-1/1.json") == '{"ü": 1}'
    assert store.list_keys("templates/") == ["templates/e-1/1.json"]


def test_the_clock_is_that_of_s3(store):
    store.documents._ahead_s = 1e6
    store.put_document("a.json", {})
    assert abs(store.documents._ahead_s) < 60


def test_every_request_says_whose_the_bucket_has_to_be(store, tmp_path):
    (tmp_path / "bundle.zip").write_bytes(bytes(6 << 20))

    class Other(Cloud):
        account = "111111111111"

    other = CloudStore(Other(), {"BEANSTALK_BUCKET": store.bucket})
    asked = []

    def note(params, **_):
        asked.append(params.get("ExpectedBucketOwner"))

    other.documents.api.meta.events.register("provide-client-params.s3.*", note)
    other.put_document("a.json", {"a": 1})
    other.change_document("a.json", lambda there: {"a": 2})
    other.put_bundle("a" * 64, tmp_path / "bundle.zip")
    Bundles(other.documents, 5 << 20).put("b" * 64, tmp_path / "bundle.zip")
    other.list_keys("a")
    other.documents.delete("a.json")
    other.create()
    assert len(asked) > 10 and set(asked) == {"111111111111"}
