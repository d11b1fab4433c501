#!/bin/sh
# As much of bootctl as a container can have: the entries as JSON, and the one-shot choice that EFI
# would keep in a variable and the fleet's firmware reads from a file.
set -eu
loader=/boot/loader

list() {
  default=$(sed -n 's/^default //p' "$loader/loader.conf")
  separator=
  printf '['
  for entry in "$loader"/entries/*.conf; do
    [ -e "$entry" ] || continue
    id=${entry##*/}
    is_default=false
    [ "$id" != "$default" ] || is_default=true
    printf '%s{"type":"type1","id":"%s","path":"%s","root":"/boot","title":"%s","version":"%s","linux":"%s","options":"%s","isReported":true,"isDefault":%s,"isSelected":false}' \
      "$separator" "$id" "$entry" "$(field title)" "$(field version)" "$(field linux)" "$(field options)" "$is_default"
    separator=,
  done
  echo ']'
}
field() { sed -n "s/^$1 //p" "$entry"; }

if [ ! -e "$loader/loader.conf" ]; then
  echo "systemd-boot is not installed here." >&2
  exit 1
fi
case "$*" in
  "list --json=short") list ;;
  "set-oneshot ") rm -f "$loader/oneshot" ;;
  "set-oneshot "*) echo "$2" > "$loader/oneshot" ;;
  *)
    echo "bootctl: only 'list --json=short' and 'set-oneshot ENTRY' work on a test host" >&2
    exit 1
    ;;
esac
