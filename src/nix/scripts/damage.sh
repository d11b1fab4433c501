# damage.sh: paths that are registered, and not what they were built as. After a full disk or a power cut
# some of their files are empty; a copy passes them over, because they count as there.

discard() { # RUN, paths on stdin: unregisters them, with all that needs them, so that they can be sent anew
  ours "$1" || fail 75 "this run does not have the lease"
  damaged=
  while read -r one; do
    is_path "$one" || fail 65 "not a store path: $one"
    damaged="$damaged $one"
  done
  [ -n "$damaged" ] || return 0
  # Nothing that somebody could go back to may go: not even a generation that is damaged itself.
  needing=$(nix-store --query --referrers-closure $damaged)
  for used in "$(running)" "$(booted)" "$(default)" $(readlink -f "$profile"-*-link); do
    ! printf '%s\n' "$needing" | grep -qxF -e "$used" ||
      fail 77 "damaged paths are part of $used, which this host uses or can go back to"
  done
  nix-store --delete --ignore-liveness $needing
}
