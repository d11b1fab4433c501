# A system with the shape of NixOS's, buildable offline with nothing but Nix and /bin/sh.
# Test hosts are Debian underneath, so its scripts may use /bin/sh, systemd and coreutils of the host.
#
#   import ./system.nix { version = "26.05.1"; packages.nginx = "1.27.0"; }
#
# Without arguments it is generation 1 of every test host. Bad systems are arguments too.
{
  name ? "fleet",
  version ? "26.05.0",
  revision ? "dirty",
  # Name → version, which becomes a store path with a program of that name; or a package.
  packages ? { hello = "1.0"; },
  # The size of each package.
  packageKiB ? 4,
  # File name → text. Services are wanted by multi-user.target, timers and sockets by theirs.
  units ? { },
  # Units that exist and are not started by themselves.
  unwanted ? [ ],
  # Path below /etc → text.
  etc ? { },
  # Shell lines run in the middle of `activate`.
  activation ? "",
  # Name → shell lines run before any change; where they fail, the switch is refused. $1 is the action.
  preSwitchChecks ? { },
  # Shell lines run when all else of a switch is done, such as it is for units of logged-in users; where
  # they fail, it ends with 4.
  afterSwitch ? "",
  # "host": the address that the fleet gave; null: none; or such as "10.77.9.9/16".
  address ? "host",
  # The text of sshd_config; null: a good one.
  sshdConfig ? null,
  # Whose habits the boot loader's script has: "systemd-boot" or "grub".
  loader ? "systemd-boot",
  # The text of a script in place of that loader's own.
  loaderScript ? null,
  loaderFails ? false,
  kernel ? "6.12.1",
  # Name → arguments that differ from these.
  specialisation ? { },
  system ? builtins.currentSystem or "x86_64-linux",
}@arguments:
let
  inherit (builtins) attrNames concatStringsSep map replaceStrings toString;

  build =
    name: environment: script:
    derivation (
      {
        inherit name system;
        builder = "/bin/sh";
        args = [ "-euc" script ];
        PATH = "/usr/bin:/bin";
        preferLocalBuild = true;
        allowSubstitutes = false;
      }
      // environment
    );

  mapAttrsToList = function: set: map (key: function key set.${key}) (attrNames set);

  textFile =
    name: text:
    build name {
      inherit text;
      passAsFile = [ "text" ];
    } ''cp "$textPath" $out'';

  program =
    name: text:
    build name {
      inherit text;
      passAsFile = [ "text" ];
    } ''cp "$textPath" $out; chmod +x $out'';

  package =
    name: versionOrPackage:
    if builtins.isAttrs versionOrPackage then versionOrPackage else madeUp name versionOrPackage;

  madeUp =
    name: version:
    build "${name}-${version}" { } ''
      mkdir -p $out/bin $out/share
      printf '#!/bin/sh\necho "${name} ${version}"\n' > $out/bin/${name}
      chmod +x $out/bin/${name}
      head -c ${toString (packageKiB * 1024)} /dev/zero | tr '\0' x > $out/share/ballast
    '';

  systemd = build "systemd-fleet" { } ''
    mkdir -p $out/bin $out/lib/systemd
    for tool in systemctl journalctl busctl loginctl systemd-tmpfiles systemd-escape systemd-run bootctl; do
      ln -s /usr/bin/$tool $out/bin/$tool
    done
    ln -s /usr/lib/systemd/systemd $out/lib/systemd/systemd
  '';

  softwarePath = build "system-path" { packages = mapAttrsToList package packages; } ''
    mkdir -p $out/bin
    ln -s ${systemd}/bin/* $out/bin/
    for package in $packages; do
      [ ! -d $package/bin ] || ln -sf $package/bin/* $out/bin/
    done
    for tool in nix nix-store nix-env nix-daemon nix-build nix-collect-garbage; do
      ln -s /usr/bin/$tool $out/bin/$tool
    done
    printf '#!/bin/sh\ncat /run/current-system/nixos-version; echo\n' > $out/bin/nixos-version
    chmod +x $out/bin/nixos-version
  '';

  theSshdConfig =
    if sshdConfig != null then
      sshdConfig
    else
      ''
        PermitRootLogin prohibit-password
        PasswordAuthentication no
        UsePAM no
        UseDNS no
        HostKey /etc/ssh/ssh_host_ed25519_key
        MaxSessions 64
        MaxStartups 64
        PrintMotd no
        AcceptEnv LANG LC_*
        SetEnv PATH=/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
      '';

  setAddress = if address == "host" then "$(cat /etc/fleet/address)" else address;

  ownUnits = {
    # NixOS says X-StopIfChanged=false of sshd, or a switch over ssh would cut itself off.
    "sshd.service" = ''
      [Unit]
      Description=SSH Daemon
      After=network-addresses.service
      [Service]
      ExecStartPre=/bin/mkdir -p /run/sshd
      ExecStart=/usr/sbin/sshd -D -f /etc/ssh/sshd_config
      ExecReload=/bin/kill -HUP $MAINPID
      KillMode=process
      Restart=always
      X-StopIfChanged=false
      X-Restart-Triggers=${textFile "sshd_config" theSshdConfig}
    '';
    "nix-daemon.socket" = ''
      [Unit]
      Description=Nix Daemon Socket
      [Socket]
      ListenStream=/nix/var/nix/daemon-socket/socket
    '';
    "nix-daemon.service" = ''
      [Unit]
      Description=Nix Daemon
      Requires=nix-daemon.socket
      [Service]
      ExecStart=/usr/bin/nix-daemon
      KillMode=process
    '';
  }
  // (
    if address == null then
      { }
    else
      {
        "network-addresses.service" = ''
          [Unit]
          Description=Address configuration of host0
          [Service]
          Type=oneshot
          RemainAfterExit=yes
          ExecStart=/bin/sh -c 'ip link set lo up; ip link set host0 up; ip addr replace ${setAddress} dev host0'
          ExecStop=/bin/sh -c 'ip addr flush dev host0 scope global'
        '';
      }
  );

  allUnits = ownUnits // units;

  # The last word of a link's target must be the unit's name: systemd takes a link to another name
  # for an alias, and would start the unit twice.
  unitFile =
    name: text:
    let
      folder = build "unit-${replaceStrings [ "@" ] [ "-at-" ] name}" {
        inherit text;
        passAsFile = [ "text" ];
      } ''mkdir $out; cp "$textPath" "$out/${name}"'';
    in
    "${folder}/${name}";

  unitsFolder =
    build "system-units"
      {
        files = mapAttrsToList unitFile allUnits;
        names = attrNames allUnits;
        unwanted = [ "nix-daemon.service" ] ++ unwanted;
      }
      ''
        mkdir $out
        want() { mkdir -p $out/$2.wants; ln -s ../$1 $out/$2.wants/$1; }
        set -- $names
        for file in $files; do
          ln -s $file $out/$1
          case " $unwanted $1" in
            *" $1 "*) ;;
            *@.*) ;;
            *.service) want $1 multi-user.target ;;
            *.timer) want $1 timers.target ;;
            *.socket) want $1 sockets.target ;;
          esac
          shift
        done
      '';

  allEtc = {
    "os-release" = ''
      ID=nixos
      NAME=NixOS
      VERSION_ID="${version}"
      PRETTY_NAME="NixOS ${version} (test fleet)"
    '';
    "ssh/sshd_config" = theSshdConfig;
    "NIXOS" = "";
  }
  // etc;

  etcFolder =
    build "etc"
      {
        files = mapAttrsToList (path: textFile "etc-${baseNameOf path}") allEtc;
        names = attrNames allEtc;
      }
      ''
        mkdir -p $out/etc/systemd
        ln -s ${unitsFolder} $out/etc/systemd/system
        set -- $names
        for file in $files; do
          mkdir -p $out/etc/$(dirname $1)
          ln -s $file $out/etc/$1
          shift
        done
      '';

  kernelFolder = build "linux-${kernel}" { } ''
    mkdir -p $out/lib/modules/${kernel}
    echo kernel ${kernel} > $out/bzImage
  '';
  initrd = build "initrd-linux-${kernel}" { } ''
    mkdir $out
    echo initrd ${kernel} > $out/initrd
  '';

  installBootLoader = program "install-${loader}.sh" (
    if loaderFails then
      ''
        #!/bin/sh
        echo 'the boot loader says no' >&2
        exit 1
      ''
    else if loaderScript != null then
      loaderScript
    else
      builtins.readFile (./. + "/install-${loader}.sh")
  );

  preSwitchCheck = program "pre-switch-checks" (
    concatStringsSep "\n" (
      [ "#!/bin/sh" ]
      ++ mapAttrsToList (
        name: lines: "( ${lines}\n) || { echo \"Pre-switch check '${name}' failed\"; exit 1; }"
      ) preSwitchChecks
      ++ [ "" ]
    )
  );

  children = mapAttrsToList (
    _: different:
    import ./system.nix (removeAttrs arguments [ "specialisation" ] // { inherit name; } // different)
  ) specialisation;
in
build "nixos-system-${name}-${version}"
  {
    activateText = replaceStrings [ "@activation@" ] [ activation ] (builtins.readFile ./activate.sh);
    initText = builtins.readFile ./init.sh;
    switchText = replaceStrings [ "@afterSwitch@" ] [ afterSwitch ] (
      builtins.readFile ./switch-to-configuration.sh
    );
    bootJsonText = builtins.toJSON {
      "org.nixos.bootspec.v1" = {
        inherit system;
        init = "@out@/init";
        kernel = "${kernelFolder}/bzImage";
        initrd = "${initrd}/initrd";
        kernelParams = [ "loglevel=4" ];
        label = "NixOS ${version}";
        toplevel = "@out@";
      };
      "org.nixos.specialisation.v1" = { };
    };
    passAsFile = [
      "activateText"
      "initText"
      "switchText"
      "bootJsonText"
    ];
    inherit children;
    childNames = attrNames specialisation;
  }
  ''
    mkdir -p $out/bin $out/specialisation
    ln -s ${etcFolder}/etc $out/etc
    ln -s ${softwarePath} $out/sw
    ln -s ${systemd} $out/systemd
    ln -s ${kernelFolder}/bzImage $out/kernel
    ln -s ${kernelFolder} $out/kernel-modules
    ln -s ${initrd}/initrd $out/initrd
    printf %s 'loglevel=4' > $out/kernel-params
    printf %s '${version}' > $out/nixos-version
    printf %s '${revision}' > $out/configuration-revision
    printf %s '${system}' > $out/system
    printf %s 'systemd 2' > $out/init-interface-version
    : > $out/extra-dependencies
    fill() {
      sed "s|@out@|$out|g; s|@installBootLoader@|${installBootLoader}|g; s|@preSwitchCheck@|${preSwitchCheck}|g" "$1"
    }
    fill "$switchTextPath" > $out/bin/switch-to-configuration
    fill "$activateTextPath" > $out/activate
    fill "$initTextPath" > $out/init
    fill "$bootJsonTextPath" > $out/boot.json
    printf '#!/bin/sh\n: nothing to say\n' > $out/dry-activate
    chmod +x $out/bin/* $out/activate $out/dry-activate $out/init
    set -- $childNames
    for child in $children; do
      ln -s $child $out/specialisation/$1
      shift
    done
  ''
