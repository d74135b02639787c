# Made by beanstalk: the platform python on python:3.13-slim-bookworm (nobody asked for another one).
FROM python:3.13-slim-bookworm

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
# ... /opt/elasticbeanstalk/bin/get-config, see procfile.Dockerfile
# ... /opt/beanstalk/start, see procfile.Dockerfile
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# dependencies
WORKDIR /var/app/build
ENV PATH=/var/app/build/venv/bin:$PATH
ARG VIRTUAL_ENV=""
ARG PYTHONPATH=""
ARG PYTHONHOME=""
ARG PIP_DISABLE_PIP_VERSION_CHECK="1"
ARG PIP_NO_INPUT="1"
ARG UV_NO_PROGRESS="1"
COPY requirements.txt /var/app/build/
RUN ["/bin/sh", "-c", "set -e\nif uv --version >/dev/null 2>&1\nthen uv venv --python \"$(command -v python3)\" venv\nelse echo \"uv cannot be run here, so venv and pip are used\" && python3 -m venv venv\nfi\n"]
RUN ["/bin/sh", "-c", "set -e\nif uv --version >/dev/null 2>&1\nthen uv pip install --python venv/bin/python -r requirements.txt\nelse venv/bin/python -m pip install -r requirements.txt\nfi\n"]
RUN ["/bin/sh", "-c", "set -e\nif [ ! -x venv/bin/gunicorn ]; then\n  if uv --version >/dev/null 2>&1\n  then uv pip install --python venv/bin/python \"gunicorn>=22\"\n  else venv/bin/python -m pip install \"gunicorn>=22\"\n  fi\nfi\n"]
RUN ["/bin/sh", "-c", "set -e\noption=\"$(venv/bin/gunicorn --help | grep -o -e '--no-control-socket' || true)\"\nprintf '#!/bin/sh\\nexec gunicorn %s \"$@\"\\n' \"$option\" > venv/bin/serve-wsgi\nchmod +x venv/bin/serve-wsgi\n"]
# where scripts of Elastic Beanstalk look for it
RUN mkdir -p /var/app/venv && ln -s /var/app/build/venv /var/app/venv/staging-LQM1lest

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "exec serve-wsgi --bind 0.0.0.0:\"${PORT}\" --workers 1 --threads 15 --graceful-timeout 10 application"]
ENV PYTHONUNBUFFERED="1"
ENV PORT="8000"
EXPOSE 8000
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
