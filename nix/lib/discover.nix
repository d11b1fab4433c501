# The units of a folder as { name = path; }: `discover ./modules/nixos`.
folder:
builtins.mapAttrs (_: entry: entry.path)
  (import ./scan.nix {
    root = folder;
    folder = ".";
  }).entries
