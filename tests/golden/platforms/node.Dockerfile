# Made by beanstalk: the platform node on node:22-bookworm-slim (nobody asked for another one).
FROM node:22-bookworm-slim

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
# ... /opt/elasticbeanstalk/bin/get-config, see procfile.Dockerfile
# ... /opt/beanstalk/start, see procfile.Dockerfile
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# dependencies
WORKDIR /var/app/build
ENV PATH=/var/app/build/node_modules/.bin:$PATH
ARG npm_config_audit="false"
ARG npm_config_fund="false"
ARG npm_config_update_notifier="false"
COPY package.json /var/app/build/
RUN ["/bin/sh", "-c", "set -e\nif [ \"${NPM_USE_PRODUCTION:-true}\" = false ]\nthen only=--include=dev\nelse only=--omit=dev\nfi\nif [ -e package-lock.json ] || [ -e npm-shrinkwrap.json ]\nthen npm ci \"$only\"\nelse npm install --no-save \"$only\"\nfi\nmkdir -p node_modules\n"]

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/
RUN rm -rf node_modules && ln -s /var/app/build/node_modules node_modules

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "PATH=\"$PWD/node_modules/.bin:$PATH\"; export PATH; sh -c '' && exec sh -c 'exec node app.js'"]
ENV ADDRESS="0.0.0.0"
ENV PORT="8080"
EXPOSE 8080
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
