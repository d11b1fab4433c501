# The program: one bundled file, run by Node. Nothing of node_modules is in it.
{
  stdenv,
  lib,
  nodejs,
  cacert,
  runtimeShell,
  # The project's folder.
  src,
}:
let
  system = stdenv.hostPlatform.system;
  inherit (builtins.fromJSON (builtins.readFile (src + "/package.json"))) version;

  # In npm's words.
  platforms = {
    x86_64-linux = "--os=linux --cpu=x64 --libc=glibc";
    aarch64-linux = "--os=linux --cpu=arm64 --libc=glibc";
    x86_64-darwin = "--os=darwin --cpu=x64";
    aarch64-darwin = "--os=darwin --cpu=arm64";
  };

  # Only what the bundle is made of, so that an edit of a test or a document builds nothing anew.
  sources = builtins.path {
    name = "flurry-source";
    path = src;
    filter =
      path: _:
      let
        inside = lib.removePrefix (toString src + "/") (toString path);
      in
      builtins.any (wanted: inside == wanted || lib.hasPrefix "${wanted}/" inside) [
        "docs"
        "nix"
        "package.json"
        "scripts"
        "src"
      ];
  };

  # The lock file names no registry, so Nix's own helpers for npm cannot fetch from it. npm can, and
  # what it makes of one lock file is the same wherever it runs: a fixed output, one a platform.
  nodeModules = stdenv.mkDerivation {
    name = "flurry-node-modules-${version}";
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = (import ./node-modules-hashes.nix).${system};
    nativeBuildInputs = [
      nodejs
      cacert
    ];
    NODE_EXTRA_CA_CERTS = "${cacert}/etc/ssl/certs/ca-bundle.crt";
    buildCommand = ''
      cp ${src + "/package.json"} package.json
      cp ${src + "/package-lock.json"} package-lock.json
      cp ${src + "/.npmrc"} .npmrc
      export HOME=$PWD/home
      npm ci --ignore-scripts ${platforms.${system}}
      rm node_modules/.package-lock.json
      mv node_modules $out
    '';
  };
in
stdenv.mkDerivation {
  pname = "flurry";
  inherit version;
  src = sources;
  nativeBuildInputs = [ nodejs ];
  buildPhase = ''
    ln -s ${nodeModules} node_modules
    node scripts/build.mjs
  '';
  installPhase = ''
    mkdir -p $out/bin $out/lib/flurry/dist
    cp dist/flurry.js $out/lib/flurry/dist/
    cp -r docs nix package.json $out/lib/flurry/
    {
      echo '#!${runtimeShell}'
      echo "exec ${nodejs}/bin/node $out/lib/flurry/dist/flurry.js \"\$@\""
    } > $out/bin/flurry
    chmod +x $out/bin/flurry
  '';
  meta = {
    description = "Deploy a fleet of NixOS machines from one flake repository, safely and in parallel";
    license = lib.licenses.mit;
    mainProgram = "flurry";
    platforms = builtins.attrNames platforms;
  };
}
