# Made by beanstalk: the platform static on caddy:2-alpine (nobody asked for another one).
FROM caddy:2-alpine

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
# ... /opt/elasticbeanstalk/bin/get-config, see procfile.Dockerfile
# ... /opt/beanstalk/start, see procfile.Dockerfile
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# dependencies
WORKDIR /var/app/build
ENV PATH=/var/app/build/bin:$PATH
RUN mkdir -p bin && ln -s "$(command -v caddy)" bin/caddy
RUN ["/bin/sh", "-c", "set -e\nprintf '%s\\n' '{' 'admin off' 'persist_config off' 'auto_https off' 'grace_period {$GRACE}s' '}' \\\n  'http://:{$PORT} {' 'bind {$ADDRESS}' 'encode' 'file_server {' \\\n  'hide .* Procfile Buildfile cron.yaml env.yaml' '}' '}' > caddyfile\n"]

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/
RUN rm -rf .caddyfile && ln -s /var/app/build/caddyfile .caddyfile

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "exec env ADDRESS=0.0.0.0 GRACE=10 caddy run --adapter caddyfile --config .caddyfile"]
ENV PORT="8000"
EXPOSE 8000
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
