"""Images of platforms on a real engine: built from local bases, run, asked, stopped."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from beanstalk.platforms import find_platform, sample_files
from beanstalk.service.platform_folders import make_platform_folder
from beanstalk.targets.local.engine import Engine
from tests.engine import build_image
from tests.platform_images import Shop

pytestmark = pytest.mark.docker

PROPERTIES = "aws:elasticbeanstalk:application:environment"
DEBIAN = "apache2,golang-go,libapache2-mod-php,openjdk-17-jdk-headless,ruby"
SERVE = """
import http.server, os, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        command = ["sh", "-c", "cat made; id -u; pwd; printf %s \\"$COLOUR\\""]
        self.wfile.write(subprocess.run(command, capture_output=True).stdout)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page).serve_forever()
"""


@pytest.fixture
def shop(tmp_path: Path, engine: Engine) -> Iterator[Shop]:
    shop = Shop(tmp_path, engine)
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def python_base(engine: Engine, python_image: str) -> str:
    """That image, for every user: this machine's Python may be in the folder of root."""
    text = f"FROM {python_image}\nRUN chmod 755 /root\n"
    return build_image(engine, "beanstalk-tests/python-for-all", {"Dockerfile": text.encode()})


def base_with(engine: Engine, base: str, program: str) -> str:
    """The base and one program of this machine, with the libraries that it is linked with."""
    found = shutil.which(program, path=f"{Path(__file__).parents[1]}/.venv/bin:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{program} is not installed")
    path = Path(os.path.realpath(found))
    linked = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
    libraries = [Path(word) for word in linked.split() if word.startswith("/")]
    files = {f"root{each.parent.resolve() / each.name}": each.read_bytes() for each in libraries}
    files |= {f"root/usr/local/bin/{program}": path.read_bytes(), "Dockerfile": f"FROM {base}\nCOPY root /\n".encode()}
    return build_image(engine, f"beanstalk-tests/{program}", files)


EVERYTHING = {
    "serve.py": SERVE,
    "Procfile": "web: python3 serve.py\nmail: sh mail.sh\n",
    "mail.sh": "trap 'echo mail ends; exit' TERM; echo mail runs; while :; do sleep 0.1; done\n",
    "Buildfile": "make: echo $COLOUR made by the Buildfile > made\n",
    ".ebextensions/01.config": """
files:
  /etc/shop/motd: {mode: "000640", owner: root, group: root, content: "it's $here \\"now\\"\\n"}
commands:
  01_copy: {command: "cp motd copied; echo $A >> copied", cwd: /etc/shop, env: {A: "b c"}}
  02_never: {command: touch /etc/shop/never, test: "false"}
  03_fails: {command: "false", ignoreErrors: true}
""",
    ".ebextensions/tool.sh": "echo a tool\n",
}


def test_everything_that_a_bundle_says_is_in_the_image_and_sigterm_reaches_every_process(
    shop: Shop, python_base: str
) -> None:
    settings = [(PROPERTIES, "COLOUR", "red 'n' $blue"), (PROPERTIES, "PORT", "9000")]
    with shop.run("python", EVERYTHING, python_base, settings) as running:
        assert running.port == 9000
        assert running.get() == "red 'n' $blue made by the Buildfile\n900\n/var/app/current\nred 'n' $blue"
        assert running.run("command -v python3")[1] == "/var/app/build/venv/bin/python3\n"
        assert running.run(". /var/app/venv/staging-LQM1lest/bin/activate")[0] == 0
        assert running.run("cat /etc/shop/copied", user="root")[1] == 'it\'s $here "now"\nb c\n'
        assert running.run("cat /etc/shop/motd")[0] == 1
        assert running.run("cd /var/app/staging && ls -A .ebextensions; touch mine")[1] == "tool.sh\n"
        assert running.run("/opt/elasticbeanstalk/bin/get-config environment -k COLOUR")[1] == "red 'n' $blue\n"
        assert running.run("/opt/elasticbeanstalk/bin/get-config container -k instance_port")[1] == "9000\n"
        assert running.run("ls /etc/shop")[1] == "copied\nmotd\n"
        assert running.stop() == 3
        assert running.logs().count("mail runs") == running.logs().count("mail ends") == 1


def test_the_layers_of_dependencies_outlive_a_change_of_the_code(shop: Shop, python_base: str) -> None:
    files = {"requirements.txt": "", "Procfile": "web: python3 serve.py\n", "serve.py": SERVE}
    built = [shop.build(*shop.group("python", {**files, "more.txt": text}, python_base)) for text in ("one", "two")]
    with shop.engine.ask() as client:
        layers = [client.inspect_image(name)["RootFS"]["Layers"] for name in built]
    same = sum(one == other for one, other in zip(*layers, strict=True))
    [of_venv] = [number for number, each in enumerate(_commands(shop, built[0])) if "-m venv" in each]
    assert layers[0] != layers[1] and same > of_venv


def _commands(shop: Shop, image: str) -> list[str]:
    """What made each layer, the first one first."""
    with shop.engine.ask() as client:
        return [
            each["CreatedBy"] for each in reversed(client.history(image)) if each["Size"] or "RUN" in each["CreatedBy"]
        ]


def test_gunicorn_serves_a_python_application_without_a_procfile(shop: Shop, python_base: str, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    command = [
        "python3",
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary=:all:",
        "--dest",
        str(folder),
        "gunicorn>=22",
    ]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("gunicorn cannot be fetched")
    files: dict[str, str | bytes] = {f"wheels/{each.name}": each.read_bytes() for each in folder.iterdir()}
    files["requirements.txt"] = "--no-index\n--find-links wheels\ngunicorn\n"
    files["application.py"] = (
        "def application(environ, start):\n    start('200 OK', [])\n    return [b'from Gunicorn']\n"
    )
    with shop.run("python", files, python_base) as running:
        assert running.get() == "from Gunicorn"
        assert running.stop() == 0


def test_a_node_application_with_a_start_script(shop: Shop, engine: Engine, python_base: str) -> None:
    files = {**sample_files(find_platform("node")), "node_modules/greeting/index.js": "module.exports = 'hello'\n"}
    files["more.js"] = "console.log(require('greeting'))\n"
    with shop.run("node", files, base_with(engine, python_base, "node")) as running:
        assert "running" in running.get()
        assert running.run("node more.js")[1] == "hello\n"
        assert running.stop() in (0, 143)


def test_files_alone_are_served_and_what_is_not_meant_for_others_is_not(
    shop: Shop, engine: Engine, python_base: str
) -> None:
    files = {"index.html": "<h1>static</h1>", "a/b.css": "b {}", ".env": "SECRET=1", ".ebextensions/a.config": "{}"}
    with shop.run("static", files, base_with(engine, python_base, "caddy")) as running:
        assert (running.get(), running.get("/a/b.css")) == ("<h1>static</h1>", "b {}")
        assert [running.status(path) for path in ("/.env", "/.caddyfile", "/nothing")] == [404, 404, 404]
        assert running.stop() == 0


def test_a_process_that_fails_ends_the_container_with_its_exit_code(shop: Shop, python_base: str) -> None:
    with shop.run("procfile", {"Procfile": "web: echo no database; exit 5\nmail: sleep 60\n"}, python_base) as running:
        assert running.wait() == 5
        assert "no database" in running.logs()


def test_a_build_that_fails_tells_the_command_that_failed(shop: Shop, python_base: str) -> None:
    files = {"Procfile": "web: true\n", "Buildfile": "make: ls nothing-there\n"}
    with pytest.raises(AssertionError, match=r"nothing-there.*exit code 2"):
        shop.build(*shop.group("procfile", files, python_base))


def test_a_platform_of_the_users_own(shop: Shop, python_base: str, tmp_path: Path) -> None:
    make_platform_folder("erlang", tmp_path / "platforms")
    files = {"erlang.txt": "a\n", "start.sh": "exec python3 serve.py\n", "serve.py": SERVE, "made": "by the user\n"}
    with shop.run(str(tmp_path / "platforms/erlang"), files, python_base) as running:
        assert running.get() == "by the user\n900\n/var/app/current\n"
        assert running.run("cat installed/erlang.txt")[1] == "a\n"


# bases with the tools of a distribution, made by debootstrap: minutes, so only in the full matrices


@pytest.fixture(scope="module")
def debian_base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian with Apache, PHP, Ruby, Go and Java. Made once for an engine."""
    name = "beanstalk-tests/debian:1"
    with engine.ask() as client:
        if client.images(name):
            return name
    if not shutil.which("debootstrap", path=f"{os.environ['PATH']}:/usr/sbin") or os.geteuid():
        pytest.skip("debootstrap is not installed, or this is not root")
    root = tmp_path_factory.mktemp("debian")
    said = ["apt-get", "indextargets", "--format", "$(CREATED_BY) $(COMPONENT) $(CODENAME) $(REPO_URI)"]
    targets = subprocess.run(said, capture_output=True, text=True, check=True).stdout.splitlines()
    _, _, release, place = next(line.split() for line in targets if line.startswith("Packages main "))
    command = ["debootstrap", "--variant=minbase", f"--include={DEBIAN}", release, str(root), place]
    path = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=path)
    assert done.returncode == 0, done.stdout[-2000:]
    left_out = [f"--exclude=./{each}" for each in ("dev/*", "proc/*", "sys/*", "usr/share/doc/*", "var/cache/apt/*")]
    with subprocess.Popen(["tar", "-C", str(root), *left_out, "-c", "."], stdout=subprocess.PIPE) as packing:
        assert packing.stdout is not None
        pieces = iter(lambda: packing.stdout.read(1 << 20), b"")
        with engine.ask() as client:
            client.import_image_from_stream(pieces, repository="beanstalk-tests/debian", tag="1")
    shutil.rmtree(root)
    return name


SAMPLES = {
    "go": ("Congratulations! Your Go application is running.\n", 0),
    "java": ("Congratulations! Your Java application is running.\n", 143),
    "ruby": ("Congratulations! Your Ruby application is running.\n", 0),
    "php": ("Congratulations! Your PHP application is running.\n", 0),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_application_is_built_and_runs(shop: Shop, debian_base: str, name: str) -> None:
    files = {path: content.decode() for path, content in sample_files(find_platform(name)).items()}
    settings = [(PROPERTIES, "CGO_ENABLED", "0")] if name == "go" else []
    with shop.run(name, files, debian_base, settings) as running:
        said, code = SAMPLES[name]
        assert running.get() == said
        assert running.run("id -u; pwd")[1] == "900\n/var/app/current\n"
        assert running.stop() == code


@pytest.mark.exhaustive
def test_options_of_php_hold_in_its_image(shop: Shop, debian_base: str) -> None:
    files = {
        "public/index.php": "<?php echo ini_get('memory_limit'), ' ', ini_get('display_errors');",
        "public/.htaccess": "RewriteEngine On\nRewriteRule ^pretty$ index.php [L]\n",
        "public/.secret": "secret",
        "src/Shop.php": "<?php",
    }
    ini = "aws:elasticbeanstalk:container:php:phpini"
    settings = [(ini, "document_root", "/public"), (ini, "memory_limit", "77M"), (ini, "display_errors", "On")]
    with shop.run("php", files, debian_base, settings) as running:
        assert running.get() == "77M On"
        assert running.get("/pretty") == "77M On"
        assert running.status("/.secret") == 403


@pytest.mark.exhaustive
def test_one_jar_is_run(shop: Shop, debian_base: str, tmp_path: Path) -> None:
    sample = sample_files(find_platform("java"))["Application.java"].decode()
    with shop.run("java", {"Application.java": sample, "Procfile": "web: sleep 60\n"}, debian_base) as running:
        made = "cd /tmp && javac -d . /var/app/current/Application.java && jar cfe shop.jar Application *.class"
        assert running.run(made)[0] == 0
        with running.engine.ask() as client:
            stream, _ = client.get_archive(running.id, "/tmp/shop.jar")
            packed = io.BytesIO(b"".join(stream))
    with tarfile.open(fileobj=packed) as tar:
        jar = tar.extractfile("shop.jar")
        assert jar is not None
        content = jar.read()
    with shop.run("java", {"my shop.jar": content}, debian_base) as running:
        assert running.get() == SAMPLES["java"][0]


@pytest.mark.exhaustive
def test_users_and_groups_of_ebextensions_exist(shop: Shop, debian_base: str) -> None:
    text = json.dumps({"groups": {"staff2": {"gid": "4500"}}, "users": {"joe": {"uid": "4600", "groups": ["staff2"]}}})
    files = {"Procfile": "web: sleep 60\n", ".ebextensions/a.config": text}
    with shop.run("procfile", files, debian_base) as running:
        assert "4600" in running.run("id joe")[1] and "4500(staff2)" in running.run("id joe")[1]
