# A probe, asked on the host itself, as the login user. The first argument is its kind.
kind=$1 && shift
case $kind in
unit) # UNIT
  state=$(systemctl is-active -- "$1") && exit 0
  echo "$1 is ${state:-unknown}" && exit 1
  ;;
tcp) # ADDRESS PORT SECONDS
  # Neither nc nor curl is on every host; bash, which can open a connection, is on NixOS.
  timeout "$3" bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" "$2" 2>/dev/null && exit 0
  echo "$1 port $2: no connection" && exit 1
  ;;
http) # URL STATUS SECONDS; the status may be empty: anything below 400
  command -v curl >/dev/null || { echo "no curl on this host to ask $1 with" && exit 1; }
  status=$(curl --silent --output /dev/null --max-time "$3" --write-out '%{http_code}' -- "$1") ||
    { echo "$1: no answer" && exit 1; }
  if [ -n "$2" ]; then [ "$status" = "$2" ] && exit 0; else [ "$status" -lt 400 ] && exit 0; fi
  echo "$1 answered $status" && exit 1
  ;;
command) # SECONDS WORD…
  seconds=$1 && shift
  exec timeout "$seconds" "$@" </dev/null
  ;;
esac
