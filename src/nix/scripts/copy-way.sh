# What the login user may do with the store of this host.
# $1: nix-daemon, absolute. $2: how to become root: sudo, doas or none.
daemon=$1
elevate=$2
nix=${daemon%-daemon}

settings() {
  # From 2.20 on, and before.
  "$nix" --extra-experimental-features nix-command config show 2>/dev/null ||
    "$nix" --extra-experimental-features nix-command show-config 2>/dev/null
}

is_trusted() {
  me=$(id -un)
  groups=" $(id -Gn) "
  set -f # A user may be called `*`: everyone.
  for one in $(settings | sed -n 's/^trusted-users = //p'); do
    case $one in
    "$me" | '*') return 0 ;;
    @*) case $groups in *" ${one#@} "*) return 0 ;; esac ;;
    esac
  done
  return 1
}

# Tried by starting it: rules may allow this program and no other.
may_start_as_root() {
  case $elevate in
  sudo) sudo -n -- "$daemon" --version >/dev/null 2>&1 ;;
  doas) doas -n "$daemon" --version >/dev/null 2>&1 ;;
  *) return 1 ;;
  esac
}

if [ "$(id -u)" = 0 ]; then
  echo "user-is-root"
  exit 0
fi
if is_trusted; then echo "trusted"; fi
if may_start_as_root; then echo "root-daemon"; fi
exit 0
