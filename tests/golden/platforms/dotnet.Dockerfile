# Made by beanstalk: the platform dotnet on mcr.microsoft.com/dotnet/aspnet:9.0 (asked for by *.runtimeconfig.json).
FROM mcr.microsoft.com/dotnet/aspnet:9.0

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
    "application=shop.runtimeconfig.json; ASPNETCORE_URLS=http://0.0.0.0:\"${PORT}\"; export ASPNETCORE_URLS; exec dotnet \"${application%.runtimeconfig.json}.dll\""]
ENV DOTNET_CLI_TELEMETRY_OPTOUT="1"
ENV PORT="5000"
EXPOSE 5000
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
