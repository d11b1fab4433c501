# chores.sh: work on a host that is no activation. What takes long runs in a unit of its own, and is
# asked for again and again: exit 30 means that it is still going.

chore() { # RUN NAME LIMIT COMMAND…: prints its words, then `code N`
  chore_name=$2
  place=$root/run/flurry-$1-$2
  if mkdir "$place" 2>/dev/null; then
    limit=$3
    shift 3
    echo $(($(uptime) + limit + 30)) >"$place/until"
    systemd-run --quiet --collect --unit="flurry-$chore_name-$run" --property=Type=exec \
      --property=RuntimeMaxSec="$limit" --property=TimeoutStopSec=10 --setenv=PATH="$PATH" -- \
      /bin/sh "$0" work "$run" "$chore_name" "$@" || { rm -rf "$place" && fail 70 "the work could not be started"; }
  fi
  wait_for_work || exit 30
  tail -c 60000 "$place/log" 2>/dev/null || :
  echo
  emit code "$(cat "$place/code" 2>/dev/null || echo 124)"
  rm -rf "$place"
}

wait_for_work() { # 1 if it goes on after about four seconds, and is within its time
  # Until it has begun nobody may touch its lock, which is free once it has ended, however that was.
  waited=0
  until [ -e "$place/begun" ] || is_late; do
    [ $waited -lt 80 ] || return 1
    waited=$((waited + 1))
    sleep 0.05
  done
  flock -w 4 5 2>/dev/null 5>>"$place/alive" || is_late
}

is_late() {
  read_line "$place/until" # nothing, where another who waited has taken the result
  [ "$(uptime)" -ge "${got:-0}" ]
}

work() { # RUN NAME COMMAND…: in its unit
  place=$root/run/flurry-$1-$2
  shift 2
  exec 8>"$place/alive"
  flock -n 8 || exit 0
  touch "$place/begun" # only now: who asks before must not take our lock for a dead one's
  worked=0
  "$@" >"$place/log" 2>&1 </dev/null 8>&- || worked=$?
  echo $worked >"$place/code.new"
  mv "$place/code.new" "$place/code"
}

rehearse() { # RUN SYSTEM: may it be switched to, and what would that do?
  is_path "$2" || fail 65 "not a store path: $2"
  [ -x "$2/bin/switch-to-configuration" ] || fail 65 "not a system: $2"
  chore "$1" rehearsal 120 /bin/sh "$0" rehearsal "$1" "$2"
}

rehearsal() { # RUN SYSTEM: newer systems have an action for the first question
  program=$2/bin/switch-to-configuration
  if grep -a -q -s 'PRE_SWITCH_CHECK\||check' "$program"; then
    "$program" check || refusal=$?
    # Older programs print how they are used, and end with 1.
    [ "${refusal-0}" = 0 ] || grep -q '^Usage' "$root/run/flurry-$1-rehearsal/log" || return $refusal
  fi
  "$program" dry-activate
}

verify() { # RUN, paths on stdin: are their contents what they were built as?
  suspects=$root/run/flurry-$1-suspects
  while read -r suspect; do
    is_path "$suspect" || fail 65 "not a store path: $suspect"
    echo "$suspect"
  done >"$suspects"
  chore "$1" verification 1800 /bin/sh "$0" inspect "$1" "$suspects"
  rm -f "$suspects"
}

inspect() { # RUN FILE
  nix-store --verify-path $(cat "$2")
}

import() { # RUN, an export on stdin: a channel of its own
  ours "$1" || fail 75 "this run does not have the lease"
  nix-store --import
}

# --- what came from where --------------------------------------------------------------------

record() { # RUN SYSTEM REVISION DIRTY OWNER: for a host on which nothing else changes
  is_path "$2" || fail 65 "not a store path: $2"
  case $3 in *[!A-Za-z0-9._/-]*) fail 65 "not a revision: $3" ;; esac
  note_revision "$2" "$3" "$4" "$(plain "$5")" "$1"
}

note_revision() { # SYSTEM REVISION DIRTY BY RUN: beside the system, never inside it
  [ -n "$2" ] || return 0 # a rollback knows of none, and what was noted before still holds
  mkdir -p "$home/systems"
  note=$home/systems/${1##*/}
  printf '%s\n' "revision $2" "dirty $3" "at $(date +%s)" "by $4" "run $5" >"$note.new"
  sync "$note.new"
  mv -T "$note.new" "$note"
  for note in "$home"/systems/*; do # of systems that were collected
    [ -e "$store/${note##*/}" ] || rm -f "$note"
  done
}

runs() { # what was done here by flurry: facts of each run, as grep says them
  [ -d "$home/runs" ] || return 0
  for fact in phase cause because owner reason goal from to as at revision dirty code noted worse; do
    grep -s -H . "$home"/runs/*/$fact /dev/null | sed 's/^/run /' || :
  done
  opened=$(open_run)
  [ -z "$opened" ] || emit open "$opened"
}

# --- tidying, rebooting ----------------------------------------------------------------------

collect() { # RUN KEEP SINCE: generations, then what nothing needs any more
  ours "$1" || fail 75 "this run does not have the lease"
  [ -z "$(open_run)" ] || fail 75 "run $(open_run) is open"
  case $2$3 in *[!0-9]* | '') fail 64 "not a number: $2 $3" ;; esac
  chore "$1" collection 7200 /bin/sh "$0" tidy "$1" "$2" "$3"
}

# A generation goes if it is neither among the newest KEEP nor younger than SINCE seconds (if that is
# not 0), and is not what runs, was booted, boots next or stands in the profile.
tidy() { # RUN KEEP SINCE
  used="$(running) $(booted) $(default) $(chosen)"
  clock=$(date +%s)
  nth=0
  drop=
  for number in $(ls -d "$profile"-*-link | sed 's/.*-\([0-9]*\)-link$/\1/' | sort -rn); do
    nth=$((nth + 1))
    [ $nth -gt "$2" ] || continue
    made=$(stat -c %Y "$profile-$number-link")
    [ "$3" = 0 ] || [ $((clock - made)) -gt "$3" ] || continue
    case " $used " in
    *" $(readlink -f "$profile-$number-link") "*) ;;
    *) drop="$drop $number" ;;
    esac
  done
  if [ -n "$drop" ]; then
    nix-env --profile "$profile" --delete-generations $drop
    for number in $drop; do emit dropped "$number"; done
    # The loader's menu still lists them; writing it anew changes no default.
    if [ "$(default)" = "$(chosen)" ]; then "$(chosen)/bin/switch-to-configuration" boot; fi
  fi
  nix-store --gc 2>&1 | tail -n 1
}

reboot() { # a second from now, so that the answer arrives
  [ -z "$(open_run)" ] || fail 75 "run $(open_run) is open"
  emit boot "$(boot_id)"
  systemd-run --quiet --collect --unit=flurry-reboot --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot
}
