#!/bin/sh
# Stand-in for NixOS's switch-to-configuration: same actions, same words, same exit codes, for the
# units of the closure.
#
# Exit 1: usage, boot loader or a check before the switch; 2: activation; 3: daemon-reload; 4: units;
# 11: somebody else is switching; 100: another kind of init, so only a reboot helps.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
out=@out@
action=${1-}
old=/etc/systemd/system
new=$out/etc/systemd/system

say() { echo "$*" >&2; }
joined() { echo "$*" | tr ' ' '\n' | sort | paste -sd, | sed 's/,/, /g'; }
# "stopping the following units: a, b", and nothing where there are none
say_units() { # WORDS UNIT…
  words=$1
  shift
  [ $# = 0 ] || say "$words: $(joined "$@")"
}

case $action in
  switch | boot | test | dry-activate | check) ;;
  *)
    say "Usage: $0 [check|switch|boot|test|dry-activate]"
    exit 1
    ;;
esac
[ -e /etc/NIXOS ] || { say "This is not a NixOS installation!"; exit 1; }

mkdir -p /run/nixos
exec 9>>/run/nixos/switch-to-configuration.lock
flock -n 9 || { say "Could not acquire lock"; exit 11; }
export NIXOS_ACTION="$action"

# Bringing a system up at the next boot disturbs nothing that runs, so `boot` is never refused.
if [ "$action" != boot ] && [ "${NIXOS_NO_CHECK-}" != 1 ]; then
  @preSwitchCheck@ "$action" >&2 9>&- || { say "Pre-switch checks failed"; exit 1; }
fi
[ "$action" != check ] || exit 0

case $action in switch | boot) @installBootLoader@ "$out" 9>&- || exit 1 ;; esac
[ "${NIXOS_NO_SYNC-}" = 1 ] || sync -f /nix/store
[ "$action" != boot ] || exit 0

if [ "$(cat /run/current-system/init-interface-version 2>/dev/null)" != "$(cat $out/init-interface-version)" ]; then
  say "Warning: the new NixOS configuration has an 'init' that is
incompatible with the current configuration.  The new configuration
won't take effect until you reboot the system."
  exit 100
fi
trap '' PIPE

active_units() {
  systemctl list-units --full --no-legend --plain --state=active,activating,reloading |
    awk '{print $1}'
}
# Sets `file` to what a unit comes from: its own, or that of its template.
file_of() { # FOLDER UNIT
  template=$2
  case $2 in *@*.*) [ -e "$1/$2" ] || template=${2%%@*}@.${2##*.} ;; esac
  file=$1/$template
}
has_setting() { grep -qx "$2=$3" "$1"; } # FILE KEY VALUE

# Which units must be touched, as the unit files of old and new say.
stop='' start='' restart='' reload='' skip='' targets=''
compare_unit() {
  unit=$1
  file_of $old "$unit"
  was=$file
  file_of "$new" "$unit"
  becomes=$file
  case $unit in
    # Active targets are started again, so that what they newly want starts. Others refuse a manual start.
    multi-user.target | timers.target | sockets.target | paths.target)
      targets="$targets $unit"
      return
      ;;
    *.target) return ;;
  esac
  [ -e "$was" ] || return 0
  if [ ! -e "$becomes" ]; then
    has_setting "$was" X-StopOnRemoval false || stop="$stop $unit"
  elif ! cmp -s "$was" "$becomes"; then
    if has_setting "$becomes" X-ReloadIfChanged true; then
      reload="$reload $unit"
    elif has_setting "$becomes" X-RestartIfChanged false || has_setting "$becomes" RefuseManualStop true; then
      skip="$skip $unit"
    elif has_setting "$becomes" X-StopIfChanged false; then
      restart="$restart $unit"
    else
      stop="$stop $unit"
      start="$start $unit"
    fi
  fi
}
before=$(active_units)
for unit in $before; do compare_unit "$unit"; done

if [ "$action" = dry-activate ]; then
  say_units "would stop the following units" $stop
  say_units "would NOT stop the following changed units" $skip
  say "would activate the configuration..."
  $out/dry-activate $out 9>&-
  say_units "would reload the following units" $reload
  say_units "would restart the following units" $restart
  say_units "would start the following units" $start
  exit 0
fi

result=0
logger -t nixos "switching to system configuration $out" 2>/dev/null
say_units "stopping the following units" $stop
[ -z "$stop" ] || systemctl stop -- $stop
say_units "NOT restarting the following changed units" $skip

say "activating the configuration..."
$out/activate "$out" 9>&- || result=2
systemctl reset-failed
systemctl daemon-reload || result=3

# What activation has stopped cannot be reloaded: it is started.
running_reload=''
for unit in $reload; do
  if systemctl -q is-active "$unit"; then running_reload="$running_reload $unit"; else start="$start $unit"; fi
done
say_units "reloading the following units" $running_reload
[ -z "$running_reload" ] || systemctl reload -- $running_reload || result=4
say_units "restarting the following units" $restart
[ -z "$restart" ] || systemctl restart -- $restart || result=4
say_units "starting the following units" $start
systemctl start -- $targets $start || result=4

# A unit that is restarted over and over has failed only if it last ended badly.
failed_units() {
  systemctl list-units --full --no-legend --plain --state=failed | awk '{print $1}'
  systemctl list-units --full --no-legend --plain --all | awk '$4 == "auto-restart" {print $1}' |
    while read -r unit; do
      [ "$(systemctl show --value --property=ExecMainStatus "$unit")" = 0 ] || echo "$unit"
    done
}
new_units() { active_units | grep -v '\.scope$' | grep -vxF -e "$before"; }
failed=$(failed_units)
say_units "the following new units were started" $(new_units)
if [ -n "$failed" ]; then
  say_units "warning: the following units failed" $failed
  say ""
  systemctl status --no-pager --full $failed >&2
  result=4
fi

# Units of logged-in users come last; what fails there is code 4 as well.
after_switch() {
  :
@afterSwitch@
}
after_switch >&2 9>&- || result=4
logger -t nixos "finished switching to system configuration $out (status $result)" 2>/dev/null
exit $result
