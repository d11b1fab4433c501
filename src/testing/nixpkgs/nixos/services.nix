# Services as fleets write them, with the options of NixOS. What runs is a placeholder, except that
# the web server refuses a configuration with words it does not know, as the real one does.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkEnableOption mkIf mkOption types;
  cfg = config.services;
  placeholder = description: more: {
    inherit description;
    after = [ "network.target" ];
    wantedBy = [ "multi-user.target" ];
    script = "exec sleep infinity";
  } // more;

  indented = text: lib.concatMapStringsSep "\n" (line: "  ${line}")
    (builtins.filter (line: line != "") (lib.splitString "\n" text));
  caddyfile = lib.concatStringsSep "\n" (lib.mapAttrsToList
    (name: host: "${name} {\n${indented host.extraConfig}\n}\n")
    cfg.caddy.virtualHosts);
in
{
  options.services = {
    caddy.enable = mkEnableOption "the web server Caddy";
    caddy.virtualHosts = mkOption {
      type = types.attrsOf (types.submodule {
        options.extraConfig = mkOption { type = types.lines; default = ""; };
      });
      default = { };
    };
    nfs.server.enable = mkEnableOption "the NFS server";
    nfs.server.exports = mkOption { type = types.lines; default = ""; };
    ollama.enable = mkEnableOption "the model server Ollama";
  };

  config = lib.mkMerge [
    (mkIf cfg.caddy.enable {
      environment.etc."caddy/caddy_config".text = caddyfile;
      environment.systemPackages = [ pkgs.caddy ];
      systemd.services.caddy = placeholder "Caddy" {
        restartTriggers = [ (builtins.hashString "sha256" caddyfile) ];
        serviceConfig = {
          Type = "notify";
          NotifyAccess = "all";
          Restart = "on-failure";
          RestartSec = "5s";
          RestartPreventExitStatus = 1;
        };
        script = ''
          words=$(grep -oE '^ +[a-z_]+' /etc/caddy/caddy_config | tr -d ' ' || true)
          for word in $words; do
            case $word in
              reverse_proxy | respond | file_server | root | encode | tls | header | log) ;;
              *) echo "Error: adapting config using caddyfile: unrecognized directive: $word" >&2; exit 1 ;;
            esac
          done
          systemd-notify --ready
          exec sleep infinity
        '';
      };
    })
    (mkIf cfg.nfs.server.enable {
      environment.etc.exports.text = cfg.nfs.server.exports;
      systemd.services.nfs-server = placeholder "NFS server" {
        restartTriggers = [ (builtins.hashString "sha256" cfg.nfs.server.exports) ];
      };
    })
    (mkIf cfg.ollama.enable { systemd.services.ollama = placeholder "Server for local models" { }; })
  ];
}
