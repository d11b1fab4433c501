# verbs.sh: what a controller may ask of an open run. Verbs only move the phase, under the lock, from
# a named phase to a named phase; the guard alone acts on it.

activate() { # RUN
  [ "$(get goal)" != boot ] || fail 77 "nothing is activated for goal boot"
  [ "$(get boot)" = "$(boot_id)" ] || fail 77 "this host has rebooted since it was armed"
  # Asked here, not by Requisite=, which starts the activation again when the guard restarts.
  active flurry-guard || fail 77 "nobody is on guard"
  [ "$(get phase)" = armed ] || fail 77 "this run is $(get phase): $(get because)"
  begun_at=$(uptime)
  put latest $((begun_at + $(get hard))) until $((begun_at + $(get silent))) began yes
  move armed activating || fail 77 "this run is $(get phase): $(get because)"
  systemd-run --quiet --collect --unit=flurry-activate --property=Type=exec --property=TimeoutStopSec=10 \
    --setenv=PATH="$(get path)" -- /bin/sh "$(get script)" activation "$1" || {
    because failed "the activation could not be started"
    move activating undoing || :
    fail 77 "the activation could not be started"
  }
}

challenge() { # the word, which is drawn when the activation is over; 30 after about four seconds without
  waited=0
  while read_fact phase; do
    case $got in armed | activating) ;; *) break ;; esac
    [ $waited -lt 80 ] || break
    sleep 0.05
    waited=$((waited + 1))
  done
  case $got in
  waiting) emit word "$(get challenge)" ;;
  armed | activating) exit 30 ;;
  *) fail 77 "this run is $got: $(get because)" ;;
  esac
}

confirm() { # RUN, the word on stdin; goal boot has none
  case $(get goal) in
  boot) expected=armed ;;
  *)
    expected=waiting
    word=
    read -r word || :
    [ -n "$word" ] && [ "$word" = "$(get challenge)" ] || fail 79 "that is not the word of this run"
    ;;
  esac
  if [ "$(get phase)" = $expected ]; then
    if ! in_time; then
      because unconfirmed "the confirmation came too late"
    elif ! still_ours; then
      :
    elif move $expected confirmed; then
      awake
      return 0
    fi
    move $expected undoing && awake || :
  fi
  case $(get phase) in
  confirmed | kept) ;; # said again after a lost answer
  *)
    [ "$(get cause)" != changed ] || fail 76 "$(get because)"
    fail 77 "this run is $(get phase): $(get because)"
    ;;
  esac
}

abort() { # RUN [WHY]
  for from_phase in armed activating waiting; do
    if [ "$(get phase)" = $from_phase ]; then
      because aborted "$(plain "${2:-asked to go back}")"
      if move $from_phase undoing; then
        awake
        return 0
      fi
    fi
  done
  case $(get phase) in
  undoing | undone | refused | left) ;;
  *) fail 77 "this run is $(get phase)" ;;
  esac
}

recover() { # of a boot-time unit, or of anyone who finds a stuck run
  if [ "$(get phase)" = stuck ]; then
    rm -f "$dir/settled" "$dir/tries"
    move stuck undoing
  fi
  awake
}

# --- long polls: none holds the channel for long -----------------------------------------------

follow() { # RUN PHASE OFFSET: what is new since; at most about two seconds
  case $3 in '' | *[!0-9]*) fail 64 "not an offset: $3" ;; esac
  waited=0
  heard=
  words=
  while [ $waited -lt 36 ] && read_fact phase && [ "$got" = "$2" ]; do
    listen "$3"
    if [ -n "$heard" ]; then waited=$((waited > 34 ? waited : 34)); fi # what follows at once comes along
    sleep 0.05
    waited=$((waited + 1))
  done
  tell_phase
  tell_log "$3"
}

listen() { # OFFSET: sets `heard` once there is a whole line after it, without starting a process
  if [ -z "$words" ]; then
    [ -e "$(log_file)" ] || return 0
    words=$(log_file)
    exec 3<"$words"
    [ "$1" = 0 ] || head -c "$1" <&3 >/dev/null
  fi
  [ -n "$heard" ] || ! IFS= read -r heard_line <&3 || heard=yes
}

tell_phase() {
  current=$(get phase)
  emit phase "$current"
  ! has because || emit because "$(get because)"
  case $current in
  armed | activating | waiting)
    emit remaining $(($(get until) - $(uptime)))
    [ "$current" != activating ] || emit limit $(($(get latest) - $(uptime)))
    ;;
  esac
}

tell_log() { # OFFSET: whole lines from there, at most 16 KiB; the line `log` says where to go on
  words=$(log_file)
  [ -e "$words" ] || { emit log "$1" && return; }
  # One byte is one byte here: the locale is C, and NUL, which a shell cannot hold, is replaced.
  part=$(tail -c +$(($1 + 1)) "$words" | head -c 16384 | tr '\0' '?' && echo .)
  part=${part%.}
  case $part in
  *"$newline"*) part=${part%"$newline"*}$newline ;;
  *) [ ${#part} -ge 16384 ] || has settled || part= ;; # a line without an end
  esac
  emit log $(($1 + ${#part}))
  printf %s "$part"
}

newline='
'

outcome() { # RUN: how it ended; 30 while it has not, after at most about five seconds
  waited=0
  until is_settled; do
    [ $waited -lt 80 ] || { tell_phase && exit 30; }
    waited=$((waited + 1))
    [ $((waited % 16)) -gt 0 ] || awake || :
    sleep 0.05
  done
  emit settled yes
  tell_phase
  for fact in cause code goal; do
    ! has $fact || emit $fact "$(get $fact)"
  done
  emit profile "$(link)"
  tell_units
  [ ! -e "$dir/refusal" ] || sed 's/^/refusal /' "$dir/refusal"
  case $(get phase) in
  kept) [ -z "$(get noted)$of_users" ] || exit 15 ;;
  undone) exit 77 ;;
  refused) if [ "$(get cause)" = busy ]; then exit 75; else exit 16; fi ;;
  left) exit 14 ;;
  *) exit 78 ;;
  esac
}

tell_units() {
  for one in $(get worse); do emit failed "undo $one"; done
  for one in $(get noted); do emit failed "warn $one"; done
  [ ! -e "$dir/evidence" ] || sed 's/^/said /' "$dir/evidence"
  of_users=$(user_failures)
  [ -z "$of_users" ] || printf '%s\n' "$of_users" | sed 's/^/user-failed /'
}
