# units.sh: which units are worse than before, what the policy says of them, and what they said.

# While systemd re-executes itself it answers that nobody is connected: no answer, so we ask again.
failed() { # the failed units, sorted; 1 if systemd does not answer at all
  asked=0
  until listed=$(systemctl list-units --all --full --state=failed --plain --no-legend --no-pager 2>/dev/null); do
    asked=$((asked + 1))
    [ $asked -lt 30 ] || return 1
    sleep 0.5
  done
  [ -z "$listed" ] || printf '%s\n' "$listed" | sed 's/^[^A-Za-z0-9]*//; s/ .*//' | sort
}

fresh_failures() { # the units that fail now and did not when we armed; ours never count
  now_failed=$(failed) || return 1
  [ -z "$now_failed" ] || printf '%s\n' "$now_failed" | comm -13 "$dir/baseline" - | grep -v '^flurry-' || :
}

# Waiting for a network that does not change fails at every switch. That we are reached says more.
forgiven="NetworkManager-wait-online.service systemd-networkd-wait-online.service systemd-networkd-wait-online@*.service"

policy_of() { # UNIT: undo, warn or ignore; the plan's first match, then the built-in list
  set -f # the words below are patterns for units, not for files
  verdict=
  for rule in $(get units); do
    case $1 in
    ${rule#*:}) verdict=${verdict:-${rule%%:*}} ;;
    esac
  done
  for rule in $forgiven; do
    case $1 in
    $rule) verdict=${verdict:-warn} ;;
    esac
  done
  set +f
  echo "${verdict:-undo}"
}

# Sets `worse`, the units that undo, and notes those that only warn. 1 if systemd does not answer.
judge_units() {
  worse=
  noted=
  fresh=$(fresh_failures) || return 1
  for one in $fresh; do
    case $(policy_of "$one") in
    undo) worse="$worse $one" ;;
    warn) noted="$noted $one" ;;
    esac
  done
  worse=${worse# }
  if [ "${noted# }" != "$(get noted)" ]; then put noted "${noted# }"; fi
  collect_words $worse $noted
}

# The reason why a unit failed is in its own words, often far above the last line.
collect_words() { # UNITS: the last lines of each, kept in the run
  for one in "$@"; do
    grep -q -s "^$one " "$dir/evidence" ||
      timeout 10 journalctl --unit="$one" --boot --lines=40 --output=cat --no-pager 2>/dev/null |
      tr -cd '[:print:]\n' | cut -c 1-400 | while IFS= read -r said; do emit "$one" "$said"; done >>"$dir/evidence" || :
  done
}

# Exit 4 may also mean that a unit of a logged-in user failed: the system itself is well.
user_failures() { # lines of the activation's own words
  grep -s 'user units failed\|user activation for .* failed' "$(log_file)" | head -n 20 || :
}
