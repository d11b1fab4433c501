# One NixOS host: its folder, the shared modules, its users' homes, its own nixpkgs.
#
# The commit is nowhere in it: a system that names its revision is a new system at every commit.
{
  # nixpkgs' lib with the repository's own functions in it, and `nixosSystem`.
  lib,
  name,
  # The host's folder or file.
  path,
  meta ? { },
  modules ? [ ],
  overlays ? [ ],
  config ? { },
  # A package set to use as it is; null: the host makes its own, and may say `allowUnfree` and such.
  pkgs ? null,
  # user -> layers of the home, as paths
  homes ? { },
  homeModules ? [ ],
  # The input, where there is one.
  homeManager ? null,
  specialArgs ? { },
}:
let
  settings =
    { lib, ... }:
    {
      _file = "flurry's mkSystem";
      networking.hostName = lib.mkDefault (meta.hostName or name);
      nixpkgs =
        if pkgs != null then
          { inherit pkgs; }
        else
          {
            # Weaker than what hardware files say with mkDefault.
            hostPlatform = lib.mkOverride 1400 (meta.system or "x86_64-linux");
            inherit overlays config;
          };
    };

  homesModule = {
    _file = "flurry's mkSystem (homes)";
    imports = [ homeManager.nixosModules.home-manager ];
    home-manager = {
      useGlobalPkgs = true;
      useUserPackages = true;
      extraSpecialArgs = specialArgs // {
        isDroid = false;
        hostName = name;
      };
      users = builtins.mapAttrs (_: layers: { imports = layers ++ homeModules; }) homes;
    };
  };
in
lib.nixosSystem {
  specialArgs = specialArgs // {
    inherit lib;
    hostName = name;
  };
  modules = [
    settings
    ../modules/host.nix
    path
  ]
  ++ modules
  ++ (if homes == { } || homeManager == null then [ ] else [ homesModule ]);
}
