#!/bin/sh
# The first program of a container: starts every process of the folder `processes` beside it, one file each with a
# command line for sh. With arguments it is that program instead.
#
# SIGTERM goes on to all of them. A process other than `web` that ends is started again after a second. The container
# ends with `web` and with its exit code; what is left then gets SIGTERM, too.
set -u
[ $# = 0 ] || exec "$@"
processes=${0%/*}/processes
leaving=
children=

# Waits until process $1 is gone, however often a signal interrupts that; its exit code is in $code.
await() {
    wait "$1"
    code=$?
    while kill -0 "$1" 2>/dev/null; do
        wait "$1"
        code=$?
    done
}

# Keeps the process of the file $1 running until SIGTERM comes.
keep() {
    child=
    trap 'leaving=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
    while [ -z "$leaving" ]; do
        /bin/sh "$1" &
        child=$!
        [ -z "$leaving" ] || kill -TERM "$child" 2>/dev/null
        await "$child"
        [ -n "$leaving" ] || echo "${1##*/} ended with exit code $code and is started again" >&2
        [ -n "$leaving" ] || {
            sleep 1 &
            child=$!
            await "$child"
        }
    done
}

trap 'leaving=yes; kill -TERM $children 2>/dev/null' TERM INT
for file in "$processes"/*; do
    case ${file##*/} in
    web) continue ;;
    *) keep "$file" & ;;
    esac
    children="$children $!"
done
/bin/sh "$processes/web" &
web=$!
children="$children $web"
[ -z "$leaving" ] || kill -TERM $children 2>/dev/null
await "$web"
ended=$code

# A shell that ran `web` may have left its program behind, so everybody is told.
trap '' TERM INT
kill -TERM $children 2>/dev/null
if [ $$ = 1 ]; then
    kill -TERM -1 2>/dev/null
    while kill -0 -1 2>/dev/null; do sleep 0.1 || sleep 1; done
else
    wait
fi
exit "$ended"
