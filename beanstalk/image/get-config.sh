#!/bin/sh
# What Elastic Beanstalk's program of this name tells scripts on an instance.
#
#   get-config environment|container|addons|platformconfig [-k KEY] [--output JSON|YAML]
#   get-config optionsettings [-n NAMESPACE [-o OPTION]] [--output JSON|YAML]
#
# Names of properties are in $BEANSTALK_PROPERTIES, one a line. $BEANSTALK_OPTIONS has one option a line: namespace,
# name and value with tabs between, the value as a JSON string.
set -u
tab=$(printf '\t')
quote='s/\\/\\\\/g; s/"/\\"/g; s/'$tab'/\\t/g; s/'$(printf '\r')'/\\r/g'

usage() {
    echo "get-config: $1" >&2
    exit 1
}

# The text of standard input as a JSON string; a last end of line is none of it.
as_json() {
    sed -e ':again' -e '$!{N' -e 'b again' -e '}' -e "$quote" -e 's/\n/\\n/g' -e 's/^/"/' -e 's/$/"/'
}

# The value of the JSON string $1.
from_json() {
    text=${1#\"}
    printf '%b\n' "$(printf '%s\n' "${text%\"}" | sed -e 's/\\"/"/g')"
}

# Lines NAME tab VALUE (a JSON string) as one document.
document() {
    if [ "$output" = YAML ]; then
        sed -e "s/$tab/: /"
    else
        sed -e 's/^\([^'"$tab"']*\)'"$tab"'\(.*\)$/"\1":\2/' | tr '\n' ',' | sed -e 's/,$//' -e 's/^/{/' -e 's/$/}/'
        echo
    fi
}

# One value of lines NAME tab VALUE, or all of them. $1: the name, "" for all.
show() {
    if [ -z "$1" ]; then
        document
        return
    fi
    while IFS= read -r line; do
        if [ "${line%%"$tab"*}" = "$1" ]; then
            from_json "${line#*"$tab"}"
            exit
        fi
    done
    usage "there is no $1"
}

# Properties whose names begin with $1, as lines for `show`.
properties() {
    printf '%s\n' "${BEANSTALK_PROPERTIES-}" | while IFS= read -r name; do
        case $name in
        '') ;;
        "$1"*) printf '%s\t%s\n' "$name" "$(printenv "$name" | as_json)" ;;
        esac
    done
}

# Options of the namespace $1, as lines for `show`.
options() {
    printf '%s\n' "${BEANSTALK_OPTIONS-}" | while IFS= read -r line; do
        [ "${line%%"$tab"*}" != "$1" ] || printf '%s\n' "${line#*"$tab"}"
    done
}

# All namespaces as one document of documents.
namespaces() {
    printf '%s\n' "${BEANSTALK_OPTIONS-}" | cut -f 1 | uniq | while IFS= read -r each; do
        if [ -z "$each" ]; then
            continue
        elif [ "$output" = YAML ]; then
            echo "$each:"
            options "$each" | document | sed 's/^/  /'
        else
            printf '%s\t%s\n' "$each" "$(options "$each" | document)"
        fi
    done | if [ "$output" = YAML ]; then cat; else document; fi
}

key= namespace= option= output=JSON what=
while [ $# -gt 0 ]; do
    case $1 in
    -k | --key | -n | --namespace | -o | --option-name | --output)
        [ $# -gt 1 ] || usage "$1 needs a value"
        case $1 in
        -k | --key) key=$2 ;;
        -n | --namespace) namespace=$2 ;;
        -o | --option-name) option=$2 ;;
        *) output=$2 ;;
        esac
        shift
        ;;
    -*) usage "there is no option $1" ;;
    *) what=$1 ;;
    esac
    shift
done
case $output in JSON | YAML) ;; *) usage "the output is JSON or YAML" ;; esac

case $what in
environment) properties '' | show "$key" ;;
addons) properties RDS_ | show "$key" ;;
container)
    printf 'environment_name\t"%s"\ninstance_port\t"%s"\n' \
        "${BEANSTALK_ENVIRONMENT_NAME-}" "${PORT-}" | show "$key"
    ;;
platformconfig)
    printf 'AppDeployDir\t"/var/app/current/"\nAppStagingDir\t"/var/app/staging/"\nProxyServer\t"none"\n' | show "$key"
    ;;
optionsettings)
    [ -z "$option" ] || [ -n "$namespace" ] || usage "-o needs -n"
    if [ -z "$namespace" ]; then
        namespaces
    else
        options "$namespace" | show "$option"
    fi
    ;;
'') usage "what: environment, optionsettings, container, addons or platformconfig" ;;
*) usage "there is no $what" ;;
esac
