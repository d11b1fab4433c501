{
  description = "Three machines at home: a NAS, a compute node, a gateway";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

    home-manager.url = "github:nix-community/home-manager";
    home-manager.inputs.nixpkgs.follows = "nixpkgs";

    # The folder nix/ of flurry, where you cloned it. It has no inputs of its own.
    flurry.url = "path:/home/ada/flurry/nix";
  };

  # Hosts, modules, overlays and homes are found by their folders.
  outputs = inputs: inputs.flurry.lib.mkFleet { inherit inputs; root = ./.; };
}
