// A web application without dependencies. Change the text below, deploy again, and watch the instances change.
const http = require("node:http");

const message = "Your application is running.";
const {
  PORT = "8080",
  BEANSTALK_ENVIRONMENT_NAME: environment = "no environment",
  BEANSTALK_VERSION_LABEL: version = "unknown",
  BEANSTALK_INSTANCE_ID: instance = "unknown",
} = process.env;

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(environment)}</title>
<style>
  body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center;
         background: #f4f7f2; color: #1d2b1f }
  main { background: #fff; border-radius: 1rem; padding: 2rem 3rem; box-shadow: 0 1px 12px #0002 }
  h1 { margin: 0 0 1rem; color: #2c7a3f }
  dt { color: #667; font-size: .85rem }
  dd { margin: 0 0 .6rem; font-family: ui-monospace, monospace }
</style>
<main>
  <h1>${escape(message)}</h1>
  <dl>
    <dt>Environment</dt><dd>${escape(environment)}</dd>
    <dt>Version</dt><dd>${escape(version)}</dd>
    <dt>Instance</dt><dd>${escape(instance)}</dd>
  </dl>
</main>
`;

const server = http.createServer((request, response) => {
  const healthy = request.url === "/health";
  response.writeHead(200, { "Content-Type": healthy ? "text/plain" : "text/html; charset=utf-8" });
  response.end(healthy ? "ok\n" : page);
});

server.listen(Number(PORT), process.env.ADDRESS || "127.0.0.1");

// Answer what is open, then go.
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
