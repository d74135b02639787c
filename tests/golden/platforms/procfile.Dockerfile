# Made by beanstalk: the platform procfile on buildpack-deps:bookworm.
FROM buildpack-deps:bookworm

# who runs the application, and where
RUN { grep -q '^webapp:' /etc/passwd || echo 'webapp:x:900:900:webapp:/home/webapp:/bin/sh' >> /etc/passwd; } && { grep -q '^webapp:' /etc/group || echo 'webapp:x:900:' >> /etc/group; } && mkdir -p /var/app/current /var/app/build /opt/beanstalk/processes /home/webapp /opt/elasticbeanstalk/bin && chown webapp:webapp /var/app/current /home/webapp && ln -s /var/app/current /var/app/staging
# what tells scripts the settings, and what starts the processes and hands SIGTERM on to them
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/elasticbeanstalk/bin/get-config && chmod 755 /opt/elasticbeanstalk/bin/get-config", "sh", \
    "#!/bin/sh", \
    "# What Elastic Beanstalk's program of this name tells scripts on an instance.", \
    "#", \
    "#   get-config environment|container|addons|platformconfig [-k KEY] [--output JSON|YAML]", \
    "#   get-config optionsettings [-n NAMESPACE [-o OPTION]] [--output JSON|YAML]", \
    "#", \
    "# Names of properties are in $BEANSTALK_PROPERTIES, one a line. $BEANSTALK_OPTIONS has one option a line: namespace,", \
    "# name and value with tabs between, the value as a JSON string.", \
    "set -u", \
    "tab=$(printf '\\t')", \
    "quote='s/\\\\/\\\\\\\\/g; s/\"/\\\\\"/g; s/'$tab'/\\\\t/g; s/'$(printf '\\r')'/\\\\r/g'", \
    "", \
    "usage() {", \
    "    echo \"get-config: $1\" >&2", \
    "    exit 1", \
    "}", \
    "", \
    "# The text of standard input as a JSON string; a last end of line is none of it.", \
    "as_json() {", \
    "    sed -e ':again' -e '$!{N' -e 'b again' -e '}' -e \"$quote\" -e 's/\\n/\\\\n/g' -e 's/^/\"/' -e 's/$/\"/'", \
    "}", \
    "", \
    "# The value of the JSON string $1.", \
    "from_json() {", \
    "    text=${1#\\\"}", \
    "    printf '%b\\n' \"$(printf '%s\\n' \"${text%\\\"}\" | sed -e 's/\\\\\"/\"/g')\"", \
    "}", \
    "", \
    "# Lines NAME tab VALUE (a JSON string) as one document.", \
    "document() {", \
    "    if [ \"$output\" = YAML ]; then", \
    "        sed -e \"s/$tab/: /\"", \
    "    else", \
    "        sed -e 's/^\\([^'\"$tab\"']*\\)'\"$tab\"'\\(.*\\)$/\"\\1\":\\2/' | tr '\\n' ',' | sed -e 's/,$//' -e 's/^/{/' -e 's/$/}/'", \
    "        echo", \
    "    fi", \
    "}", \
    "", \
    "# One value of lines NAME tab VALUE, or all of them. $1: the name, \"\" for all.", \
    "show() {", \
    "    if [ -z \"$1\" ]; then", \
    "        document", \
    "        return", \
    "    fi", \
    "    while IFS= read -r line; do", \
    "        if [ \"${line%%\"$tab\"*}\" = \"$1\" ]; then", \
    "            from_json \"${line#*\"$tab\"}\"", \
    "            exit", \
    "        fi", \
    "    done", \
    "    usage \"there is no $1\"", \
    "}", \
    "", \
    "# Properties whose names begin with $1, as lines for `show`.", \
    "properties() {", \
    "    printf '%s\\n' \"${BEANSTALK_PROPERTIES-}\" | while IFS= read -r name; do", \
    "        case $name in", \
    "        '') ;;", \
    "        \"$1\"*) printf '%s\\t%s\\n' \"$name\" \"$(printenv \"$name\" | as_json)\" ;;", \
    "        esac", \
    "    done", \
    "}", \
    "", \
    "# Options of the namespace $1, as lines for `show`.", \
    "options() {", \
    "    printf '%s\\n' \"${BEANSTALK_OPTIONS-}\" | while IFS= read -r line; do", \
    "        [ \"${line%%\"$tab\"*}\" != \"$1\" ] || printf '%s\\n' \"${line#*\"$tab\"}\"", \
    "    done", \
    "}", \
    "", \
    "# All namespaces as one document of documents.", \
    "namespaces() {", \
    "    printf '%s\\n' \"${BEANSTALK_OPTIONS-}\" | cut -f 1 | uniq | while IFS= read -r each; do", \
    "        if [ -z \"$each\" ]; then", \
    "            continue", \
    "        elif [ \"$output\" = YAML ]; then", \
    "            echo \"$each:\"", \
    "            options \"$each\" | document | sed 's/^/  /'", \
    "        else", \
    "            printf '%s\\t%s\\n' \"$each\" \"$(options \"$each\" | document)\"", \
    "        fi", \
    "    done | if [ \"$output\" = YAML ]; then cat; else document; fi", \
    "}", \
    "", \
    "key= namespace= option= output=JSON what=", \
    "while [ $# -gt 0 ]; do", \
    "    case $1 in", \
    "    -k | --key | -n | --namespace | -o | --option-name | --output)", \
    "        [ $# -gt 1 ] || usage \"$1 needs a value\"", \
    "        case $1 in", \
    "        -k | --key) key=$2 ;;", \
    "        -n | --namespace) namespace=$2 ;;", \
    "        -o | --option-name) option=$2 ;;", \
    "        *) output=$2 ;;", \
    "        esac", \
    "        shift", \
    "        ;;", \
    "    -*) usage \"there is no option $1\" ;;", \
    "    *) what=$1 ;;", \
    "    esac", \
    "    shift", \
    "done", \
    "case $output in JSON | YAML) ;; *) usage \"the output is JSON or YAML\" ;; esac", \
    "", \
    "case $what in", \
    "environment) properties '' | show \"$key\" ;;", \
    "addons) properties RDS_ | show \"$key\" ;;", \
    "container)", \
    "    printf 'environment_name\\t\"%s\"\\ninstance_port\\t\"%s\"\\n' \\", \
    "        \"${BEANSTALK_ENVIRONMENT_NAME-}\" \"${PORT-}\" | show \"$key\"", \
    "    ;;", \
    "platformconfig)", \
    "    printf 'AppDeployDir\\t\"/var/app/current/\"\\nAppStagingDir\\t\"/var/app/staging/\"\\nProxyServer\\t\"none\"\\n' | show \"$key\"", \
    "    ;;", \
    "optionsettings)", \
    "    [ -z \"$option\" ] || [ -n \"$namespace\" ] || usage \"-o needs -n\"", \
    "    if [ -z \"$namespace\" ]; then", \
    "        namespaces", \
    "    else", \
    "        options \"$namespace\" | show \"$option\"", \
    "    fi", \
    "    ;;", \
    "'') usage \"what: environment, optionsettings, container, addons or platformconfig\" ;;", \
    "*) usage \"there is no $what\" ;;", \
    "esac"]
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/start && chmod 755 /opt/beanstalk/start", "sh", \
    "#!/bin/sh", \
    "# The first program of a container: starts every process of the folder `processes` beside it, one file each with a", \
    "# command line for sh. With arguments it is that program instead.", \
    "#", \
    "# SIGTERM goes on to all of them. A process other than `web` that ends is started again after a second. The container", \
    "# ends with `web` and with its exit code; what is left then gets SIGTERM, too.", \
    "set -u", \
    "[ $# = 0 ] || exec \"$@\"", \
    "processes=${0%/*}/processes", \
    "leaving=", \
    "children=", \
    "", \
    "# Waits until process $1 is gone, however often a signal interrupts that; its exit code is in $code.", \
    "await() {", \
    "    wait \"$1\"", \
    "    code=$?", \
    "    while kill -0 \"$1\" 2>/dev/null; do", \
    "        wait \"$1\"", \
    "        code=$?", \
    "    done", \
    "}", \
    "", \
    "# Keeps the process of the file $1 running until SIGTERM comes.", \
    "keep() {", \
    "    child=", \
    "    trap 'leaving=yes; [ -z \"$child\" ] || kill -TERM \"$child\" 2>/dev/null' TERM", \
    "    while [ -z \"$leaving\" ]; do", \
    "        /bin/sh \"$1\" &", \
    "        child=$!", \
    "        [ -z \"$leaving\" ] || kill -TERM \"$child\" 2>/dev/null", \
    "        await \"$child\"", \
    "        [ -n \"$leaving\" ] || echo \"${1##*/} ended with exit code $code and is started again\" >&2", \
    "        [ -n \"$leaving\" ] || {", \
    "            sleep 1 &", \
    "            child=$!", \
    "            await \"$child\"", \
    "        }", \
    "    done", \
    "}", \
    "", \
    "trap 'leaving=yes; kill -TERM $children 2>/dev/null' TERM INT", \
    "for file in \"$processes\"/*; do", \
    "    case ${file##*/} in", \
    "    web) continue ;;", \
    "    *) keep \"$file\" & ;;", \
    "    esac", \
    "    children=\"$children $!\"", \
    "done", \
    "/bin/sh \"$processes/web\" &", \
    "web=$!", \
    "children=\"$children $web\"", \
    "[ -z \"$leaving\" ] || kill -TERM $children 2>/dev/null", \
    "await \"$web\"", \
    "ended=$code", \
    "", \
    "# A shell that ran `web` may have left its program behind, so everybody is told.", \
    "trap '' TERM INT", \
    "kill -TERM $children 2>/dev/null", \
    "if [ $$ = 1 ]; then", \
    "    kill -TERM -1 2>/dev/null", \
    "    while kill -0 -1 2>/dev/null; do sleep 0.1 || sleep 1; done", \
    "else", \
    "    wait", \
    "fi", \
    "exit \"$ended\""]
# .ebextensions/01.config:1 command a
RUN cd / && echo hello > /etc/hello

# the application
WORKDIR /var/app/current
COPY --chown=webapp:webapp . /var/app/current/

# its processes
RUN ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > /opt/beanstalk/processes/web", "sh", \
    "exec python3 -u -m http.server --bind \"${ADDRESS:-127.0.0.1}\" \"$PORT\""]
ENV ADDRESS="0.0.0.0"
ENV PORT="5000"
EXPOSE 5000
STOPSIGNAL SIGTERM
USER webapp
ENTRYPOINT ["/opt/beanstalk/start"]
