# The outputs that other tools want of a flake, made from its nixosConfigurations: `colmenaHive`
# (schema v0.5) and `deploy` (of deploy-rs). What they measure is the same systems.
configurations:
let
  inherit (builtins) listToAttrs mapAttrs;
  systems = mapAttrs (_: host: host.config.system.build.toplevel) configurations;
  only = names: all: listToAttrs (map (name: { inherit name; value = all.${name}; }) names);

  # Their activation goes through a program of their own, which is at this place on the hosts.
  activatable = name: system: derivation {
    name = "activatable-${name}";
    inherit (system) system;
    builder = "/bin/sh";
    PATH = "/usr/bin:/bin";
    args = [ "-c" ''
      mkdir $out && ln -s ${system}/* $out/ &&
      printf '#!/bin/sh\nexec "$PROFILE/bin/switch-to-configuration" switch\n' > $out/deploy-rs-activate &&
      printf '#!/bin/sh\nexec /opt/deploy-rs/activate "$@"\n' > $out/activate-rs &&
      chmod +x $out/deploy-rs-activate $out/activate-rs
    '' ];
  };
in
{
  colmenaHive = rec {
    __schema = "v0.5";
    nodes = configurations;
    toplevel = systems;
    metaConfig = { name = "bench"; description = "Test hosts"; machinesFile = null; allowApplyAll = true; };
    deploymentConfig = mapAttrs (name: _: {
      targetHost = name;
      targetUser = "root";
      targetPort = null;
      allowLocalDeployment = false;
      buildOnTarget = false;
      tags = [ ];
      replaceUnknownProfiles = true;
      privilegeEscalationCommand = [ ];
      sshOptions = [ ];
      keys = { };
    }) configurations;
    deploymentConfigSelected = names: only names deploymentConfig;
    evalSelected = names: only names systems;
    evalSelectedDrvPaths = names: mapAttrs (_: system: system.drvPath) (evalSelected names);
    introspect = f: f { nodes = configurations; };
  };

  deploy.nodes = mapAttrs (name: system: {
    hostname = name;
    sshUser = "root";
    profiles.system = { user = "root"; path = activatable name system; };
  }) systems;
}
