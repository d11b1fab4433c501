#!/bin/sh
# Process 1 of a fleet's namespaces: makes the network, starts the hosts, and ends when it is told to.
#
#   keeper.sh RUN IMAGE DISK STAY     as hold.sh says; stdin: what closes when nobody wants the fleet
set -eu
run=$1 image=$2 disk=$3 stay=$4
here=$(cd "$(dirname "$0")" && pwd)

# nspawn keeps its locks and sockets here; other fleets must not meet ours.
mkdir -p /run/systemd/nspawn
mount -t tmpfs fleet /run/systemd/nspawn

# One bridge and no way out. A bridge takes 1,024 hosts at most.
ip link set lo up
ip link add br0 type bridge
ip address add 10.77.0.1/16 dev br0
ip link set br0 up

for folder in "$run"/hosts/*/; do
  "$here/firmware.sh" "$run" "$(basename "$folder")" "$image" "$disk" </dev/null >>"$folder/console.log" 2>&1 &
done
echo ready
exec >/dev/null

if [ "$stay" = yes ]; then
  # Process 1 has no default actions: it ends by TERM only because it says so.
  trap 'exit 0' TERM
  while :; do
    sleep 3600 &
    wait $! || true
  done
fi
cat
