# lease.sh: the time before arming. Who prepares a change of this host, and the roots of what is copied.

holder() { # sets `lease_run`, `lease_left` and `lease_owner`; 1 if nobody has this host
  lease_run=
  read -r lease_run lease_until lease_boot lease_owner 2>/dev/null <"$home/lease" || [ -n "$lease_run" ] || return 1
  [ "$lease_boot" = "$(boot_id)" ] || return 1
  lease_left=$((lease_until - $(uptime)))
  [ "$lease_left" -gt 0 ]
}

take() { # RUN OWNER SECONDS
  case $3 in '' | *[!0-9]* | ??????*) fail 64 "not a number of seconds: $3" ;; esac
  mkdir -p "$home/runs" "$roots"
  dir=$home
  locked
  if holder && [ "$lease_run" != "$1" ]; then
    fail 75 "$lease_owner has this host, for $lease_left s more (run $lease_run)"
  fi
  opened=$(open_run)
  if [ -n "$opened" ] && [ "$opened" != "$1" ]; then
    fail 75 "$(line_of "$home/open/owner") has this host: run $opened is $(line_of "$home/open/phase")"
  fi
  put lease "$1 $(($(uptime) + $3)) $(boot_id) $(printf %s "$2" | tr -cd '[:alnum:]@._ (),:+-' | cut -c 1-200)"
  drop_roots_but "$1" "$opened"
  unlocked
}

drop_roots_but() { # RUNS: the roots of all others are of runs that died
  for gc_root in "$roots"/*; do
    case ${gc_root##*/} in
    "$1"-* | "${2:-$1}"-*) ;;
    *) [ ! -L "$gc_root" ] || rm -f "$gc_root" ;;
    esac
  done
}

renew() { # RUN SECONDS
  case $2 in '' | *[!0-9]* | ??????*) fail 64 "not a number of seconds: $2" ;; esac
  dir=$home
  locked
  ours "$1" || fail 75 "this run has lost the lease"
  read -r _ _ _ lease_owner <"$home/lease"
  put lease "$1 $(($(uptime) + $2)) $(boot_id) $lease_owner"
  unlocked
}

ours() { # RUN: is the lease of this run, even if it has run out? Nobody took it since.
  grep -q -s "^$1 " "$home/lease"
}

release() { # RUN
  [ "$(open_run)" != "$1" ] || fail 75 "this run is open: abort it"
  [ -d "$home" ] || return 0
  end_chores "$1"
  locked
  drop_lease "$1"
  unlocked
}

end_chores() { # RUN: nobody waits any more for what it had begun, such as a rehearsal
  for place in "$root/run/flurry-$1"-*; do
    [ -d "$place" ] || continue
    systemctl stop "flurry-${place##*-}-$1.service" 2>/dev/null || :
    rm -rf "$place"
  done
}

drop_lease() { # RUN
  if ours "$1"; then rm -f "$home/lease"; fi
  rm -f "$roots/$1"-*
}

# A link to a path that is not there yet is already a root: no collector fits between copy and root.
hold() { # RUN NAME PATH
  is_path "$3" || fail 65 "not a store path: $3"
  [ -d "$roots" ] || mkdir -p "$roots"
  ln -sfn "$3" "$roots/$1-$2"
}

root() { # RUN PATH
  ours "$1" || fail 75 "this run does not have the lease"
  hold "$1" to "$2"
}
