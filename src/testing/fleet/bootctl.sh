#!/bin/sh
# As much of bootctl as a container can have: the entries as JSON, and the one-shot choice that EFI
# would keep in a variable and the fleet's firmware reads from a file.
set -eu
loader=/boot/loader

# One process for all entries, since hosts with many generations are asked often. Of each file the first
# line of each key counts.
list() {
  default=$(sed -n 's/^default //p' "$loader/loader.conf")
  set -- "$loader"/entries/*.conf
  [ -e "$1" ] || set -- /dev/null
  awk -v default_entry="$default" '
    function show() {
      if (path == "") return
      id = path
      sub(/.*\//, "", id)
      printf "%s{\"type\":\"type1\",\"id\":\"%s\",\"path\":\"%s\",\"root\":\"/boot\",", separator, id, path
      printf "\"title\":\"%s\",\"version\":\"%s\",\"linux\":\"%s\",\"options\":\"%s\",", \
        field["title"], field["version"], field["linux"], field["options"]
      printf "\"isReported\":true,\"isDefault\":%s,\"isSelected\":false}", id == default_entry ? "true" : "false"
      separator = ","
    }
    BEGIN { printf "[" }
    FNR == 1 {
      show()
      path = FILENAME
      split("", field)
    }
    $1 in field { next }
    { field[$1] = substr($0, length($1) + 2) }
    END {
      show()
      print "]"
    }' "$@"
}

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
