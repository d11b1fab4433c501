# All that is to be known of a system on this host, to compare it with another.
# $1: its store path. Answers in sections, each begun by a line "== NAME".
system=$1
nix=nix
command -v nix >/dev/null 2>&1 || { echo "no nix on this host" && exit 1; }

echo "== paths"
# Fails for a path that is not in the store.
$nix --extra-experimental-features nix-command path-info -r -s "$system" 2>/dev/null ||
  { echo "== missing" && exit 0; }

echo "== chosen"
# `sw` is what environment.systemPackages became; a system need not have it.
if [ -e "$system/sw" ]; then
  nix-store --query --references "$system/sw" 2>/dev/null
fi

echo "== units"
# Sums of contents: store paths may differ where units do not. Folders make cksum complain.
cd "$system/etc/systemd/system" 2>/dev/null &&
  cksum -- * */* 2>/dev/null
exit 0
