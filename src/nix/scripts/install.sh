# install.sh: the guard onto the host's disk, whole or not at all. `guard_text` prints it.

install_guard() { # NAME: what cksum says of the text, joined by a dash
  umask 077
  home=${FLURRY_ROOT-}/nix/var/flurry
  folder=$home/scripts/$1
  if [ -L "$home" ] || { [ -e "$home" ] && [ "$(stat -c %u%a%F "$home")" != 0700directory ]; }; then
    echo "$home should be a folder of root alone (0700)"
    exit 65
  fi
  [ ! -x "$folder/guard" ] || return 0
  if ! mkdir -p "$folder" || ! guard_text >"$folder/new.$$" ||
    [ "$(cksum <"$folder/new.$$" | tr ' ' -)" != "$1" ] ||
    ! { chmod 500 "$folder/new.$$" && sync "$folder/new.$$" && mv "$folder/new.$$" "$folder/guard" && sync "$folder"; }; then
    rm -f "$folder/new.$$"
    echo "the guard could not be written whole to $folder"
    exit 65
  fi
  drop_old
}

# Other versions go after a week, and runs beyond the newest twenty; never what the open run needs.
drop_old() {
  used=$(cat "$home/open/script" 2>/dev/null)
  clock=$(date +%s)
  for old in "$home"/scripts/*; do
    [ "$old" != "$folder" ] && [ "$old" != "${used%/guard}" ] || continue
    [ $((clock - $(stat -c %Y "$old"))) -lt 604800 ] || rm -rf "$old"
  done
  opened=$(readlink "$home/open")
  ls -1t "$home/runs" 2>/dev/null | tail -n +21 | while read -r old; do
    [ "runs/$old" = "$opened" ] || rm -rf "$home/runs/$old"
  done
}
