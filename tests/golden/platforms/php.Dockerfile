# Made by beanstalk: the platform php on php:8.4-apache-bookworm (nobody asked for another one).
FROM php:8.4-apache-bookworm

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
# ... /opt/elasticbeanstalk/bin/get-config, see procfile.Dockerfile
# ... /opt/beanstalk/start, see procfile.Dockerfile
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# Apache with PHP, as Elastic Beanstalk's options want it
RUN a2enmod rewrite headers
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/apache.conf", "sh", \
    "# Apache as one user, in the foreground, with the modules that the image has.", \
    "ServerRoot \"/etc/apache2\"", \
    "ServerName localhost", \
    "Listen ${PORT}", \
    "PidFile \"/tmp/apache2.pid\"", \
    "Mutex file:/tmp default", \
    "IncludeOptional mods-enabled/*.load", \
    "IncludeOptional mods-enabled/*.conf", \
    "", \
    "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined", \
    "ErrorLog \"/proc/self/fd/2\"", \
    "CustomLog \"/proc/self/fd/1\" combined", \
    "", \
    "DocumentRoot \"${APACHE_DOCUMENT_ROOT}\"", \
    "DirectoryIndex index.php index.html", \
    "<Directory \"/\">", \
    "    Require all denied", \
    "</Directory>", \
    "<Directory \"/var/app/current\">", \
    "    AllowOverride All", \
    "    Options FollowSymLinks", \
    "    Require all granted", \
    "</Directory>", \
    "<DirectoryMatch \"/\\.\">", \
    "    Require all denied", \
    "</DirectoryMatch>", \
    "<FilesMatch \"^\\.|^(?:Procfile|Buildfile|composer\\.(?:json|lock))$\">", \
    "    Require all denied", \
    "</FilesMatch>", \
    "<FilesMatch \"\\.php$\">", \
    "    SetHandler application/x-httpd-php", \
    "</FilesMatch>"]
RUN mkdir -p /opt/beanstalk/php && printf '%s = "%s"\n' memory_limit 256M zlib.output_compression Off allow_url_fopen On display_errors Off max_execution_time 60 > /opt/beanstalk/php/beanstalk.ini

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "APACHE_DOCUMENT_ROOT=/var/app/current/; export APACHE_DOCUMENT_ROOT", \
    "trap 'kill -WINCH \"$web\"' TERM", \
    "apache2 -DFOREGROUND -f /opt/beanstalk/apache.conf & web=$!", \
    "wait \"$web\"; code=$?", \
    "while kill -0 \"$web\" 2>/dev/null; do wait \"$web\"; code=$?; done", \
    "exit \"$code\"", \
    ""]
ENV PHP_INI_SCAN_DIR=":/opt/beanstalk/php"
ENV PORT="8080"
EXPOSE 8080
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
