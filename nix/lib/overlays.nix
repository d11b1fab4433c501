# The overlays of a repository, by name, with `default` for all of them in order of their names.
# A hand-written overlays/default.nix takes the place of the files beside it.
{ root, args }:
let
  asOverlay = import ./as-overlay.nix args;
  compose =
    overlays: final: prev:
    builtins.foldl' (sofar: overlay: sofar // overlay final (prev // sofar)) { } overlays;

  entry = root + "/overlays/default.nix";
  found = builtins.mapAttrs (_: unit: asOverlay (import unit.path)) (import ./scan.nix {
    inherit root;
    folder = "overlays";
  }).entries;

  imported = import entry;
  wanted = if builtins.isFunction imported then builtins.functionArgs imported else { };
  value = if wanted == { } then imported else imported (builtins.intersectAttrs wanted args);
  byHand =
    if builtins.isFunction value then
      { default = asOverlay value; }
    else if builtins.isList value then
      { default = compose (map asOverlay value); }
    else
      builtins.mapAttrs (_: asOverlay) value;

  overlays = if builtins.pathExists entry then byHand else found;
  all = builtins.attrValues (builtins.removeAttrs overlays [ "default" ]);
in
{ default = compose all; } // overlays
