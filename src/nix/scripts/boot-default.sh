# boot-default.sh: what boots next, from the loader's own files.
#
# The reader is that of the loader which the system in the profile installs: a machine that once had
# another loader still has its files. What cannot be read is "unknown", never nothing.

default() { # [SYSTEM]: by the loader that this system installs; else by that of the profile
  case $(loader_of "${1-$profile}") in
  systemd-boot) found=$(by_systemd_boot) ;;
  extlinux) found=$(by_extlinux) ;;
  grub) found=$(by_grub) ;;
  *) found=unknown ;;
  esac
  case $found in
  "$store"/*) echo "$found" ;;
  *) echo unknown ;;
  esac
}

loader_of() { # SYSTEM: the name of its loader; by the files that are there if it does not say
  case $(grep -a -o -s -m 1 'systemd-boot\|install-grub\|extlinux\|limine\|lzbt' "$1/bin/switch-to-configuration") in
  systemd-boot*) echo systemd-boot ;; # a line with several: its first counts
  install-grub*) echo grub ;;
  extlinux*) echo extlinux ;;
  limine* | lzbt*) echo other ;;
  *)
    if [ -n "$(loader_conf)" ]; then
      echo systemd-boot
    elif [ -e "$root/boot/extlinux/extlinux.conf" ]; then
      echo extlinux
    elif [ -n "$(grub_cfg)" ]; then
      echo grub
    fi
    ;;
  esac
}

first_of() { # FILES: the first that is there
  for candidate in "$@"; do
    [ ! -e "$candidate" ] || { echo "$candidate" && return; }
  done
}

loader_conf() {
  first_of "$root/boot/loader/loader.conf" "$root/efi/loader/loader.conf" "$root/boot/efi/loader/loader.conf"
}

grub_cfg() {
  first_of "$root/boot/grub/grub.cfg" "$root/boot/grub2/grub.cfg" "$root/efi/grub/grub.cfg"
}

init_in() { # FILES: the systems named by `init=…/init`
  sed -n 's/.*init=\([^ "]*\)\/init.*/\1/p' "$@"
}

# --- systemd-boot -----------------------------------------------------------------------------

by_systemd_boot() {
  by_bootctl || by_loader_conf
}

# Asked first: it knows the firmware's variables, which may overrule the files.
by_bootctl() {
  entries=$(timeout 10 bootctl list --json=short 2>/dev/null) || return 1
  # One entry a line; then the default one's system, or "unknown" if it names none.
  entry=$(printf '%s\n' "$entries" | sed 's/{"type"/\n{"type"/g' |
    sed -n '/"isDefault" *: *true/{s/.*init=\([^ "]*\)\/init.*/\1/;s/^{.*/unknown/;p;q}')
  [ -n "$entry" ] && echo "$entry"
}

by_loader_conf() { # the first line of loader.conf that leads to exactly one system
  conf=$(loader_conf)
  [ -n "$conf" ] || return 0
  { sed -n '/^preferred[[:blank:]]/p' "$conf" && sed -n '/^default[[:blank:]]/p' "$conf"; } |
    while read -r how name; do
      systems=$(entry_files "$how" "$name" | while read -r entry_file; do init_in "$entry_file"; done | sort -u)
      case $systems in
      '' | *[[:space:]]*) ;; # none, or several: we cannot tell which
      *)
        echo "$systems"
        break
        ;;
      esac
    done
}

# Names may be globs, with or without `.conf`; files may carry boot counters (`+3`, `+2-1`).
entry_files() { # preferred|default NAME
  stem=${2%.conf}
  for esp in "$root/boot" "$root/efi" "$root/boot/efi"; do
    for entry_file in "$esp/loader/entries/"$stem.conf "$esp/loader/entries/"$stem+*.conf; do
      case $1:$entry_file in
      preferred:*+0.conf | preferred:*+0-*.conf) continue ;; # it failed to boot: passed over
      esac
      [ ! -e "$entry_file" ] || echo "$entry_file"
    done
  done
}

# --- others -----------------------------------------------------------------------------------

by_extlinux() {
  conf=$root/boot/extlinux/extlinux.conf
  [ -r "$conf" ] || { echo unknown && return; }
  label=$(sed -n 's/^DEFAULT[[:blank:]]*//p' "$conf")
  sed -n "/^LABEL $label\$/,/^LABEL /s/.*init=\([^ ]*\)\/init.*/\1/p" "$conf" | head -n 1
}

by_grub() {
  conf=$(grub_cfg)
  [ -r "$conf" ] || { echo unknown && return; }
  # A saved default stands in GRUB's own block, and another number than the first in a submenu's tree.
  case $(sed -n 's/^[[:blank:]]*set default="*\([^"]*\)"*$/\1/p' "$conf" | grep -v next_entry | tail -n 1) in
  '' | 0) init_in "$conf" | head -n 1 ;;
  *) echo unknown ;;
  esac
}
