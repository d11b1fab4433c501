# look.sh: everything status, plan and preflight ask of a host, as lines `name value`. Few processes
# are started, and nothing is written. Without root, what cannot be read is left out.

needed_tools="flock sed grep stat readlink sync timeout comm tail head wc tr cut sort systemctl systemd-run journalctl nix-store nix-env"

look() {
  emit protocol $protocol
  look_at_machine
  look_at_nix
  look_at_systems
  look_at_generations
  look_at_units
  look_at_disks
  look_at_readiness
  if [ -r "$home" ]; then look_at_ours; fi
  emit looked yes # whoever misses this line did not hear all
}

emit_line() { # NAME FILE: its first line, where there is one
  [ ! -r "$2" ] || { IFS= read -r value <"$2" && emit "$1" "$value"; } || :
}

look_at_machine() {
  emit_line hostname "$root/proc/sys/kernel/hostname"
  emit_line machine-id "$root/etc/machine-id"
  look_at_user
  emit machine "$(uname -sm)"
  emit_line boot "$root/proc/sys/kernel/random/boot_id"
  read -r up _ <"$root/proc/uptime" && emit uptime "${up%%.*}"
  read -r load _ <"$root/proc/loadavg" && emit load "$load"
  emit clock "$(date +%s)"
}

look_at_user() { # from one process: `uid=0(root) gid=…`, and no name for a number that has none
  me=$(id)
  me=${me#uid=}
  uid=${me%%[!0-9]*}
  user=${me%% *}
  user=${user#"$uid"}
  user=${user#(}
  user=${user%)}
  emit user "${user:-$uid}"
  emit uid "$uid"
}

look_at_nix() {
  daemon=$(command -v nix-daemon) || return 0
  emit nix-daemon "$daemon"
  # The version stands in the name of a store path; else the program is asked.
  real=$(readlink -f "$daemon")
  case $real in
  */nix/store/*-nix-[0-9]*) emit nix-path "$real" ;;
  *) emit nix-version "$(nix-daemon --version 2>/dev/null || :)" ;;
  esac
}

look_at_systems() {
  current=$root/run/current-system
  first=$root/run/booted-system
  readlink -m "$current" "$first" "$profile" "$first/kernel" "$first/initrd" "$first/kernel-modules" \
    "$current/kernel" "$current/initrd" "$current/kernel-modules" |
    for fact in running booted profile booted-kernel booted-initrd booted-modules kernel initrd modules; do
      read -r value && emit $fact "$value"
    done
  emit link "$(link)"
  emit default "$(default)"
  stat -c 'since %Y' "$current" 2>/dev/null || :
  emit_line init-interface "$current/init-interface-version"
  emit_line configuration-revision "$current/configuration-revision"
}

# As stat and grep say it: `generation 1764000000 '…/system-41-link' -> '/nix/store/…'`.
look_at_generations() {
  stat -c 'generation %Y %N' "$profile"-*-link 2>/dev/null || :
  stat -c 'kernel-of %N' "$profile"-*-link/kernel 2>/dev/null || :
  grep -s -H . "$profile"-*-link/nixos-version "$profile"-*-link/configuration-revision /dev/null | sed 's/^/fact-of /' || :
}

look_at_units() {
  systemctl list-units --all --full --plain --no-legend --no-pager 2>/dev/null | while read -r unit _ state _; do
    case $state:$unit in
    failed:flurry-*) ;;
    failed:*) emit failed "$unit" ;;
    active:nixos-upgrade.timer | active:comin.timer | active:system-update.timer | active:flurry-agent.timer)
      emit switcher "$unit $(systemctl show --value --property=NextElapseUSecRealtime "$unit" 2>/dev/null || :)"
      ;;
    active:nixos-upgrade.service | activating:nixos-upgrade.service | active:comin.service | \
      active:nixos-rebuild-switch-to-configuration.service | active:deploy-rs*.service)
      emit switcher "$unit"
      ;;
    esac
  done
}

look_at_disks() { # block size, blocks, free blocks, free inodes
  stat -f -c 'disk %S %b %a %d %n' "$store" "$root/boot" 2>/dev/null || :
}

look_at_readiness() {
  for tool in $needed_tools; do
    command -v $tool >/dev/null || emit missing $tool
  done
  if [ -e "$switch_lock" ] && [ -r "$switch_lock" ]; then
    flock -n 5 5<"$switch_lock" || emit switching yes
  fi
  for leftover in "$root"/run/nixos/*-list; do
    [ ! -e "$leftover" ] || emit leftover "${leftover##*/}"
  done
  if [ -w "$root/etc/systemd" ] || [ -w "$control" ]; then emit wakes yes; fi
  wrong=$(home_trouble)
  [ -z "$wrong" ] || emit trouble "$wrong"
}

look_at_ours() {
  for fact in phase because owner goal; do
    emit_line "open/$fact" "$home/open/$fact"
  done
  opened=$(open_run)
  [ -z "$opened" ] || emit open "$opened"
  if [ -n "$opened" ] && [ "$(line_of "$home/open/boot")" != "$(boot_id)" ]; then emit open/rebooted yes; fi
  if holder; then emit lease "$lease_run $lease_left $lease_owner"; fi
  emit_line left "$home/left"
  grep -s -H '^revision \|^dirty ' "$home"/systems/* /dev/null | sed 's/^/note-of /' || :
}
