# The smallest web server there is: the one of busybox.
FROM busybox:stable-musl
COPY index.html /srv/
EXPOSE 8080
USER nobody
CMD ["httpd", "-f", "-p", "8080", "-h", "/srv"]
