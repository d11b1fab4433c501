# The units of one folder: `{ entries; problems; }`. Total: whatever lies there, it never throws.
#
# A unit is a directory with `default.nix`, or a `*.nix` file other than that. Names that begin
# with `.` or `_` are disabled. Entries are by name: { form, name, path, rel }.
{
  root,
  folder,
  # A POSIX expression that names must match.
  valid ? "[^/]+",
}:
let
  inherit (import ./text.nix) chop hasSuffix;

  problem = severity: code: path: message: {
    inherit
      severity
      code
      path
      message
      ;
  };

  # A file or a link in the folder's place is as good as nothing.
  parts = builtins.filter (part: builtins.isString part && part != "" && part != ".") (
    builtins.split "/" folder
  );
  step =
    at: part:
    if at != null && (builtins.readDir at).${part} or null == "directory" then
      at + "/${part}"
    else
      null;
  directory = builtins.foldl' step root parts;
  kinds = if directory == null then { } else builtins.readDir directory;

  classify =
    name:
    let
      kind = kinds.${name};
      path = root + "/${folder}/${name}";
      rel = if folder == "." then name else "${folder}/${name}";
      take = form: unit: problems: {
        inherit
          form
          path
          rel
          problems
          ;
        name = unit;
      };
      skip = problems: { inherit problems; };
      hasEntry = builtins.pathExists (path + "/default.nix");
      isNix = hasSuffix ".nix" name && name != "default.nix";
      found = builtins.concatStringsSep ", " (builtins.attrNames (builtins.readDir path));
      followed = [ (problem "info" "symlink" rel "symlink followed") ];
    in
    if builtins.match "[._].*" name != null then
      skip [ ]
    else if kind == "directory" && hasSuffix ".nix" name then
      skip [ (problem "error" "name-suffix" rel "a directory name cannot end in .nix") ]
    else if kind == "directory" && hasEntry then
      take "directory" name [ ]
    else if kind == "directory" then
      skip [
        (problem "warning" "no-entry" rel
          "no default.nix, so this is not discovered (found: ${found}). Rename it or add a default.nix that imports it."
        )
      ]
    else if kind == "symlink" && hasEntry then
      take "directory" name followed
    else if kind == "symlink" && isNix && builtins.pathExists path then
      take "file" (chop 4 name) followed
    else if kind == "symlink" then
      skip [
        (problem "warning" "symlink-outside" rel
          "symlink does not lead to a unit inside the repository; Nix cannot read it"
        )
      ]
    else if kind == "regular" && isNix then
      take "file" (chop 4 name) [ ]
    else
      skip [ ];

  all = map classify (builtins.attrNames kinds);
  groups = builtins.groupBy (entry: entry.name) (builtins.filter (entry: entry ? name) all);
  names = builtins.attrNames groups;

  # Of `foo/` and `foo.nix` the directory is taken, and the clash is told.
  choose =
    _: entries:
    builtins.removeAttrs (builtins.head (
      builtins.filter (entry: entry.form == "directory") entries ++ entries
    )) [ "problems" ];
  entries = builtins.mapAttrs choose groups;

  clash =
    name:
    problem "error" "name-collision" "${folder}/${name}"
      "${
        builtins.concatStringsSep " and " (map (entry: entry.rel) groups.${name})
      } both define '${name}'; delete one";
  invalid =
    name: problem "error" "name-invalid" entries.${name}.rel "'${name}' is not a valid name here";
in
{
  inherit entries;
  problems =
    builtins.concatMap (entry: entry.problems) all
    ++ map clash (builtins.filter (name: builtins.length groups.${name} > 1) names)
    ++ map invalid (builtins.filter (name: builtins.match valid name == null) names);
}
