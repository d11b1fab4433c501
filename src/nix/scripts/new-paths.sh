# The paths that a second system needs and the first does not, one a line.
# $1, $2: store paths. Those of the first count twice, so only the others are there once.
for system in "$1" "$1" "$2"; do
  nix-store --query --requisites "$system" || exit
done | sort | uniq -u
