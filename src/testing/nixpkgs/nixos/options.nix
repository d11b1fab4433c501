# The options that fleets of this project use. What has no effect on a test host is accepted and
# shows itself in the closure, so that a change of it is a change of the system.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption mkEnableOption types;
  text = default: mkOption { type = types.str; inherit default; };
  strings = mkOption { type = types.listOf types.str; default = [ ]; };
  free = mkOption { type = types.attrs; default = { }; };

  file = types.submodule ({ config, ... }: {
    options = {
      text = mkOption { type = types.nullOr types.lines; default = null; };
      source = mkOption { type = types.nullOr types.path; default = null; };
      mode = text "symlink";
      enable = mkOption { type = types.bool; default = true; };
    };
  });

  user = types.submodule ({ name, ... }: {
    options = {
      name = text name;
      isNormalUser = mkEnableOption "a login of a person";
      isSystemUser = mkEnableOption "an account of a service";
      description = text "";
      home = text "/home/${name}";
      group = text "users";
      extraGroups = strings;
      uid = mkOption { type = types.nullOr types.int; default = null; };
      shell = mkOption { type = types.nullOr (types.either types.package types.str); default = null; };
      packages = mkOption { type = types.listOf types.package; default = [ ]; };
      openssh.authorizedKeys.keys = strings;
    };
  });

  authorizedKeys = lib.mapAttrs'
    (name: user: lib.nameValuePair "ssh/authorized_keys.d/${name}" {
      text = lib.concatLines user.openssh.authorizedKeys.keys;
    })
    (lib.filterAttrs (_: user: user.openssh.authorizedKeys.keys != [ ]) config.users.users);
in
{
  options = {
    networking = {
      hostName = text "nixos";
      domain = mkOption { type = types.nullOr types.str; default = null; };
      hostId = mkOption { type = types.nullOr types.str; default = null; };
      useDHCP = mkOption { type = types.bool; default = true; };
      nameservers = strings;
      firewall = {
        enable = mkOption { type = types.bool; default = true; };
        allowedTCPPorts = mkOption { type = types.listOf types.port; default = [ ]; };
        allowedUDPPorts = mkOption { type = types.listOf types.port; default = [ ]; };
      };
    };

    environment = {
      systemPackages = mkOption { type = types.listOf types.package; default = [ ]; };
      etc = mkOption { type = types.attrsOf file; default = { }; };
      variables = free;
    };

    users.mutableUsers = mkOption { type = types.bool; default = true; };
    users.users = mkOption { type = types.attrsOf user; default = { }; };
    users.groups = free;
    security.sudo.wheelNeedsPassword = mkOption { type = types.bool; default = true; };
    security.sudo.extraRules = mkOption { type = types.listOf types.attrs; default = [ ]; };

    time.timeZone = mkOption { type = types.nullOr types.str; default = null; };
    i18n.defaultLocale = text "en_US.UTF-8";

    services.openssh = {
      enable = mkEnableOption "the OpenSSH daemon";
      settings = free;
      extraConfig = mkOption { type = types.lines; default = ""; };
    };

    boot = {
      kernelPackages = mkOption { type = types.raw; default = pkgs.linuxPackages; };
      kernel.sysctl = free;
      loader.systemd-boot.enable = mkEnableOption "systemd-boot";
      loader.grub.enable = mkEnableOption "GRUB";
      loader.grub.device = text "";
      loader.efi.canTouchEfiVariables = mkEnableOption "writing EFI variables";
    };
    fileSystems = free;
    swapDevices = mkOption { type = types.listOf types.attrs; default = [ ]; };
    hardware = free;
    nix.settings = free;
    nix.gc = free;

    assertions = mkOption { type = types.listOf types.attrs; default = [ ]; };
    warnings = strings;
  };

  config.environment.etc = authorizedKeys // {
    hostname.text = config.networking.hostName + "\n";
  } // lib.optionalAttrs (config.time.timeZone != null) {
    timezone.text = config.time.timeZone + "\n";
  } // lib.optionalAttrs (config.security.sudo.extraRules != [ ]) {
    "sudo-rules.json".text = builtins.toJSON config.security.sudo.extraRules;
  } // lib.optionalAttrs config.networking.firewall.enable {
    "firewall.json".text = builtins.toJSON config.networking.firewall;
  } // lib.optionalAttrs (config.boot.kernel.sysctl != { }) {
    "sysctl.d/60-nixos.conf".text = lib.concatLines
      (lib.mapAttrsToList (name: value: "${name}=${toString value}") config.boot.kernel.sysctl);
  };
  config.environment.systemPackages =
    builtins.concatMap (user: user.packages) (builtins.attrValues config.users.users);
}
