# Made by beanstalk: the platform go on golang:1.19-bookworm (asked for by go.mod).
FROM golang:1.19-bookworm

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
# ... /opt/elasticbeanstalk/bin/get-config, see procfile.Dockerfile
# ... /opt/beanstalk/start, see procfile.Dockerfile
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# modules, before the code that needs them
WORKDIR /var/app/build
COPY go.mod ./
RUN go mod download

# dependencies
WORKDIR /var/app/build
COPY .ebextensions/01.config /var/app/build/.ebextensions/
COPY application.go go.mod /var/app/build/
RUN go build -o bin/application .

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/
RUN for made in /var/app/build/* /var/app/build/.[!.]*; do if [ -e "$made" ] && [ ! -e "${made##*/}" ]; then ln -s "$made" .; fi; done

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "exec bin/application"]
ENV PORT="5000"
EXPOSE 5000
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
