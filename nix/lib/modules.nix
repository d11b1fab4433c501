# The modules of one kind, by name, with `default` importing all of them.
#
# They are sets with a file and a key, not bare paths: `nix flake check` of Nix 2.8 knows no others.
# A hand-written default.nix that is a module becomes `default` beside the others; one that gives a
# set of modules takes their place.
{ root, kind, args }:
let
  folder = "modules/${kind}";
  asModule = path: {
    _file = toString path;
    # Not the path itself: the file's own key is that, and of two equal keys one module is dropped.
    key = "${toString path} (by flurry)";
    imports = [ path ];
  };
  found = builtins.mapAttrs (_: unit: asModule unit.path) (import ./scan.nix {
    inherit root folder;
  }).entries;

  entry = root + "/${folder}/default.nix";
  imported = import entry;
  wanted = if builtins.isFunction imported then builtins.functionArgs imported else { };
  takesConfiguration = wanted ? config || wanted ? pkgs || wanted ? options || wanted ? modulesPath;
  value =
    if builtins.isFunction imported && !takesConfiguration && wanted != { } then
      imported (builtins.intersectAttrs wanted args)
    else
      imported;
  isModule = one: builtins.isPath one || builtins.isFunction one || one == { } || one ? imports || one ? options || one ? config;
  isSetOfModules =
    builtins.isAttrs value
    && !(value ? imports || value ? options || value ? config)
    && value != { }
    && builtins.all isModule (builtins.attrValues value);
  all = modules: {
    key = "${folder} (by flurry)";
    imports = builtins.attrValues (builtins.removeAttrs modules [ "default" ]);
  };
in
if !builtins.pathExists entry then
  { default = all found; } // found
else if isSetOfModules then
  { default = all value; } // value
else
  found // { default = asModule entry; }
