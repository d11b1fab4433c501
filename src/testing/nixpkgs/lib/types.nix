# Types of options: what a definition must look like, and how several become one.
lib:
let
  inherit (lib) types;
  type = description: check: merge: { inherit description check merge; };

  # Equal definitions agree; others are a conflict.
  equal = { at, show, ... }: definitions:
    let first = (builtins.head definitions).value;
    in
    if builtins.all (d: d.value == first) definitions then first
    else throw "The option `${at}' has conflicting definition values:${show definitions}\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  only = { at, show, ... }: definitions:
    if builtins.length definitions == 1 then (builtins.head definitions).value
    else throw "The option `${at}' is defined multiple times while it's expected to be unique.${show definitions}";

  plain = value: builtins.isAttrs value && !(value ? _type) && !lib.isDerivation value;

  # The definitions of each name, without the names that no condition lets through.
  mergeNames = element: { at, resolve, ... }: definitions:
    let
      byName = builtins.zipAttrsWith
        (name: found: resolve "${at}.${name}" element found)
        (map (d: builtins.mapAttrs (_: value: { inherit (d) file; inherit value; }) d.value) definitions);
    in
    builtins.mapAttrs (_: resolved: resolved.value) (lib.filterAttrs (_: resolved: resolved.isDefined) byName);
in
{
  bool = type "boolean" builtins.isBool equal;
  int = type "signed integer" builtins.isInt equal;
  port = type "16 bit unsigned integer; between 0 and 65535 (both inclusive)"
    (value: builtins.isInt value && value >= 0 && value < 65536) equal;
  str = type "string" builtins.isString equal;
  path = type "path" (value: builtins.isPath value || lib.isDerivation value || (builtins.isString value && lib.hasPrefix "/" value)) equal;
  package = type "package" lib.isDerivation equal;
  lines = type "strings concatenated with \"\\n\"" builtins.isString
    (_: definitions: lib.concatMapStringsSep "\n" (d: d.value) definitions);
  raw = type "raw value" (_: true) only;
  enum = values: type "one of ${lib.concatMapStringsSep ", " builtins.toJSON values}" (value: builtins.elem value values) equal;
  nullOr = element: type "null or ${element.description}" (value: value == null || element.check value)
    (context: definitions:
      if builtins.all (d: d.value == null) definitions then null else element.merge context definitions);
  either = left: right: type "${left.description} or ${right.description}"
    (value: left.check value || right.check value)
    (context: definitions:
      if builtins.all (d: left.check d.value) definitions then left.merge context definitions
      else right.merge context definitions);
  oneOf = alternatives: builtins.foldl' types.either (builtins.head alternatives) (builtins.tail alternatives);
  listOf = element: type "list of ${element.description}" builtins.isList
    ({ at, resolve, ... }: definitions:
      builtins.concatMap
        (d: lib.imap1 (i: value: (resolve "${at}.[${toString i}]" element [ { inherit (d) file; inherit value; } ]).value) d.value)
        definitions);
  attrsOf = element: type "attribute set of ${element.description}" builtins.isAttrs (mergeNames element);
  lazyAttrsOf = types.attrsOf;
  attrs = types.attrsOf types.anything;

  # Sets are merged name by name, lists are joined, all else must be equal.
  anything = type "anything" (_: true) (context: definitions:
    if builtins.all (d: plain d.value) definitions then mergeNames types.anything context definitions
    else if builtins.all (d: builtins.isList d.value) definitions then builtins.concatMap (d: d.value) definitions
    else if builtins.length definitions == 1 then (builtins.head definitions).value
    else equal context definitions);

  submodule = module: types.submoduleWith { modules = [ module ]; };
  submoduleWith = { modules, specialArgs ? { } }: type "submodule"
    (value: builtins.isAttrs value || builtins.isFunction value || builtins.isPath value)
    ({ at, ... }: definitions:
      builtins.removeAttrs (lib.evalModules {
        prefix = at;
        inherit specialArgs;
        modules = modules
          ++ [ { _module.args.name = lib.mkDefault (lib.last (lib.splitString "." at)); } ]
          ++ map (d: if builtins.isAttrs d.value then { _file = d.file; } // d.value else d.value) definitions;
      }).config [ "_module" ]);
}
