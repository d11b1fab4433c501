# Ada's home, on every host whose meta.json names her among its users.
{ pkgs, ... }:
{
  home.packages = [
    pkgs.bat
    pkgs.ripgrep
    pkgs.tmux
  ];
  home.file.".config/git/config".text = ''
    [user]
      name = Ada
      email = ada@home.example
    [pull]
      rebase = true
  '';

  home.stateVersion = "25.11";
}
