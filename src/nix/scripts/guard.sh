# guard.sh: only the guard carries phases out. It writes before it acts; started again, it goes on
# where it was. It needs no controller, no network and no clock on the wall.

guard() {
  [ "$(get boot)" = "$(boot_id)" ] || rebooted
  hang_bell
  while read_fact phase; do # first look, then sleep: what was moved before the bell hung is seen
    case $got in
    armed) in_time || { because unarmed "nobody activated in $(get armed) s" && move armed undoing || :; } ;;
    activating) watch_activation || move activating undoing || : ;;
    waiting) in_time || { because unconfirmed "nobody confirmed in $(get confirm) s" && move waiting undoing || :; } ;;
    confirmed)
      if commit; then
        move confirmed kept
      else
        because commit "the commit failed"
        move confirmed undoing
      fi
      ;;
    undoing) undo ;;
    *)
      settle
      rm -f "$bell"
      exit 0
      ;;
    esac
    nap
  done
}

# It stays open, so that nothing said between two naps is lost; never in what outlives a nap.
hang_bell() {
  bell=$root/run/flurry-$run.bell
  [ -p "$bell" ] || mkfifo "$bell" 2>/dev/null || :
  [ ! -p "$bell" ] || exec 7<>"$bell"
}

nap() { # a second, or until the bell rings
  if [ -p "$bell" ]; then
    timeout 1 dd bs=512 count=1 <&7 >/dev/null 2>&1 || :
  else
    sleep 0.3
  fi
}

# What runs is what booted. Look, do not believe.
rebooted() {
  if [ "$(chosen)" = "$(get to)" ]; then
    case $(default) in
    "$(get to)") move confirmed kept || : ;;
    unknown) [ "$(booted)" != "$(get to)" ] || move confirmed kept || : ;;
    esac
  fi
  for interrupted in armed activating waiting confirmed; do
    if move $interrupted undoing; then because rebooted "the host rebooted while $interrupted"; fi
  done
  rm -f "$dir/began"
  put boot "$(boot_id)"
}

# --- activating ------------------------------------------------------------------------------

watch_activation() { # 1 if it is to be undone
  if has code; then
    activation_ended
  elif has started && flock -n 5 5>>"$dir/alive" && ! has code; then
    because killed "the activation was killed"
    return 1
  else
    activation_goes_on
  fi
}

activation_ended() {
  case $(get code) in
  0 | 4) ;;
  *)
    if refused; then
      move activating refused
      return
    fi
    because code "the activation ended with $(get code)"
    return 1
    ;;
  esac
  still_ours || return 1
  if [ "$(get word)" = no ]; then
    move activating confirmed # the units are well, and nobody else is to be asked
  else
    put challenge "$(line_of "$root/proc/sys/kernel/random/uuid")" until $(($(uptime) + $(get confirm)))
    move activating waiting
  fi
}

# Two clocks: silence starts anew with each sign of life, the limit does not. Signs are looked for at
# every other nap, and before silence is believed.
activation_goes_on() {
  now=$(uptime)
  glances=$((${glances-1} + 1))
  if [ $((glances % 2)) = 0 ] || ! in_time; then look_for_life; fi
  if ! in_time; then
    because silent "the activation was silent for $(get silent) s"
    return 1
  elif [ "$now" -ge "$(get latest)" ]; then
    because limit "the activation took over $(get hard) s"
    return 1
  fi
}

look_for_life() { # does it say something new, or does systemd work on something else?
  sign=$(wc -c "$root/run/flurry-$run.log" 2>/dev/null; systemctl list-jobs --no-legend --no-pager 2>/dev/null | cksum)
  if [ "$sign" != "${last_sign-}" ]; then
    last_sign=$sign
    put until $((now + $(get silent)))
  fi
}

# --- commit: profile first, boot default second; each may find itself done ---------------------

commit() {
  [ "$(get goal)" != test ] || return 0
  put committing yes && [ "$(running)" = "$(get as)" ] || return 1
  [ "$(chosen)" = "$(get to)" ] || commit_profile || return 1
  boots_now=$(default "$(get to)")
  [ "$boots_now" != "$(get to)" ] || return 0
  # Until the new loader has written, the files are those of the old one.
  [ "$(loader_of "$(get was)")" = "$(loader_of "$(get to)")" ] || boots_now=$(default "$(get was)")
  case $boots_now in
  "$(get default)" | "$(get to)" | unknown) ;;
  *)
    because changed "others changed the boot default"
    return 1
    ;;
  esac
  boots_after_writing && return 0
  # A loader with a limit lists only the newest generations; as the newest this one is among them.
  [ -n "$(get generation)" ] && set_profile "$(get to)" && boots_after_writing && return 0
  [ -z "${boots_still-}" ] || because commit "the loader still boots $boots_still"
  return 1
}

# The loader's exit code is not believed: its files are read.
boots_after_writing() {
  boots_still=
  write_default "$(get to)" || return 1
  boots_now=$(default "$(get to)")
  case $boots_now in
  "$(get to)" | unknown) ;;
  *)
    boots_still=$boots_now
    return 1
    ;;
  esac
}

commit_profile() {
  [ "$(link)" = "$(get link)" ] || { because changed "others changed the profile to $(link)" && return 1; }
  back=$(get generation)
  if [ -n "$back" ] && [ "$(readlink -f "$profile-$back-link")" = "$(get to)" ]; then
    nix-env --profile "$profile" --switch-generation "$back"
  else
    set_profile "$(get to)"
  fi
}

set_profile() { # SYSTEM
  nix-env --profile "$profile" --set "$1"
}

write_default() { # SYSTEM: its own program writes the loader's files
  timeout 600 "$1/bin/switch-to-configuration" boot >>"$root/run/flurry-$run.log" 2>&1 </dev/null 7>&-
}

# --- undo: boot default first, so that a cut in the middle boots the old; running system last ---

undo() {
  systemctl stop flurry-activate.service 2>/dev/null || :
  tries=$(($(get tries) + 1))
  put tries $tries
  if has committing; then undo_commit; fi
  undone_with=0
  if ! leaves_running; then undo_running || undone_with=$?; fi
  if [ $undone_with = 11 ]; then # another switch is under way: wait for it
    put tries $((tries - 1))
    sleep 3
  elif is_undone; then
    if leaves_running && [ "$(running)" = "$(get as)" ]; then move undoing left; else move undoing undone; fi
  elif [ $tries -lt 3 ]; then
    sleep 3
  elif clear_of default && ! has reset; then
    put reset yes
    systemctl reboot # what boots is the old system
    sleep 600
  else
    move undoing stuck
  fi
}

# Without a fallback the failed system goes on running, unless a person asks to go back.
leaves_running() {
  [ "$(get fallback)" = no ] && has began && [ "$(get cause)" != aborted ] && [ "$(get as)" != "$(get from)" ]
}

undo_commit() { # each only if it holds what we put there
  export NIXOS_NO_CHECK=1 # a fallback is never refused
  clear_of default || { write_default "$(get boots)" && put rewritten yes; } || :
  old=$(get link)
  old=${old%-link}
  clear_of chosen || nix-env --profile "$profile" --switch-generation "${old##*-}" || set_profile "$(get was)" || :
  # A loader with a limit may have dropped the old entry; as the newest generation it is back.
  clear_of default || { set_profile "$(get boots)" && write_default "$(get boots)" && put rewritten yes; } || :
}

undo_running() {
  now=$(running)
  if [ "$now" = "$(get as)" ] && [ "$(get as)" != "$(get from)" ]; then
    :
  elif has began && [ "$now" = "$(get from)" ]; then
    : # the link was not moved, or is back, but half of the switch may have happened
  else
    return 0
  fi
  NIXOS_NO_CHECK=1 timeout 900 "$(get from)/bin/switch-to-configuration" test >>"$root/run/flurry-$run.log" 2>&1 </dev/null 7>&-
}

is_undone() {
  leaves_running || clear_of running || return 1
  ! has committing || { clear_of default && clear_of chosen; }
}

clear_of() { # running, chosen or default: does it hold no value of ours?
  case $1 in
  running) [ "$(running)" != "$(get as)" ] || [ "$(get from)" = "$(get as)" ] ;;
  chosen) [ "$(chosen)" != "$(get to)" ] || [ "$(get was)" = "$(get to)" ] ;;
  default)
    [ "$(get default)" != "$(get to)" ] || return 0
    has rewritten || is_other "$(default "$(get to)")" || return 1
    case $(default "$(get boots)") in
    "$(get to)") return 1 ;;
    unknown) has rewritten ;;
    esac
    ;;
  esac
}

is_other() { # VALUE: a boot default that is neither ours nor unknown
  [ "$1" != "$(get to)" ] && [ "$1" != unknown ]
}

# --- settled ---------------------------------------------------------------------------------

settle() {
  cp "$root/run/flurry-$run.log" "$dir/log" 2>/dev/null || :
  ended_as=$(get phase)
  case $ended_as in
  kept)
    note_revision "$(get to)" "$(get revision)" "$(get dirty)" "$(get owner)" "$run" || :
    leave_note
    ;;
  left) leave_note ;;
  esac
  put settled yes
  rm -f "$recover_unit" "$recover_want"
  systemctl stop flurry-last.timer 2>/dev/null || :
  if [ "$ended_as" != stuck ]; then
    locked
    drop_lease "$run"
    rm -f "$dir/reserve" "$home/open" # last: until then the host is ours
    sync "$home"
    unlocked
  fi
}

leave_note() { # what was left on purpose is not drift: `left GOAL SYSTEM`
  case $(get goal)-$(get phase) in
  test-kept | *-left) noted_left="test $(get as)" ;;
  boot-kept) noted_left="boot $(get to)" ;;
  *) noted_left= ;;
  esac
  if [ -n "$noted_left" ]; then
    printf '%s\n' "$noted_left" >"$home/left.new" && mv -T "$home/left.new" "$home/left" || :
  else
    rm -f "$home/left"
  fi
}
