"""A web application without dependencies. Change the text below, deploy again, and watch the instances change."""

import html
import os

MESSAGE = "Your application is running."

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{environment}</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center;
         background: #f4f7f2; color: #1d2b1f }}
  main {{ background: #fff; border-radius: 1rem; padding: 2rem 3rem; box-shadow: 0 1px 12px #0002 }}
  h1 {{ margin: 0 0 1rem; color: #2c7a3f }}
  dt {{ color: #667; font-size: .85rem }}
  dd {{ margin: 0 0 .6rem; font-family: ui-monospace, monospace }}
</style>
<main>
  <h1>{message}</h1>
  <dl>
    <dt>Environment</dt><dd>{environment}</dd>
    <dt>Version</dt><dd>{version}</dd>
    <dt>Instance</dt><dd>{instance}</dd>
  </dl>
</main>
"""


def application(environ, start_response):
    """WSGI: /health answers 200 for the load balancer, everything else shows the page."""
    if environ.get("PATH_INFO") == "/health":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok\n"]
    facts = {
        "message": MESSAGE,
        "environment": os.environ.get("BEANSTALK_ENVIRONMENT_NAME", "no environment"),
        "version": os.environ.get("BEANSTALK_VERSION_LABEL", "unknown"),
        "instance": os.environ.get("BEANSTALK_INSTANCE_ID", "unknown"),
    }
    body = PAGE.format_map({name: html.escape(value) for name, value in facts.items()}).encode()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


if __name__ == "__main__":
    from wsgiref.simple_server import make_server

    make_server("127.0.0.1", int(os.environ.get("PORT", "8000")), application).serve_forever()
