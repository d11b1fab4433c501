# `homelab.backup`: copies folders once a night.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.homelab.backup;
in
{
  options.homelab.backup = {
    enable = lib.mkEnableOption "a copy of some folders once a night";
    paths = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "The folders to copy.";
    };
    to = lib.mkOption {
      type = lib.types.str;
      description = "The folder that gets them.";
    };
    at = lib.mkOption {
      type = lib.types.str;
      default = "03:30";
      description = "When, as a calendar expression of systemd.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.homelab-backup = {
      description = "Copy folders to ${cfg.to}";
      path = [ pkgs.rsync ];
      serviceConfig.Type = "oneshot";
      startAt = cfg.at;
      script = ''
        mkdir -p ${lib.escapeShellArg cfg.to}
        rsync -a --delete ${lib.concatMapStringsSep " " lib.escapeShellArg cfg.paths} ${lib.escapeShellArg cfg.to}
      '';
    };
  };
}
