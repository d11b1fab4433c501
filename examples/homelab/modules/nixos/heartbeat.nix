# `homelab.heartbeat`: the machine notes every minute that it is well, for whoever wants to read it.
{ config, lib, ... }:
let
  cfg = config.homelab.heartbeat;
in
{
  options.homelab.heartbeat = {
    enable = lib.mkEnableOption "a note every few seconds that the machine is alive" // {
      default = true;
    };
    seconds = lib.mkOption {
      type = lib.types.int;
      default = 60;
      description = "Time between two notes.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.heartbeat = {
      description = "Note that ${config.networking.hostName} is alive";
      wantedBy = [ "multi-user.target" ];
      serviceConfig.RuntimeDirectory = "heartbeat";
      script = ''
        while true; do
          date +%s > /run/heartbeat/last
          sleep ${toString cfg.seconds}
        done
      '';
    };
  };
}
