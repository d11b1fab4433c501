# `config.system.build.toplevel`: a system that a test host can run.
{ config, lib, pkgs, extendModules, ... }:
let
  inherit (lib) mkOption types;

  activationScript = types.submodule {
    options.text = mkOption { type = types.lines; default = ""; };
    options.deps = mkOption { type = types.listOf types.str; default = [ ]; };
  };

  failed = map (assertion: assertion.message)
    (builtins.filter (assertion: !assertion.assertion) config.assertions);
  whole = value:
    if failed != [ ]
    then throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (message: "- ${message}") failed}"
    else value;

  scripts = lib.mapAttrsToList (_: script: if builtins.isString script then script else script.text)
    config.system.activationScripts;

  etc = lib.filterAttrs (_: file: file.enable) config.environment.etc;

  # Arguments of the test fleet's system (system.nix beside this folder).
  wish = config: {
    name = config.networking.hostName;
    version = config.system.nixos.version;
    system = config.nixpkgs.hostPlatform.system;
    packages = builtins.listToAttrs (map (package: lib.nameValuePair package.pname package)
      config.environment.systemPackages);
    units = config.systemd.unitTexts;
    inherit (config.systemd) unwanted;
    kernel = config.boot.kernelPackages.kernel.version;
    loader = if config.boot.loader.grub.enable then "grub" else "systemd-boot";
  };
in
{
  options = {
    system = {
      stateVersion = mkOption { type = types.str; default = config.system.nixos.release; };
      nixos.release = mkOption { type = types.str; default = "26.05"; };
      nixos.version = mkOption { type = types.str; default = "${config.system.nixos.release}.0"; };
      nixos.label = mkOption { type = types.str; default = config.system.nixos.version; };
      configurationRevision = mkOption { type = types.nullOr types.str; default = null; };
      activationScripts = mkOption { type = types.attrsOf (types.either types.str activationScript); default = { }; };
      build = mkOption { type = types.lazyAttrsOf types.raw; default = { }; };
    };
    specialisation = mkOption {
      type = types.attrsOf (types.submodule { options.configuration = mkOption { type = types.raw; }; });
      default = { };
    };
    # Faults and habits of a test host, by the names system.nix has for them. Real NixOS has no such option.
    testHost = mkOption { type = types.attrs; default = { }; };
    # How a system is wished for, for specialisations.
    system.wish = mkOption { type = types.raw; };
  };

  config.system.wish = wish config // {
    etc = builtins.mapAttrs
      (_: file: if file.text != null then file.text else builtins.readFile file.source)
      etc;
    activation = lib.concatStringsSep "\n" scripts;
  } // lib.optionalAttrs (config.system.configurationRevision != null) {
    revision = config.system.configurationRevision;
  } // config.testHost;

  config.system.build.toplevel = whole (import ../system.nix (config.system.wish // {
    specialisation = builtins.mapAttrs
      (_: special: (extendModules { modules = [ special.configuration ]; }).config.system.wish)
      config.specialisation;
  }));
}
