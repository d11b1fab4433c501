# `import nixpkgs { system = "x86_64-linux"; overlays = [ … ]; config = { … }; }`: a package set.
{ system ? builtins.currentSystem, overlays ? [ ], config ? { } }:
let lib = import ./lib;
in lib.fix (lib.extends (lib.composeManyExtensions overlays) (import ./packages.nix { inherit lib system config overlays; }))
