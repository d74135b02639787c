# Made by beanstalk: the platform ruby on ruby:3.4-bookworm (nobody asked for another one).
FROM ruby:3.4-bookworm

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
# ... /opt/elasticbeanstalk/bin/get-config, see procfile.Dockerfile
# ... /opt/beanstalk/start, see procfile.Dockerfile
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "exec ruby server.rb"]
ENV RACK_ENV="production"
ENV RAILS_ENV="production"
ENV RAILS_LOG_TO_STDOUT="true"
ENV BUNDLE_APP_CONFIG="/var/app/current/.bundle"
ENV PORT="8000"
EXPOSE 8000
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
