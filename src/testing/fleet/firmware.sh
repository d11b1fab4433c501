#!/bin/sh
# The machine of one test host: its disk, and what stands in for its firmware. For ever: reads the
# boot loader's files, starts what they say, and starts again when that reboots.
#
#   firmware.sh RUN HOST IMAGE DISK
#
# The file RUN/hosts/HOST/off is the power switch. Where RUN/hosts/HOST/system names a store path of this
# machine at the first start, that is the host's generation 1 in place of the image's own.
set -eu
run=$1 host=$2 image=$3 disk=$4
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sweep.sh"
folder=$run/hosts/$host
root=$folder/root
say() { echo "fleet: $host $*"; }

# A tmpfs over the shared image: it outlives reboots and power cuts, and goes with the fleet.
make_disk() {
  mkdir -p "$folder/disk" "$root"
  mount -t tmpfs -o "size=$disk,mode=755" "$host" "$folder/disk"
  mkdir "$folder/disk/upper" "$folder/disk/work"
  mount -t overlay "$host" "$root" \
    -o "lowerdir=$image/root,upperdir=$folder/disk/upper,workdir=$folder/disk/work"
}

# What a machine does not share with the others.
make_identity() {
  install -m 600 "$run/id.pub" "$root/root/.ssh/authorized_keys"
  for user in deployer pwuser; do
    keys=$root/home/$user/.ssh/authorized_keys
    install -m 600 "$run/id.pub" "$keys"
    chown --reference="$root/home/$user" "$keys"
  done
  install -m 600 "$run/hostkey" "$root/etc/ssh/ssh_host_ed25519_key"
  install -m 644 "$run/hostkey.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
  echo "$host" > "$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$host" > "$root/etc/hosts"
  echo "$(cat "$folder/address")/16" > "$root/etc/fleet/address"
  echo "$host" | md5sum | cut -c1-32 > "$root/etc/machine-id"
}

# Nix in there needs /proc and /dev; a mount namespace of its own takes both away again.
install_system() {
  [ -e "$folder/system" ] || return 0
  system=$(cat "$folder/system")
  nix-store --export $(nix-store -qR "$system") | unshare --mount --propagation private sh -euc '
    mount --rbind /dev "$1/dev"
    mount -t proc proc "$1/proc"
    rm -f "$1"/nix/var/nix/profiles/system*
    on_disk() { env -i PATH=/usr/sbin:/usr/bin HOME=/root NIXOS_NO_SYNC=1 chroot "$@"; }
    on_disk "$1" nix-store --import >/dev/null
    on_disk "$1" nix-env -p /nix/var/nix/profiles/system --set "$2"
    on_disk "$1" "$2/bin/switch-to-configuration" boot
    rm -rf "$1/run/nixos"' - "$root" "$system"
  rm "$folder/system"
}

# What the boot loader would start: `…/init`, or nothing.
boot_choice() {
  if [ -e "$root/boot/loader/loader.conf" ]; then
    systemd_boot_choice
  elif [ -e "$root/boot/grub/grub.cfg" ]; then
    grub_choice
  fi
}
# The one-shot entry once, else what loader.conf prefers, else its default, else the newest entry.
systemd_boot_choice() {
  loader=$root/boot/loader
  entry=
  if [ -e "$loader/oneshot" ]; then
    entry=$(cat "$loader/oneshot")
    rm -f "$loader/oneshot"
  fi
  for line in preferred default; do
    is_entry || entry=$(entry_called "$(sed -n "s/^$line  *//p" "$loader/loader.conf")")
  done
  is_entry || entry=$(ls "$loader/entries" | sort -V | tail -1)
  if is_entry; then sed -n 's/^options init=\([^ ]*\).*/\1/p' "$loader/entries/$entry"; fi
}
is_entry() { [ -n "$entry" ] && [ -e "$loader/entries/$entry" ]; }
# Names may be globs, and files may carry a boot counter (`+3`, `+2-1`).
entry_called() { # NAME
  [ -n "$1" ] || return 0
  (cd "$loader/entries" && ls -d ${1%.conf}.conf ${1%.conf}+*.conf 2>/dev/null | sort -V | tail -1)
}
# The entry that `set default=N` counts, in the menu's own order.
grub_choice() {
  awk '
    /^set default=/ { gsub(/[^0-9]/, ""); wanted = $0 + 0 }
    /^(menuentry|submenu)/ { number = entries++ }
    / linux / && number == wanted {
      for (i = 1; i <= NF; i++) if (sub(/^init=/, "", $i)) { print $i; exit }
    }' "$root/boot/grub/grub.cfg"
}

fleet_group=flurry-fleet.$(basename "$run")
# On cgroup v2 a limit can be set only where the controllers were handed down.
make_groups() {
  for tree in $(cgroup_trees); do
    mkdir -p "$tree/$fleet_group/$host"
    for parent in "$tree" "$tree/$fleet_group"; do
      { echo '+cpu +memory' > "$parent/cgroup.subtree_control"; } 2>/dev/null || true
    done
  done
}
join_groups() { # in the host's own process
  for tree in $(cgroup_trees); do echo 0 > "$tree/$fleet_group/$host/cgroup.procs"; done
}

# --keep-unit: nspawn makes no unit and no reboot of its own; its code 133 asks us for one.
# The signal makes systemd shut down in order. The host gets none of our descriptors (locks).
start() { # INIT
  set -- -- "$1"
  while read -r bind; do set -- --bind-ro="$bind" "$@"; done < "$run/binds"
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0 exec systemd-nspawn --quiet \
    --keep-unit --register=no --link-journal=no --resolv-conf=off --timezone=off \
    --machine="$host" --directory="$root" --network-bridge=br0 --console=pipe \
    --kill-signal=SIGRTMIN+3 "$@" 8<&- 9<&-
}

make_disk
make_identity
make_groups
while :; do
  while [ -e "$folder/off" ]; do sleep 0.05; done
  install_system
  init=$(boot_choice)
  if [ -z "$init" ]; then
    say "has no bootable system"
    touch "$folder/off"
    continue
  fi
  say "boots $init"
  code=0
  (join_groups && start "$init") || code=$?
  say "ended with $code"
  case $code in
    133) ;;                   # it wants to be started again
    0) touch "$folder/off" ;; # it has powered itself off
    *) [ -e "$folder/off" ] || sleep 0.5 ;;
  esac
done
