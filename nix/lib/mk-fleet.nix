# A whole flake from the folders of a repository:
#
#   outputs = inputs: inputs.flurry.lib.mkFleet { inherit inputs; root = ./.; };
#
# Gives ordinary outputs: nixosConfigurations, nixosModules, homeModules, overlays, and `lib` with
# the repository's own functions and `lib.fleet`, which is what flurry reads.
{
  inputs,
  # The flake's folder.
  root,
  # Other folders than systems/, hosts/ and homes/: { systems = [ "machines" ]; }.
  dirs ? { },
  # For `perSystem`.
  systems ? [
    "x86_64-linux"
    "aarch64-linux"
  ],
  nixpkgs ?
    inputs.nixpkgs
      or (throw "flurry: mkFleet finds no input nixpkgs; give it one, or the option `nixpkgs`"),
  # system -> package set, to be used as it is by all hosts of that system.
  nixpkgsFor ? null,
  # nixpkgs' config of all hosts: { allowUnfree = true; }.
  config ? { },
  # Besides those of the repository.
  overlays ? [ ],
  # More for all hosts, all homes: { nixos = [ … ]; home = [ … ]; }.
  modules ? { },
  # For all modules: a set, or { system, name }: set.
  specialArgs ? { },
  # For one host: { nas = { modules = [ … ]; specialArgs = { … }; }; }.
  hosts ? { },
  # { pkgs, system }: { packages, formatter, devShells, checks }
  perSystem ? null,
  # More outputs, merged two levels deep.
  outputs ? { },
}:
let
  self = inputs.self or { };
  repository = import ./repository.nix { inherit root dirs; };
  mkSystem = import ./mk-system.nix;

  # lib/default.nix of the repository, in nixpkgs' lib.
  ownLib = root + "/lib/default.nix";
  lib =
    if builtins.pathExists ownLib then
      nixpkgs.lib.extend (
        import ./as-overlay.nix {
          inherit inputs self;
          inherit (nixpkgs) lib;
        } (import ownLib)
      )
    else
      nixpkgs.lib;
  ownFunctions =
    if builtins.pathExists ownLib then builtins.removeAttrs lib (builtins.attrNames nixpkgs.lib) else { };

  args = { inherit inputs self lib; };
  ownOverlays = import ./overlays.nix { inherit root args; };
  nixosModules = import ./modules.nix {
    inherit root args;
    kind = "nixos";
  };
  homeModules = import ./modules.nix {
    inherit root args;
    kind = "home";
  };
  allOverlays = [ ownOverlays.default ] ++ overlays;

  host =
    name: entry:
    let
      special = hosts.${name} or { };
      system = entry.meta.system or "x86_64-linux";
      given = if builtins.isFunction specialArgs then specialArgs { inherit system name; } else specialArgs;
    in
    mkSystem {
      inherit lib name config;
      inherit (entry) path meta;
      overlays = allOverlays;
      pkgs = if nixpkgsFor == null then null else nixpkgsFor system;
      modules = [ nixosModules.default ] ++ modules.nixos or [ ] ++ special.modules or [ ];
      homes = builtins.mapAttrs (_: map (layer: layer.path)) (repository.homesOf name);
      homeModules = [ homeModules.default ] ++ modules.home or [ ];
      homeManager = inputs.home-manager or null;
      specialArgs = { inherit inputs self; } // given // special.specialArgs or { };
    };

  names = builtins.attrNames repository.hosts;
  nixosHosts = builtins.removeAttrs repository.hosts (
    builtins.filter (name: repository.hosts.${name}.isDarwin) names
  );

  # { packages.x = …; } of each system becomes { packages.SYSTEM.x = …; }.
  bySystem =
    if perSystem == null then
      { }
    else
      builtins.zipAttrsWith (_: builtins.foldl' (sofar: one: sofar // one) { }) (
        map (
          system:
          builtins.mapAttrs (_: value: { ${system} = value; }) (perSystem {
            inherit system;
            pkgs =
              if nixpkgsFor != null then
                nixpkgsFor system
              else
                import nixpkgs {
                  inherit system config;
                  overlays = allOverlays;
                };
          })
        ) systems
      );

  made = {
    nixosConfigurations = builtins.mapAttrs host nixosHosts;
    inherit nixosModules homeModules;
    overlays = ownOverlays;
    lib = ownFunctions // {
      fleet = import ./inventory.nix { inherit repository systems; };
    };
  }
  // bySystem;
in
made
// builtins.mapAttrs (
  name: more: if builtins.isAttrs more then made.${name} or { } // more else more
) outputs
