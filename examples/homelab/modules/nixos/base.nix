# What every machine has: a way in, a person, a clock, a few tools.
{ pkgs, ... }:
let
  # Yours goes here, or the next deploy shuts you out (and is undone).
  key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPutYourOwnPublicKeyInPlaceOfThisExampleK ada@laptop";
in
{
  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = false;
    settings.PermitRootLogin = "prohibit-password";
  };

  users.users.root.openssh.authorizedKeys.keys = [ key ];
  users.users.ada = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    openssh.authorizedKeys.keys = [ key ];
  };

  time.timeZone = "Europe/Berlin";
  environment.systemPackages = [
    pkgs.git
    pkgs.htop
    pkgs.homelab-report
  ];
}
