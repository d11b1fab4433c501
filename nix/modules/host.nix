# `flurry.host`: what a machine needs to be deployed to as somebody other than root.
#
# As root it needs nothing. flurry brings its own scripts along, and asks sudo for the rest.
{ config, lib, ... }:
let
  cfg = config.flurry.host;
in
{
  options.flurry.host = {
    enable = lib.mkEnableOption "a login from which flurry deploys to this machine";
    user = lib.mkOption {
      type = lib.types.str;
      default = "deployer";
      description = ''
        The name of that login; meta.json says the same as `user`. It may run everything through
        sudo without a password: whoever holds one of its keys can become root.
      '';
    };
    authorizedKeys = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "The public keys that may log in as this user.";
    };
  };

  config = lib.mkIf cfg.enable {
    users.users.${cfg.user} = {
      isNormalUser = true;
      description = "Deploys with flurry";
      openssh.authorizedKeys.keys = cfg.authorizedKeys;
    };
    security.sudo.extraRules = [
      {
        users = [ cfg.user ];
        commands = [
          {
            command = "ALL";
            options = [ "NOPASSWD" ];
          }
        ];
      }
    ];
    assertions = [
      {
        assertion = cfg.authorizedKeys != [ ];
        message = "flurry.host.authorizedKeys is empty: nobody could deploy to ${config.networking.hostName}";
      }
    ];
  };
}
