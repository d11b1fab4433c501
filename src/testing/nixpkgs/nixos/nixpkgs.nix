# A host owns its nixpkgs: platform, overlays and configuration are options.
{ config, lib, options, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.nixpkgs;
in
{
  options.nixpkgs = {
    hostPlatform = mkOption {
      type = types.either types.str types.attrs;
      apply = platform: if builtins.isString platform then { system = platform; } else platform;
    };
    system = mkOption { type = types.str; default = "x86_64-linux"; };
    overlays = mkOption { type = types.listOf types.raw; default = [ ]; };
    config = mkOption { type = types.attrs; default = { }; };
    pkgs = mkOption {
      type = types.raw;
      default = import ../. {
        # An old-style `system` counts only where no module names a platform.
        system = cfg.hostPlatform.system;
        inherit (cfg) overlays config;
      };
    };
  };
  config.nixpkgs.hostPlatform = lib.mkOverride 1450 cfg.system;
  config._module.args.pkgs = lib.mkDefault cfg.pkgs;
}
