{
  description = "Stands in for nixpkgs in flurry's tests, example and demo: small, offline, ours";

  # No inputs. Works with Nix 2.8 and newer.
  outputs = _:
    let
      lib = import ./lib;
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
    in
    {
      lib = lib.extend (final: _: {
        nixosSystem = import ./nixos/nixos-system.nix final;
      });
      legacyPackages = lib.genAttrs systems (system: import ./. { inherit system; });
    };
}
