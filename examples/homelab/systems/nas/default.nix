# Keeps the files, and everybody's backups.
{ pkgs, ... }:
{
  imports = [ ./hardware.nix ];

  services.nfs.server = {
    enable = true;
    exports = ''
      /srv/media   192.168.1.0/24(ro,all_squash)
      /srv/backup  192.168.1.0/24(rw)
    '';
  };
  networking.firewall.allowedTCPPorts = [ 2049 ];

  environment.systemPackages = [ pkgs.smartmontools ];

  # The disks are here, so nothing is carried over the network.
  homelab.backup = {
    enable = true;
    paths = [ "/srv/media" "/home" ];
    to = "/srv/backup/nas";
  };

  system.stateVersion = "25.11";
}
