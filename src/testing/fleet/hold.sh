#!/bin/sh
# Holds one fleet of test hosts, from its start to the sweeping after its end. Needs root.
#
#   hold.sh NAME LOADER DISK STAY HOST=ADDRESS… [-- FROM:TO…]
#
# DISK is the size of each host's disk, in memory, as `mount -o size=` takes it. FROM:TO are folders or
# files of this machine that every host sees, read-only. STAY yes: until TERM; no: until stdin closes
# as well, so a test that is killed takes its hosts along. Prints `ready` when the network is there;
# the hosts' power is off then.
#
# A fleet is one keeper in a pid, mount, network and ipc namespace of its own. When the keeper ends, for
# whatever reason, the kernel ends every process, mount and interface of it. What is left is a folder
# and empty cgroups: this program clears them, and where it is killed too, the next start does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sweep.sh"

name=$1 loader=$2 disk=$3 stay=$4
shift 4
run=$fleets/$name
die() { echo "fleet: $*" >&2; exit 1; }

image=$("$here/image.sh" "$loader")
exec 8<"$image/ready"
flock -s 8 # nobody tidies the image away under us

mkdir -p "$fleets"
chmod 711 "$fleets"
sweep_the_dead
mkdir -p "$run/hosts"
# Descriptor 9 goes along to everything of this fleet: the lock is held for as long as any of it lives.
exec 9>"$run/lock"
flock -n 9 || die "a fleet named $name is up already"

while [ $# -gt 0 ] && [ "$1" != -- ]; do
  mkdir -p "$run/hosts/${1%%=*}"
  echo "${1#*=}" > "$run/hosts/${1%%=*}/address"
  touch "$run/hosts/${1%%=*}/off"
  shift
done
[ $# = 0 ] || shift
for bind in "$@"; do echo "$bind"; done > "$run/binds"
raise_limits

# All hosts have one host key, known beforehand, so nobody need ask them for it.
ssh-keygen -q -t ed25519 -N '' -C fleet -f "$run/id"
ssh-keygen -q -t ed25519 -N '' -C host -f "$run/hostkey"

keeper=
trap '[ -z "$keeper" ] || kill -KILL "$keeper" 2>/dev/null' TERM INT HUP
# A background job of sh gets /dev/null as its stdin, unless it is told otherwise: hence 3.
exec 3<&0 </dev/null
unshare --fork --kill-child --pid --mount-proc --mount --net --ipc --propagation private \
  "$here/keeper.sh" "$run" "$image" "$disk" "$stay" <&3 3<&- 2>"$run/keeper.log" &
keeper=$!
exec 3<&-
echo "$keeper" > "$run/keeper"
echo $$ > "$run/holder"
exec >/dev/null 2>"$run/holder.log" # nobody may be there to read it when we are done

# `wait` also returns when a signal was handled; the keeper has ended when there is nobody to wait for.
while kill -0 "$keeper" 2>/dev/null; do wait "$keeper" || true; done
sweep "$name"
