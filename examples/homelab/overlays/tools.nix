# Small tools of our own, as packages like any other.
final: prev: {
  homelab-report = final.writeShellScriptBin "homelab-report" ''
    echo "$(uname -n), up since $(uptime -s)"
    df -h / | tail -n 1
    systemctl --failed --no-legend
  '';
}
