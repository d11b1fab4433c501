# What a flake may use of flurry. One function a file.
{
  mkFleet = import ./mk-fleet.nix;
  mkSystem = import ./mk-system.nix;
  scan = import ./scan.nix;
  discover = import ./discover.nix;
  readMeta = import ./read-meta.nix;
  inventory = import ./inventory.nix;
}
