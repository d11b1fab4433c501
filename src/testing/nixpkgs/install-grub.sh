#!/bin/sh
# grub.cfg as NixOS's GRUB script makes it: first the system that was given, in a generation or not,
# then a menu of all generations of the profile, newest first.
set -eu
export PATH=/usr/bin:/bin
default=$1
mkdir -p /boot/grub

entry() { # TITLE SYSTEM
  cat <<END
menuentry "$1" --class nixos --unrestricted {
  linux $(readlink -f "$2/kernel") init=$2/init $(cat "$2/kernel-params")
  initrd $(readlink -f "$2/initrd")
}
END
}

{
  echo 'set default=0'
  echo 'set timeout=0'
  entry NixOS "$default"
  echo 'submenu "NixOS - All configurations" --class submenu {'
  for link in $(ls -d /nix/var/nix/profiles/system-*-link | sort -rV); do
    number=${link%-link}
    entry "NixOS - Configuration ${number##*-}" "$(readlink -f "$link")"
  done
  echo '}'
} > /boot/grub/grub.cfg.tmp
sync /boot/grub/grub.cfg.tmp
mv /boot/grub/grub.cfg.tmp /boot/grub/grub.cfg
