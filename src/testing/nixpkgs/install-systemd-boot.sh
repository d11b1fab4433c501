#!/bin/sh
# Boot entries as NixOS's systemd-boot script makes them: one for each generation of the profile.
# Its habit is kept: a system that is in no generation gets no entry, the default stays, the exit is 0.
set -eu
export PATH=/usr/bin:/bin
default=$1
entries=/boot/loader/entries
mkdir -p $entries

# Files are replaced as a whole, and reach the disk before their name does.
put() { # FILE, text on stdin
  cat > "$1.tmp"
  sync "$1.tmp"
  mv "$1.tmp" "$1"
}

entry() { # FILE TITLE SYSTEM
  put "$entries/$1" <<END
title $2
version $(cat "$3/nixos-version")
linux $(readlink -f "$3/kernel")
options init=$3/init $(cat "$3/kernel-params")
END
}

for old in $entries/nixos-generation-*.conf; do
  number=${old##*/nixos-generation-}
  number=${number%%[!0-9]*}
  [ -e "/nix/var/nix/profiles/system-$number-link" ] || rm -f "$old"
done

for link in /nix/var/nix/profiles/system-*-link; do
  number=${link%-link}
  number=${number##*-}
  system=$(readlink -f "$link")
  entry "nixos-generation-$number.conf" "NixOS (Generation $number)" "$system"
  for child in "$system"/specialisation/*; do
    [ -e "$child" ] || continue
    entry "nixos-generation-$number-specialisation-${child##*/}.conf" \
      "NixOS (${child##*/}) (Generation $number)" "$(readlink -f "$child")"
  done
  if [ "$system" = "$default" ]; then
    printf 'timeout 0\ndefault nixos-generation-%s.conf\n' "$number" | put /boot/loader/loader.conf
  fi
done
