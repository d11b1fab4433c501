# The package set: things that build in a moment with /bin/sh, and whose names and versions are
# what a fleet would have. A package prints its name and version.
{ lib, system, config, overlays }: final:
let
  # name -> version
  known = {
    bat = "0.25.0";
    btop = "1.4.4";
    cacert = "3.114";
    caddy = "2.10.0";
    curl = "8.14.1";
    git = "2.50.1";
    hello = "2.12.2";
    htop = "3.4.1";
    iperf = "3.19";
    jq = "1.8.1";
    neovim = "0.11.3";
    nodejs = "22.18.0";
    openssh = "10.0p2";
    nginx = "1.28.0";
    restic = "0.18.0";
    ripgrep = "14.1.1";
    rsync = "3.4.1";
    smartmontools = "7.5";
    tcpdump = "4.99.5";
    tmux = "3.5a";
    vim = "9.1.1566";
    wireguard-tools = "1.0.20250521";
  };

  # The first is what test hosts boot before anything was deployed to them.
  kernels = { linux_6_12 = "6.12.1"; linux_6_15 = "6.15.9"; };

  package = pname: version: final.stdenv.mkDerivation {
    inherit pname version;
    buildCommand = ''
      mkdir -p $out/bin
      printf '#!/bin/sh\necho "${pname} ${version}"\n' > $out/bin/${pname}
      chmod +x $out/bin/${pname}
    '';
  };
in
builtins.mapAttrs package known // {
  inherit lib system config overlays;
  pkgs = final;

  callPackage = found: extra:
    let f = if builtins.isFunction found then found else import found;
    in f (builtins.intersectAttrs (builtins.functionArgs f) final // extra);

  stdenv = rec {
    hostPlatform = {
      inherit system;
      isLinux = lib.hasSuffix "-linux" system;
      isDarwin = lib.hasSuffix "-darwin" system;
      isx86_64 = lib.hasPrefix "x86_64-" system;
      isAarch64 = lib.hasPrefix "aarch64-" system;
    };

    # `buildCommand`, or `installPhase` alone: nothing here is compiled.
    mkDerivation = wish:
      let
        name = wish.name or "${wish.pname}-${wish.version}";
        built = derivation (builtins.removeAttrs wish [ "meta" "passthru" "passAsFile" ] // {
          inherit name system;
          builder = "/bin/sh";
          args = [ "-euc" (wish.buildCommand or wish.installPhase) ];
          PATH = "/usr/bin:/bin";
          passAsFile = wish.passAsFile or [ ];
          preferLocalBuild = true;
          allowSubstitutes = false;
        });
        isFree = wish.meta.license.free or true;
      in
      if !isFree && !(config.allowUnfree or false)
      then throw "Package ‘${name}’ has an unfree license (‘unfree’), refusing to evaluate."
      else built // {
        pname = wish.pname or name;
        version = wish.version or "";
        meta = { inherit name; } // wish.meta or { };
        overrideAttrs = change: mkDerivation (wish // change wish);
      } // wish.passthru or { };
  };
  inherit (final.stdenv) hostPlatform mkDerivation;

  runCommand = name: env: buildCommand: final.stdenv.mkDerivation (env // { inherit name buildCommand; });

  mkShell = { packages ? [ ] }: final.stdenv.mkDerivation {
    name = "shell";
    inherit packages;
    buildCommand = "mkdir $out";
  };
  runtimeShell = "/bin/sh";

  writeTextFile = { name, text, executable ? false, destination ? "" }: final.stdenv.mkDerivation {
    inherit name text;
    passAsFile = [ "text" ];
    buildCommand = ''
      target=$out${destination}
      mkdir -p "$(dirname "$target")"
      cp "$textPath" "$target"
      ${lib.optionalString executable "chmod +x \"$target\""}
    '';
    meta.mainProgram = name;
  };
  writeText = name: text: final.writeTextFile { inherit name text; };
  writeShellScript = name: text: final.writeTextFile {
    inherit name;
    text = "#!/bin/sh\n${text}";
    executable = true;
  };
  writeShellScriptBin = name: text: final.writeTextFile {
    inherit name;
    text = "#!/bin/sh\n${text}";
    executable = true;
    destination = "/bin/${name}";
  };
  writeShellApplication = { name, text, runtimeInputs ? [ ] }:
    final.writeShellScriptBin name ''
      set -eu
      ${lib.optionalString (runtimeInputs != [ ]) "PATH=${lib.concatMapStringsSep ":" (p: "${p}/bin") runtimeInputs}:$PATH"}
      ${text}
    '';

  linuxPackages = final.linuxPackages_6_12;
  linuxPackages_latest = final.linuxPackages_6_15;
  linuxPackages_6_12.kernel = package "linux" kernels.linux_6_12;
  linuxPackages_6_15.kernel = package "linux" kernels.linux_6_15;

  unrar = final.stdenv.mkDerivation {
    pname = "unrar";
    version = "7.1.8";
    buildCommand = "mkdir -p $out/bin; ln -s /bin/true $out/bin/unrar";
    meta.license = lib.licenses.unfree;
  };
}
