# main.sh: one verb, and the run it is about.

verb=${1-}
[ $# = 0 ] || shift
case $verb in
look)
  run=none
  look </dev/null # when the script itself comes by stdin, nothing else may read it
  exit 0
  ;;
guard | recover)
  run=$(open_run)
  [ -n "$run" ] || exit 0
  ;;
*) run=${1-} ;;
esac
case $run in
'' | -* | *[!a-z0-9-]* | ?????????????????????????????????*) fail 64 "not a run: $run" ;;
esac
trouble=$(home_trouble)
[ -z "$trouble" ] || fail 65 "$trouble"
dir=$home/runs/$run

case $verb in
take | renew | release | root | arm | rehearse | rehearsal | verify | inspect | discard | import | record | runs | collect | tidy | reboot | work)
  "$verb" "$@"
  ;;
guard | recover | activate | activation | follow | challenge | confirm | abort | outcome)
  [ -d "$dir" ] || fail 79 "no run $run on this host"
  "$verb" "$@"
  ;;
*) fail 64 "unknown verb: $verb" ;;
esac
