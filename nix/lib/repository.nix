# All that the folders of a repository hold, read once: { hosts, homes, problems, … }.
{
  root,
  # Other folders: { systems = [ "machines" ]; homes = [ "home" ]; }. Also `layout.dirs` of fleet.json.
  dirs ? { },
}:
let
  inherit (import ./text.nix) contains;
  scan = import ./scan.nix;
  readMeta = import ./read-meta.nix;

  hostName = "[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)*";

  # fleet.json is opened for its layout alone; where it has none, it is not even parsed.
  fleetFile = root + "/fleet.json";
  fleetText = if builtins.pathExists fleetFile then builtins.readFile fleetFile else "";
  written =
    if contains "\"layout\"[[:space:]]*:" fleetText then
      (builtins.fromJSON fleetText).layout.dirs or { }
    else
      { };
  folders = {
    systems = [
      "systems"
      "hosts"
    ];
    homes = [ "homes" ];
    droids = [ "droids" ];
  } // written // dirs;

  # One kind of unit from all its folders; the first folder that has a name wins, and it is told.
  read =
    kind: valid:
    let
      scans = map (folder: scan { inherit root folder valid; }) folders.${kind};
      found = builtins.zipAttrsWith (_: entries: entries) (map (one: one.entries) scans);
      twice = builtins.filter (name: builtins.length found.${name} > 1) (builtins.attrNames found);
    in
    {
      entries = builtins.mapAttrs (_: builtins.head) found;
      problems =
        builtins.concatMap (one: one.problems) scans
        ++ map (name: {
          severity = "error";
          code = "name-collision";
          path = (builtins.head found.${name}).rel;
          message = "${
            builtins.concatStringsSep " and " (map (entry: entry.rel) found.${name})
          } both define '${name}'; delete one";
        }) twice;
    };

  systems = read "systems" hostName;
  homeFolders = read "homes" "[^/]+";
  droids = read "droids" hostName;

  hosts = builtins.mapAttrs (
    _: entry:
    let
      meta = readMeta entry;
    in
    entry // meta // { class = if meta.isDarwin then "darwin" else meta.meta.class or "nixos"; }
  ) systems.entries;

  homes = import ./homes.nix {
    entries = homeFolders.entries;
    hostNames = builtins.attrNames hosts;
  };

  # The layers of each user's home on a host, base first.
  homesOf =
    host:
    let
      bound = homes.bound.${host} or [ ];
      declared = hosts.${host}.meta.users or [ ] ++ map (home: home.user) bound;
      layers =
        user:
        map (home: home.entry) (
          homes.bases.${user} or [ ] ++ builtins.filter (home: home.user == user) bound
        );
    in
    builtins.listToAttrs (
      builtins.filter (pair: pair.value != [ ]) (
        map (user: {
          name = user;
          value = layers user;
        }) declared
      )
    );
in
{
  inherit hosts homes homesOf;
  droids = droids.entries;
  problems =
    systems.problems
    ++ builtins.concatMap (name: hosts.${name}.problems) (builtins.attrNames hosts)
    ++ homeFolders.problems
    ++ homes.problems
    ++ droids.problems;
}
