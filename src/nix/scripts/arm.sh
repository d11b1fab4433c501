# arm.sh: the dead man's switch is set. The plan is read, proven and written down before it counts.

keys=" to as from link default goal generation silent hard confirm word fallback units revision dirty reason armed last "

arm() { # RUN, the plan on stdin
  locked
  ours "$1" || fail 75 "this run does not have the lease"
  opened=$(open_run)
  [ -z "$opened" ] || fail 75 "run $opened is still open"
  mkdir "$dir" 2>/dev/null || fail 75 "run $1 was armed before"
  read_plan
  prove_plan
  prove_host
  note_host "$1"
  sync "$dir"/* "$dir"
  ln -sfn "runs/$1" "$home/open.new" && mv -T "$home/open.new" "$home/open" && sync "$home"
  unlocked
  wake_at_boot
  last_resort
  post_guard
}

refuse() { # CODE TEXT…: nothing was armed, so nothing stays
  rm -rf "$dir"
  fail "$@"
}

read_plan() {
  while read -r key value; do
    case $keys in
    *" $key "*) ;;
    *) refuse 65 "unknown key in the plan: $key" ;;
    esac
    ! has "$key" || refuse 65 "twice in the plan: $key"
    printf '%s\n' "$value" >"$dir/$key" || refuse 65 "$home has no space left"
  done
  has word || echo yes >"$dir/word"
  has fallback || echo yes >"$dir/fallback"
  has armed || echo 120 >"$dir/armed"
  has last || echo 1200 >"$dir/last"
}

prove_plan() {
  for key in silent hard confirm armed last; do
    case $(get $key) in '' | *[!0-9]* | ????????*) refuse 65 "$key should be seconds" ;; esac
  done
  case $(get goal) in switch | test | boot) ;; *) refuse 65 "unknown goal: $(get goal)" ;; esac
  case $(get generation) in *[!0-9]*) refuse 65 "generation should be a number" ;; esac
  case $(get link) in none | system-*[0-9]-link) ;; *) refuse 65 "not a link of the profile: $(get link)" ;; esac
  case $(get revision) in *[!A-Za-z0-9._/-]*) refuse 65 "not a revision: $(get revision)" ;; esac
  for key in word fallback; do
    case $(get $key) in yes | no) ;; *) refuse 65 "$key should be yes or no" ;; esac
  done
  case $(get units) in *[!A-Za-z0-9@:._*\\\ -]*) refuse 65 "not a policy of units: $(get units)" ;; esac
  [ "$(get default)" = unknown ] || is_path "$(get default)" || refuse 65 "not a store path: $(get default)"
  for key in to as from; do
    is_path "$(get $key)" || refuse 65 "not a store path: $(get $key)"
  done
  # All in one: a process of Nix costs more than all else here.
  nix-store --check-validity "$(get to)" "$(get as)" "$(get from)" 2>/dev/null || name_invalid
  for key in to as from; do
    [ -x "$(get $key)/bin/switch-to-configuration" ] || refuse 65 "$key is not a system: $(get $key)"
  done
  prove_kinship
}

name_invalid() {
  for key in to as from; do
    nix-store --check-validity "$(get $key)" 2>/dev/null || refuse 74 "$key is not whole in the store: $(get $key)"
  done
}

prove_kinship() { # what is activated is what is kept, or a specialisation of it; nothing for a boot
  if [ "$(get goal)" = boot ]; then
    [ "$(get as)" = "$(get from)" ] || refuse 65 "for goal boot, as should be from"
  else
    readlink -f "$(get to)" "$(get to)"/specialisation/* | grep -qxF -- "$(get as)" || refuse 65 "as is neither to nor of it"
  fi
}

prove_host() {
  [ "$(running)" = "$(get from)" ] && unchanged ||
    refuse 76 "this host runs $(running), its profile is $(link), it boots $(default)"
}

note_host() { # RUN: what was seen when armed, and the roots that keep it
  failed >"$dir/baseline" || refuse 75 "systemd does not answer"
  head -c 65536 /dev/zero >"$dir/reserve" || refuse 65 "$home has no space left"
  chosen >"$dir/was"
  get was >"$dir/boots"
  boot_id >"$dir/boot"
  date +%s >"$dir/at"
  echo "$0" >"$dir/script"
  echo "$(get from)/sw/bin:$PATH" >"$dir/path"
  read -r _ _ _ lease_owner <"$home/lease"
  echo "$lease_owner" >"$dir/owner"
  hold "$1" to "$(get to)"
  hold "$1" from "$(get from)"
  [ "$(get was)" = none ] || hold "$1" was "$(get was)"
  if [ "$(get default)" != unknown ]; then
    hold "$1" default "$(get default)"
    get default >"$dir/boots"
  fi
  sync "$roots"
  echo "$(($(uptime) + $(get armed)))" >"$dir/until"
  echo armed >"$dir/phase"
}

unchanged() { # is the profile's link as the plan saw it, and the boot default, where it can be read?
  [ "$(link)" = "$(get link)" ] || return 1
  case $(default) in
  "$(get default)" | unknown) ;;
  *) return 1 ;;
  esac
}

# For the next boot. Nobody reloads systemd for it; if the activation does, it finds the guard awake.
wake_at_boot() {
  mkdir -p "${recover_want%/*}" 2>/dev/null || return 0 # /etc is read-only: then the next contact recovers
  printf '%s\n' \
    "[Unit]" \
    "Description=Settle an open run of flurry" \
    "ConditionPathExists=$home/open" \
    "After=local-fs.target" \
    "[Service]" \
    "Type=oneshot" \
    "Environment=PATH=$(get path)" \
    "ExecStart=-/bin/sh $0 recover" >"$recover_unit" || return 0
  ln -sfn ../flurry-recover.service "$recover_want" &&
    sync "$recover_unit" "${recover_want%/*}" "$control" || :
}

# If even the guard is no more, a reboot: what boots is the old system.
last_resort() {
  # A timer is as late as a minute unless told otherwise.
  systemd-run --quiet --collect --unit=flurry-last \
    --on-active=$(($(get hard) + $(get confirm) + $(get last))) --timer-property=AccuracySec=1s \
    --property=ConditionPathExists="$home/open" systemctl reboot 2>/dev/null || :
}

awake() { # whoever comes to an open run sees to it that somebody is on guard
  active flurry-guard || is_settled || post_guard
}

# By file, never by text: systemd expands ${…}. The tools are those of the old system, which is rooted.
post_guard() {
  systemd-run --quiet --collect --unit=flurry-guard --property=Type=exec \
    --property=Restart=on-failure --property=RestartSec=1 --property=StartLimitIntervalSec=0 \
    --property=OOMScoreAdjust=-900 --property=IgnoreOnIsolate=yes \
    --setenv=PATH="$(get path)" -- /bin/sh "$(get script)" guard 2>/dev/null ||
    active flurry-guard
}

is_settled() { # also tidied up: a cut between the two leaves work for the guard
  has settled && { [ "$(get phase)" = stuck ] || [ "$(open_run)" != "$run" ]; }
}
