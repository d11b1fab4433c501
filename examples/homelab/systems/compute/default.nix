# The strong one: builds, and answers questions.
{ pkgs, ... }:
{
  imports = [ ./hardware.nix ];

  # New hardware likes new kernels.
  boot.kernelPackages = pkgs.linuxPackages_latest;

  services.ollama.enable = true;

  environment.systemPackages = [
    pkgs.btop
    pkgs.neovim
  ];

  homelab.backup = {
    enable = true;
    paths = [ "/home" ];
    to = "/mnt/backup/compute";
  };

  system.stateVersion = "25.11";
}
