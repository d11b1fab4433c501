# Units: `systemd.services.<name>` and its kin become unit files, as NixOS writes them.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  strings = mkOption { type = types.listOf types.str; default = [ ]; };
  section = mkOption { type = types.attrs; default = { }; };
  flag = default: mkOption { type = types.bool; inherit default; };
  script = mkOption { type = types.lines; default = ""; };

  common = {
    enable = flag true;
    description = mkOption { type = types.str; default = ""; };
    after = strings;
    before = strings;
    wants = strings;
    requires = strings;
    partOf = strings;
    conflicts = strings;
    wantedBy = strings;
    unitConfig = section;
  };

  service = types.submodule {
    options = common // {
      serviceConfig = section;
      environment = section;
      path = mkOption { type = types.listOf types.package; default = [ ]; };
      inherit script;
      preStart = script;
      restartIfChanged = flag true;
      reloadIfChanged = flag false;
      stopIfChanged = flag true;
      restartTriggers = mkOption { type = types.listOf types.raw; default = [ ]; };
      startAt = mkOption { type = types.either types.str (types.listOf types.str); default = [ ]; };
    };
  };
  timer = types.submodule { options = common // { timerConfig = section; }; };

  show = value: if builtins.isBool value then lib.boolToString value else toString value;
  lines = name: value: map (one: "${name}=${show one}") (lib.flatten value);
  block = title: values: lib.optionals (values != { })
    ([ "[${title}]" ] ++ lib.flatten (lib.mapAttrsToList lines values) ++ [ "" ]);

  unitBlock = unit: block "Unit" (lib.filterAttrs (_: value: value != "" && value != [ ]) {
    Description = unit.description;
    After = unit.after;
    Before = unit.before;
    Wants = unit.wants;
    Requires = unit.requires;
    PartOf = unit.partOf;
    Conflicts = unit.conflicts;
  } // unit.unitConfig);

  # As NixOS does it, so that a log names the script and not a hash.
  program = name: kind: text:
    let script = pkgs.writeTextFile {
      name = "unit-script-${name}-${kind}";
      text = "#!/bin/sh\nset -e\n${text}";
      executable = true;
      destination = "/bin/${name}-${kind}";
    };
    in "${script}/bin/${name}-${kind}";

  serviceText = name: unit: lib.concatStringsSep "\n" (unitBlock unit ++ block "Service" (
    lib.optionalAttrs (unit.environment != { } || unit.path != [ ]) {
      Environment = lib.mapAttrsToList (key: value: "\"${key}=${toString value}\"") (unit.environment
        // lib.optionalAttrs (unit.path != [ ]) {
          PATH = lib.concatMapStringsSep ":" (package: "${package}/bin") unit.path + ":/usr/bin:/bin";
        });
    }
    // lib.optionalAttrs (unit.preStart != "") { ExecStartPre = program name "pre-start" unit.preStart; }
    // lib.optionalAttrs (unit.script != "") { ExecStart = program name "start" unit.script; }
    // lib.optionalAttrs (!unit.restartIfChanged) { X-RestartIfChanged = false; }
    // lib.optionalAttrs unit.reloadIfChanged { X-ReloadIfChanged = true; }
    // lib.optionalAttrs (!unit.stopIfChanged) { X-StopIfChanged = false; }
    // lib.optionalAttrs (unit.restartTriggers != [ ]) { X-Restart-Triggers = unit.restartTriggers; }
    // unit.serviceConfig));
  timerText = unit: lib.concatStringsSep "\n" (unitBlock unit ++ block "Timer" unit.timerConfig);

  enabled = lib.filterAttrs (_: unit: unit.enable);
  services = enabled config.systemd.services;
  timers = enabled config.systemd.timers;
  scheduled = lib.filterAttrs (_: unit: unit.startAt != [ ]) services;
in
{
  options.systemd = {
    services = mkOption { type = types.attrsOf service; default = { }; };
    timers = mkOption { type = types.attrsOf timer; default = { }; };
    tmpfiles.rules = strings;
    # What the test fleet's system is made from: text by file name, and those not started by themselves.
    unitTexts = mkOption { type = types.attrsOf types.str; default = { }; };
    unwanted = strings;
  };

  config.systemd = {
    timers = builtins.mapAttrs
      (_: unit: { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = unit.startAt; })
      scheduled;
    unitTexts = lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.service" (serviceText name unit)) services
      // lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.timer" (timerText unit)) timers;
    unwanted = map (name: "${name}.service")
      (builtins.attrNames (lib.filterAttrs (_: unit: unit.wantedBy == [ ]) services));
  };
}
