#!/bin/sh
# ideal.sh [--look] HOST…: the least that must be done, by hand, with nothing to go back to: all hosts evaluated
# in one process, all built in one, then each host copied to and changed on its own, all at once.
# --look asks each host meanwhile what it has, and touches only those that have something else.
set -eu
look=no
if [ "$1" = --look ]; then
  look=yes
  shift
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

on() { # HOST COMMAND
  # shellcheck disable=SC2086 # several options
  ssh $NIX_SSHOPTS "root@$1" "$2"
}

bring() { # HOST SYSTEM
  nix copy --to "ssh://root@$1" "$2"
  on "$1" "$2/bin/switch-to-configuration test \
    && nix-env --profile /nix/var/nix/profiles/system --set $2 \
    && $2/bin/switch-to-configuration boot"
}

# Waits for all, and fails if one has failed.
join() {
  status=0
  for process in $started; do wait "$process" || status=1; done
  started=
  [ $status = 0 ]
}

started=
if [ $look = yes ]; then
  for host; do
    on "$host" 'readlink -f /run/current-system /nix/var/nix/profiles/system' > "$scratch/$host" &
    started="$started $!"
  done
fi
nix eval --raw .#nixosConfigurations --apply 'all: with builtins; concatStringsSep "" (map (host:
  let system = all.${host}.config.system.build.toplevel; in
  unsafeDiscardStringContext "${host} ${system.drvPath} ${system.outPath}\n") (attrNames all))' > "$scratch/.all"
join

while read -r host derivation system; do
  if [ $look = yes ] && [ "$(sort -u "$scratch/$host")" = "$system" ]; then continue; fi
  echo "$host $derivation $system"
done < "$scratch/.all" > "$scratch/.due"
[ -s "$scratch/.due" ] || exit 0

# shellcheck disable=SC2046 # several paths, none with blanks
nix-store --realise $(cut -d ' ' -f 2 "$scratch/.due") > "$scratch/.built"
while read -r host _ system; do
  bring "$host" "$system" < /dev/null &
  started="$started $!"
done < "$scratch/.due"
join
