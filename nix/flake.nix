{
  description = "The Nix half of flurry: a fleet of NixOS hosts from the folders of one repository";

  # No inputs: nothing to lock, nothing to follow, no second nixpkgs. Works with Nix 2.8 and newer.
  outputs = _: {
    lib = import ./lib;
    nixosModules.host = ./modules/host.nix;
    nixosModules.default = ./modules/host.nix;
  };
}
