# The metadata beside a unit: { source, meta, isDarwin, problems }.
#
# `source` is `meta.json`, `meta.nix` or null. Only `meta` parses the file, and `fromJSON` of a
# broken one ends an evaluation: whoever needs names or kinds of all hosts must not touch it.
entry:
let
  inherit (import ./text.nix) chop contains;
  beside = if entry.form == "directory" then entry.path + "/meta" else chop 4 (toString entry.path) + ".meta";
  json = beside + ".json";
  nix = beside + ".nix";
  hasJson = builtins.pathExists json;
  # `foo.meta.nix` would be a host called foo.meta.
  hasNix = entry.form == "directory" && builtins.pathExists nix;
  text = if hasJson then builtins.readFile json else if hasNix then builtins.readFile nix else "";
  source = if hasJson then "meta.json" else if hasNix then "meta.nix" else null;
  says = key: value: contains "\"?${key}\"?[[:space:]]*[:=][[:space:]]*\"${value}\"" text;
in
{
  inherit source;
  meta = if hasJson then builtins.fromJSON text else if hasNix then import nix else { };
  isDarwin = says "class" "darwin" || says "system" "[^\"]*-darwin";
  problems =
    if hasJson && hasNix then
      [
        {
          severity = "error";
          code = "meta-conflict";
          path = "${entry.rel}/meta.json";
          message = "${entry.rel} has meta.json and meta.nix; keep one";
        }
      ]
    else
      [ ];
}
