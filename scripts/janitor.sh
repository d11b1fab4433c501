#!/bin/sh
# Clears up after tests, whatever ended them.
#
#   janitor.sh wait FOLDER    reads process groups from stdin, a line each, 0 for none; when stdin closes,
#                             ends the last one and all that the tests started, and removes FOLDER
#   janitor.sh left FOLDER    waits up to 5 s, and prints what is left of what the tests started
#
# What the tests started has FLURRY_TEST_RUN=FOLDER in its environment.
folder=$2

marked() {
  grep -slzFx "FLURRY_TEST_RUN=$folder" /proc/[0-9]*/environ | while read -r file; do
    process=${file#/proc/}
    process=${process%/environ}
    words=$(tr '\0' ' ' 2>/dev/null < "/proc/$process/cmdline")
    [ -z "$words" ] || echo "$process $words"
  done 2>/dev/null
}

# Until nothing is left, or for so many seconds.
await_nothing() { # SECONDS
  tries=$(($1 * 5))
  while [ $tries -gt 0 ] && [ -n "$(marked)" ]; do
    sleep 0.2
    tries=$((tries - 1))
  done
}

# A fleet is ended by asking its holder, which then clears up; its hosts have nothing to be asked.
end_marked() {
  marked | while read -r process words; do
    case $words in
      *src/testing/fleet/hold.sh*) kill -TERM "$process" ;;
      *src/testing/fleet/*) ;;
      *) kill -KILL "$process" ;;
    esac
  done 2>/dev/null
}

case $1 in
  left)
    await_nothing 5
    marked
    ;;
  wait)
    trap '' INT TERM HUP
    group=0
    while read -r line; do group=$line; done
    if [ "$group" != 0 ]; then
      kill -TERM "-$group" 2>/dev/null
      await_nothing 3
    fi
    end_marked
    await_nothing 10
    rm -rf "$folder"
    ;;
esac
