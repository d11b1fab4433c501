{
  description = "flurry deploys a fleet of NixOS machines from one flake repository";

  # Only the program itself is made with nixpkgs. The library is in nix/, a flake without inputs;
  # `lib` and `nixosModules` here are the same and never touch this input.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      library = (import ./nix/flake.nix).outputs { };

      # node_modules is a fixed output, and its hash is known for these.
      systems = builtins.attrNames (import ./nix/node-modules-hashes.nix);
      eachSystem =
        f:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = f nixpkgs.legacyPackages.${system};
          }) systems
        );
      flurryFor = pkgs: pkgs.callPackage ./nix/package.nix { src = ./.; };
    in
    library
    // {
      packages = eachSystem (pkgs: rec {
        flurry = flurryFor pkgs;
        default = flurry;
      });

      apps = eachSystem (pkgs: rec {
        flurry = {
          type = "app";
          program = "${flurryFor pkgs}/bin/flurry";
        };
        default = flurry;
      });

      overlays.default = final: _: { flurry = flurryFor final; };

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.git
            pkgs.nodejs
            pkgs.openssh
          ];
        };
      });
    };
}
