"""Images of platforms on a real engine: built from local bases, run, asked, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from beanstalk.targets.local.engine import Engine
from tests.engine import build_image
from tests.platform_images import Shop

pytestmark = pytest.mark.docker

SERVE = """
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{os.getuid()} {os.getcwd()} {os.environ.get('COLOUR')}".encode())
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page).serve_forever()
"""


@pytest.fixture(scope="session")
def python_base(engine: Engine, python_image: str) -> str:
    """That image, for every user: this machine's Python may be in the folder of root."""
    return build_image(
        engine, "beanstalk-tests/python-for-all", {"Dockerfile": f"FROM {python_image}\nRUN chmod 755 /root\n".encode()}
    )


@pytest.fixture
def shop(tmp_path: Path, engine: Engine) -> Iterator[Shop]:
    shop = Shop(tmp_path, engine)
    yield shop
    shop.close()


def test_a_python_application_runs_as_its_user_and_gets_sigterm(shop: Shop, python_base: str) -> None:
    files = {"serve.py": SERVE, "requirements.txt": "", "Procfile": "web: python3 serve.py\n"}
    settings = [("aws:elasticbeanstalk:application:environment", "COLOUR", "red 'n' $blue")]
    with shop.run("python", files, python_base, settings) as running:
        assert running.port == 8000
        assert running.get() == "900 /var/app/current red 'n' $blue"
        assert running.run("command -v python3")[1] == "/var/app/build/venv/bin/python3\n"
        assert running.run(". /var/app/venv/staging-LQM1lest/bin/activate && echo $VIRTUAL_ENV")[0] == 0
        assert running.stop() == 3
