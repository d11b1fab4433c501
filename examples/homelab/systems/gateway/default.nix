# The way in: one web server in front of everything else. Nobody logs in here to work.
{ pkgs, ... }:
{
  imports = [ ./hardware.nix ];

  services.caddy = {
    enable = true;
    virtualHosts."media.home.example".extraConfig = ''
      reverse_proxy nas:8096
    '';
    virtualHosts."chat.home.example".extraConfig = ''
      reverse_proxy compute:11434
    '';
  };
  networking.firewall.allowedTCPPorts = [
    80
    443
  ];

  boot.kernel.sysctl."net.ipv4.ip_forward" = 1;
  environment.systemPackages = [ pkgs.tcpdump ];

  system.stateVersion = "25.11";
}
