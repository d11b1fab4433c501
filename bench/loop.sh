#!/bin/sh
# loop.sh HOST…: what a person types without any tool, host after host, in the folder of the flake.
# ssh is reached as $NIX_SSHOPTS says.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for host; do
  nix build --out-link "$scratch/result" ".#nixosConfigurations.$host.config.system.build.toplevel"
  system=$(readlink -f "$scratch/result")
  nix copy --to "ssh://root@$host" "$system"
  # shellcheck disable=SC2086 # several options
  ssh $NIX_SSHOPTS "root@$host" \
    "nix-env --profile /nix/var/nix/profiles/system --set $system && $system/bin/switch-to-configuration switch"
done
