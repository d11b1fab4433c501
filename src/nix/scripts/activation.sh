# activation.sh: the activation itself, in a unit of its own, and what its end means.

activation() { # RUN
  # Started once: the lock lives as long as this process, and the kernel knows when it has gone.
  exec 8>"$dir/alive"
  flock -n 8 && [ "$(get phase)" = activating ] || exit 0
  put started yes
  if [ "$(running)" != "$(get from)" ] || ! unchanged; then
    because changed "others changed this host since it was armed"
    put code 76
    ring
    exit 0
  fi
  ended=0
  "$(get as)/bin/switch-to-configuration" test >"$root/run/flurry-$1.log" 2>&1 </dev/null 8>&- || ended=$?
  put code $ended
  ring
}

# Is what runs what we activated, is all else as it was, and is no unit worse? Says why not.
still_ours() {
  if [ "$(running)" != "$(get as)" ]; then
    because changed "it runs $(running)"
  elif ! unchanged; then
    because changed "others changed the profile to $(link), or the boot default to $(default)"
  elif [ "$(get goal)" = boot ]; then
    return 0
  elif ! judge_units; then
    because failed "systemd does not answer"
  elif [ -n "$worse" ]; then
    put worse "$worse"
    because units "failed now, but not before: $worse"
  else
    return 0
  fi
  return 1
}

# --- refused is not failed -------------------------------------------------------------------

# The system refused before anything happened: by its words, since its code is 1 or an errno.
refused() {
  [ "$(running)" = "$(get from)" ] && unchanged || return 1
  words=$(log_file)
  ! grep -q -s '^activating the configuration\|^stopping the following units' "$words" || return 1
  case $(get code) in
  100) because needs-boot "its init is incompatible with the one that runs" ;;
  11) because busy "another switch of this host is under way" ;;
  *)
    grep -q -s "$refusal_words" "$words" || return 1
    because refused "the new system refuses to be switched to"
    ;;
  esac
  refusal_of "$words" >"$dir/refusal" || :
}

refusal_words='^Pre-switch check\|[Ss]witch [Ii]nhibitor\|switchInhibitors'

refusal_of() { # FILE: its own reason, without the two lines that say the same each time
  grep -v '^Pre-switch check\|^[[:space:]]*$' "$1" | tr -cd '[:print:]\n' | cut -c 1-400 | tail -n 20
}
