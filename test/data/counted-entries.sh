#!/bin/sh
# Boot entries as NixOS makes them from 26.05 on: named by a hash of their text, with a boot counter in
# the file's name, which the boot loader counts down. loader.conf prefers one and falls back on any.
set -eu
export PATH=/usr/bin:/bin
default=$1
entries=/boot/loader/entries
mkdir -p $entries
rm -f $entries/nixos-generation-*.conf

keep=
for link in /nix/var/nix/profiles/system-*-link; do
  system=$(readlink -f "$link")
  number=${link%-link}
  text="title NixOS (Generation ${number##*-})
version $(cat "$system/nixos-version")
linux $(readlink -f "$system/kernel")
options init=$system/init $(cat "$system/kernel-params")"
  name=nixos-$(echo "$text" | sha256sum | cut -c 1-32)
  keep="$keep $name"
  # One that is there keeps its counter.
  ls $entries/$name.conf $entries/$name+*.conf >/dev/null 2>&1 || echo "$text" > "$entries/$name+3.conf"
  [ "$system" != "$default" ] || preferred=$name.conf
done
for file in $entries/nixos-*.conf; do
  name=${file##*/}
  name=${name%.conf}
  case " $keep " in *" ${name%%+*} "*) ;; *) rm -f "$file" ;; esac
done
printf 'timeout 0\npreferred %s\ndefault nixos-*\n' "$preferred" > /boot/loader/loader.conf.new
mv /boot/loader/loader.conf.new /boot/loader/loader.conf
