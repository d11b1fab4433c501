# Half of flurry that lives on the host. All files of this folder are joined into one script.
#
# common.sh: places, words and small facts that the other files use. POSIX sh, and of programs only
# what every NixOS has: coreutils, util-linux (flock), sed, grep, systemd, nix.
#
# Exit codes: 14 left running, 15 kept with failed units, 16 the system refused, 30 still going,
# 64 usage, 65 bad plan or folder, 74 not whole in the store, 75 busy, 76 host changed,
# 77 undone or refused, 78 stuck, 79 no such run or word.

set -eu
umask 077
export LC_ALL=C
# Ways in that leave PATH bare still find the system's own programs, and Nix.
PATH=${PATH:-/usr/bin:/bin}:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

protocol=1
root=${FLURRY_ROOT-} # empty, but in tests
home=$root/nix/var/flurry
store=$root/nix/store
profile=$root/nix/var/nix/profiles/system
roots=$root/nix/var/nix/gcroots/flurry/runs
control=$root/etc/systemd/system.control
recover_unit=$control/flurry-recover.service
recover_want=$control/multi-user.target.wants/flurry-recover.service
switch_lock=$root/run/nixos/switch-to-configuration.lock

# --- words -----------------------------------------------------------------------------------

fail() { # CODE TEXT…
  failure=$1
  shift
  echo "$*" >&2
  exit "$failure"
}

emit() { # NAME VALUE: one line of an answer
  printf '%s %s\n' "$1" "$2"
}

plain() { # TEXT: one line of printable text, cut short; hostile input becomes harmless
  printf %s "$1" | tr -cd '[:print:]' | cut -c 1-400
}

is_path() { # TEXT: is it plainly a path in the store, and nothing else?
  case ${1#"$store"/} in
  "$1" | '' | .* | */.* | *[!A-Za-z0-9+._?=/-]*) return 1 ;;
  esac
}

# --- the run's folder: one fact a file --------------------------------------------------------

get() { # FACT: its line; nothing where there is none
  line_of "$dir/$1"
}

line_of() { # FILE: its first line
  read_line "$1"
  printf '%s\n' "$got"
}

read_fact() { # FACT: sets `got` to its line, for those who ask often: `$(get …)` is a process
  read_line "$dir/$1"
}

read_line() { # FILE: sets `got`
  got=
  [ ! -r "$1" ] || IFS= read -r got <"$1" || :
}

has() { # FACT
  [ -e "$dir/$1" ]
}

# Each whole or not at all, and on the disk before anybody acts on it; several cost one sync of the
# folder. A full disk costs the reserve first.
put() { # FACT VALUE…
  put_once "$@" 2>/dev/null || { rm -f "$dir/reserve" && put_once "$@"; }
}

put_once() {
  facts=
  while [ $# -gt 0 ]; do
    printf '%s\n' "$2" >"$dir/$1.new" || return 1
    facts="$facts $1"
    shift 2
  done
  for one_fact in $facts; do set -- "$@" "$dir/$one_fact.new"; done
  sync "$@" || return 1
  for one_fact in $facts; do
    mv -T "$dir/$one_fact.new" "$dir/$one_fact" || return 1
  done
  sync "$dir"
}

because() { # CAUSE TEXT: why this run goes back. The first reason stays.
  has because || put cause "$1" because "$2"
}

# --- the lock: held for milliseconds around each move -----------------------------------------

locked() {
  exec 9>>"$home/lock"
  flock -w 20 9 || fail 75 "the lock of this host is held"
}

unlocked() {
  exec 9>&-
}

move() { # FROM TO: from that phase only
  locked
  read_fact phase
  if [ "$got" = "$1" ] && put phase "$2"; then
    unlocked
    ring
  else
    unlocked
    return 1
  fi
}

# --- the bell: so that the guard need not look often ------------------------------------------

# Nothing depends on it: a bell that nobody hears costs the guard one nap. What is said by it is on
# the disk before.
ring() {
  [ ! -p "$root/run/flurry-$run.bell" ] || printf . 2>/dev/null 1<>"$root/run/flurry-$run.bell" || :
}

# --- facts of the host ------------------------------------------------------------------------

uptime() { # whole seconds; no clock on the wall can jump it
  read -r up _ <"$root/proc/uptime"
  echo "${up%%.*}"
}

boot_id() {
  line_of "$root/proc/sys/kernel/random/boot_id"
}

running() {
  readlink -f "$root/run/current-system" || echo none
}

booted() {
  readlink -f "$root/run/booted-system" || echo none
}

link() { # the profile's generation, as `system-41-link`
  readlink "$profile" || echo none
}

chosen() { # the system that the profile holds
  readlink -f "$profile" || echo none
}

active() { # UNIT: one at a time, since `is-active a b` is content if either is
  systemctl is-active --quiet "$1.service"
}

in_time() {
  [ "$(uptime)" -lt "$(get until)" ]
}

open_run() { # its name, or nothing
  opened=$(readlink "$home/open" 2>/dev/null) || opened=
  echo "${opened#runs/}"
}

log_file() { # the words of the activation: in /run, because a full disk must not end it
  if [ -e "$root/run/flurry-$run.log" ]; then echo "$root/run/flurry-$run.log"; else echo "$dir/log"; fi
}

home_trouble() { # what is wrong with our folder on this host, if anything
  [ ! -L "$home" ] || { echo "$home is a link" && return; }
  [ -e "$home" ] || return 0
  case $(stat -c %u%a%F "$home") in
  0700directory) ;;
  *) echo "$home should be a folder of root alone (0700)" ;;
  esac
}
