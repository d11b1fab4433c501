#!/bin/sh
# Makes, once, and prints the folder of the disk image that test hosts start from:
# Debian with systemd, sshd and Nix, and on it generation 1 of a NixOS-like system.
#
#   image.sh LOADER              LOADER: systemd-boot or grub
#
# Two layers are kept in the cache. The Debian half takes a minute and changes with the list of
# packages only; the other takes seconds and changes with the text of every file it is made from.
set -eu
loader=$1

here=$(cd "$(dirname "$0")" && pwd)
nixpkgs=$(cd "$here/../nixpkgs" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/flurry/fleet
suite=bookworm
packages=systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,sudo,opendoas,nix-bin,git,age,fish,tcsh

short_hash() { sha256sum | cut -c1-12; }

base=$cache/debian-$suite-$(echo "$packages $(uname -m)" | short_hash).tar
parts=$(echo "$nixpkgs"/system.nix "$nixpkgs"/*.sh)
key=$({ echo "$base"; cat "$here/image.sh" "$here/bootctl.sh" "$here/prepare-image.sh" $parts; } | short_hash)
image=$cache/image-$loader-$key

make_base() {
  echo "fleet: making the Debian image, once ($packages)" >&2
  mmdebstrap --quiet --format=tar --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    "$suite" "$base.part" >&2
  mv "$base.part" "$base"
}

make_image() {
  part=$image.part
  rm -rf "$part"
  mkdir -p "$part/root"
  tar -C "$part/root" --exclude='./dev/*' -xf "$base"
  mkdir "$part/root/fleet"
  cp "$here/bootctl.sh" $parts "$part/root/fleet/"
  # Nix in there needs /proc and /dev/ptmx. A mount namespace of its own takes both away again.
  unshare --mount --propagation private sh -eu -c '
    mount --rbind /dev "$1/dev"
    mount -t proc proc "$1/proc"
    exec chroot "$1" /usr/bin/env -i /bin/sh -eu -s "$2"' - "$part/root" "$loader" < "$here/prepare-image.sh" >&2
  rm -rf "$part/root/fleet"
  touch "$part/ready"
  mv "$part" "$image"
}

# The newest six stay, and those that a fleet is using: it holds a lock on them.
tidy_up() {
  ls -dt "$cache"/image-*/ | tail -n +7 | while read -r old; do
    flock -n "$old/ready" rm -rf "$old" || true
  done
}

if [ ! -e "$image/ready" ]; then
  mkdir -p "$cache"
  exec 8>"$cache/lock"
  flock 8 # two runners: one makes it, the other waits
  rm -rf "$cache"/*.part
  [ -e "$base" ] || make_base
  [ -e "$image/ready" ] || make_image
  tidy_up
fi
touch "$image"
echo "$image"
