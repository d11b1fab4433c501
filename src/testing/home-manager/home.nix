# The options of a home that fleets of this project use.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  file = types.submodule { options.text = mkOption { type = types.lines; default = ""; }; };
in
{
  options = {
    home.username = mkOption { type = types.str; default = "nobody"; };
    home.homeDirectory = mkOption { type = types.str; default = "/home/${config.home.username}"; };
    home.stateVersion = mkOption { type = types.str; };
    home.packages = mkOption { type = types.listOf types.package; default = [ ]; };
    home.sessionVariables = mkOption { type = types.attrs; default = { }; };
    home.file = mkOption { type = types.attrsOf file; default = { }; };
    programs.git.enable = lib.mkEnableOption "git";
    programs.git.userName = mkOption { type = types.str; default = ""; };
    programs.git.userEmail = mkOption { type = types.str; default = ""; };
  };
  config.home.file = lib.mkIf config.programs.git.enable {
    ".config/git/config".text = ''
      [user]
        name = ${config.programs.git.userName}
        email = ${config.programs.git.userEmail}
    '';
  };
}
