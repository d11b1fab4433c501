# `lib.fleet`, schema 1: what flurry reads of a fleet. Evaluates no host.
{ repository, systems }:
let
  host = name: entry: {
    inherit (entry) form class meta;
    path = entry.rel;
    metaSource = entry.source;
    homes = builtins.mapAttrs (_: map (layer: layer.rel)) (repository.homesOf name);
  };
  home =
    { entry, user, place, ... }:
    {
      path = entry.rel;
      inherit user;
    }
    // (if place == null then { } else { host = place; });
in
{
  schema = 1;
  inherit systems;
  hosts = builtins.mapAttrs host repository.hosts;
  homes = builtins.listToAttrs (
    map (found: {
      inherit (found) name;
      value = home found;
    }) repository.homes.all
  );
  standalone = builtins.attrNames repository.homes.bases;
  droids = builtins.mapAttrs (_: entry: { path = entry.rel; }) repository.droids;
  inherit (repository) problems;
}
