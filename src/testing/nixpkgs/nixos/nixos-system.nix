# `lib.nixosSystem`: modules in, a system of the test fleet out.
lib: { modules, specialArgs ? { }, system ? null, pkgs ? null }:
let
  outside = { config = lib.mkMerge [
    (lib.mkIf (system != null) { nixpkgs.system = lib.mkDefault system; })
    (lib.mkIf (pkgs != null) { nixpkgs.pkgs = lib.mkDefault pkgs; })
  ]; };
  evaluate = more: lib.evalModules {
    inherit specialArgs;
    modules = [ ./nixpkgs.nix ./options.nix ./services.nix ./systemd.nix ./toplevel.nix outside ] ++ modules ++ more;
  };
  # Specialisations are the same modules with some more.
  extendable = more:
    let evaluated = evaluate ([ { _module.args.extendModules = { modules }: extendable (more ++ modules); } ] ++ more);
    in evaluated // {
      pkgs = evaluated.config._module.args.pkgs;
      inherit lib;
      extendModules = { modules }: extendable (more ++ modules);
    };
in
extendable [ ]
