# The folders of homes, by what their names say: { bases, bound, problems }.
#
# `alice` and `alice@global` are a user's base, `alice@nas` belongs to the host nas.
{ entries, hostNames }:
let
  parse =
    name:
    let
      parts = builtins.match "([^@]*)(@([^@]*))?" name;
      user = builtins.elemAt parts 0;
      place = builtins.elemAt parts 2;
      entry = entries.${name};
      wrong = code: message: {
        problem = {
          severity = "error";
          inherit code message;
          path = entry.rel;
        };
      };
    in
    if parts == null then
      wrong "home-name" "${entry.rel}: more than one @"
    else if user == "" then
      wrong "home-name" "${entry.rel}: no user before @"
    else if place == "" then
      wrong "home-name" "${entry.rel}: nothing after @"
    else if user == "global" || user == "droid" then
      wrong "name-reserved" "${entry.rel}: '${user}' is reserved for user@${user}"
    else
      { inherit user place entry name; };

  parsed = map parse (builtins.attrNames entries);
  good = builtins.filter (home: home ? user) parsed;
  isBase = home: home.place == null || home.place == "global";
  isBound = home: !isBase home && home.place != "droid";
  isStray = home: isBound home && !builtins.elem home.place hostNames;
  byUser = builtins.groupBy (home: home.user);
in
{
  all = good;
  # user -> its base, then its global layer
  bases = byUser (builtins.filter isBase good);
  # host -> the homes bound to it
  bound = builtins.groupBy (home: home.place) (builtins.filter isBound good);
  problems =
    map (home: home.problem) (builtins.filter (home: home ? problem) parsed)
    ++ map (home: {
      severity = "warning";
      code = "home-unknown-host";
      path = home.entry.rel;
      message = "${home.entry.rel}: there is no host ${home.place}; used by nothing";
    }) (builtins.filter isStray good);
}
