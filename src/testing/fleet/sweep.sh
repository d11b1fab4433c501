# What is shared between starting and ending: where fleets live, and how their remains are cleared.
fleets=/run/flurry-fleet

# Where a cgroup of ours can live: one tree (v2), or the several of a hybrid machine.
cgroup_trees() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
    return
  fi
  for tree in unified systemd cpu memory; do
    [ ! -d "/sys/fs/cgroup/$tree" ] || echo "/sys/fs/cgroup/$tree"
  done
}

# Clears what is left of a fleet. Only for who holds its lock: then nothing of it lives.
sweep() { # NAME
  for tree in $(cgroup_trees); do remove_group "$tree/flurry-fleet.$1"; done
  rm -rf "${fleets:?}/$1"
  lower_limits
  rmdir "$fleets" 2>/dev/null || true
}

# A group can be removed when the kernel has buried the last process of it, a moment after its end.
remove_group() { # FOLDER
  tries=0
  while [ -d "$1" ] && [ $tries -lt 250 ]; do
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ ! -d "$1" ] || sleep 0.02
    tries=$((tries + 1))
  done
}

# "Is it dead?" is asked by taking the lock, never by a process id.
sweep_the_dead() {
  for folder in "$fleets"/*/; do
    [ -e "$folder/lock" ] || continue
    (
      exec 9>>"$folder/lock"
      flock -n 9 || exit 0
      sweep "$(basename "$folder")"
    )
  done
}

# systemd fails at about 40 hosts where the limits are Linux's own. What they were is kept beside the
# fleets, and put back with the last of them.
raise_limits() {
  [ "$(ls -d "$fleets"/*/hosts/*/ | wc -l)" -gt 30 ] || return 0
  for limit in fs/inotify/max_user_instances:8192 fs/inotify/max_user_watches:524288 \
    kernel/keys/maxkeys:20000; do
    file=/proc/sys/${limit%:*}
    was=$(cat "$file")
    [ "$was" -lt "${limit#*:}" ] || continue
    echo "${limit%:*} $was" >> "$fleets/limits"
    echo "${limit#*:}" > "$file"
  done
}
lower_limits() {
  [ -e "$fleets/limits" ] || return 0
  [ -z "$(ls -d "$fleets"/*/ 2>/dev/null)" ] || return 0
  while read -r limit was; do echo "$was" > "/proc/sys/$limit"; done < "$fleets/limits"
  rm -f "$fleets/limits"
}
