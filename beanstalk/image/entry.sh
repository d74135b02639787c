#!/bin/sh
# The first program of a container on AWS: runs what the bundle wants to have run beside its application, then becomes
# what the image would have run. With BEANSTALK_SCRIPTS=none it does that at once.
set -u
only=
[ "${BEANSTALK_SCRIPTS-}" != none ] || only=yes
# On Elastic Beanstalk's instances sh is bash, and command lines count on that.
shell=/bin/sh
[ ! -x /bin/bash ] || shell=/bin/bash

note() {
    echo "beanstalk: $*" >&2
}

# attempt WHAT IGNORED FOLDER TEST PROGRAM...: runs one script; ends everything when it fails, unless that is ignored.
attempt() {
    what=$1 ignored=$2 folder=$3 test=$4
    shift 4
    (
        cd "$folder" || exit 126
        if [ -n "$test" ] && ! "$shell" -c "$test"; then
            note "$what is not run: its test says no"
            exit 0
        fi
        note "$what"
        "$@"
    )
    code=$?
    [ $code != 0 ] || return 0
    note "$what exited with $code"
    [ -n "$ignored" ] || exit $code
}

# await_port PORT: until something listens there.
await_port() {
    port=$(printf %04X "$1")
    until grep -q ":$port [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; do sleep 1; done
}
