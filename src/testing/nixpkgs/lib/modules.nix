# A module system: options, conditions, priorities, imports. What NixOS's does for a fleet, in its
# words, in a file one can read at a sitting.
lib:
let
  isA = type: value: builtins.isAttrs value && value._type or null == type;
  isOption = isA "option";
  join = at: name: if at == "" then name else "${at}.${name}";

  # A module as found (a path, a function, a set) becomes { key, imports, options, config }.
  load = args: key: found:
    let
      isFile = builtins.isPath found || builtins.isString found;
      file = if isFile then toString found else key;
      body = if isFile then import found else found;
      called = if builtins.isFunction body then body (argumentsFor args body) else body;
      isStructured = called ? config || called ? options;
      bare = builtins.removeAttrs called [ "_file" "key" "imports" "_class" ];
    in
    {
      key = called.key or (if isFile then file else key);
      file = toString (called._file or file);
      imports = called.imports or [ ];
      options = called.options or { };
      config = if isStructured then called.config or { } else bare;
    };

  # What a module asks for by name and nobody has given is looked for in `_module.args`.
  argumentsFor = args: f:
    builtins.mapAttrs (name: _: args.${name} or args.config._module.args.${name}) (builtins.functionArgs f)
    // args;

  # All modules, each once, those that import before those that are imported.
  collect = args: modules:
    let
      loadAll = parent: found: lib.imap1 (i: load args "${parent}:anon-${toString i}") found;
    in
    builtins.genericClosure {
      startSet = loadAll "" modules;
      operator = module: loadAll module.key module.imports;
    };

  # The options of all modules in one tree.
  mergeOptions = at: builtins.zipAttrsWith (name: found:
    if builtins.any isOption found
    then
      if builtins.length found == 1 then builtins.head found
      else throw "The option `${join at name}' is already declared."
    else mergeOptions (join at name) found);

  # Conditions move inwards, so that they may read the configuration they are part of.
  push = { file, value }:
    let again = content: push { inherit file; value = content; };
    in
    if isA "merge" value then builtins.concatMap again value.contents
    else if isA "if" value then
      map
        (inner: inner // {
          value = builtins.mapAttrs
            (_: content: { _type = "if"; inherit (value) condition; inherit content; })
            inner.value;
        })
        (again value.content)
    else [ { inherit file value; } ];

  # What is left when conditions and priorities have been taken off.
  discharge = { file, value }:
    let again = content: discharge { inherit file; value = content; };
    in
    if isA "if" value then (if value.condition then again value.content else [ ])
    else if isA "merge" value then builtins.concatMap again value.contents
    else if isA "override" value then map (d: d // { inherit (value) priority; }) (again value.content)
    else if isA "order" value then map (d: d // { inherit (value) order; }) (again value.content)
    else [ { inherit file value; priority = 100; order = 1000; } ];

  show = definitions: lib.concatStrings
    (map (d: "\n- In `${d.file}'${lib.optionalString (!builtins.isAttrs d.value && !builtins.isList d.value && !builtins.isFunction d.value) ": ${builtins.toJSON d.value}"}") definitions);

  # Definitions of one option come to one value: { isDefined, value }.
  resolve = at: type: definitions:
    let
      all = builtins.concatMap discharge definitions;
      best = builtins.foldl' (least: d: if d.priority < least then d.priority else least) 9999 all;
      chosen = builtins.sort (a: b: a.order < b.order) (builtins.filter (d: d.priority == best) all);
      wrong = builtins.filter (d: !type.check d.value) chosen;
    in
    {
      isDefined = all != [ ];
      value =
        if all == [ ] then throw "The option `${at}' was accessed but has no value defined. Try setting the option."
        else if wrong != [ ] then throw "A definition for option `${at}' is not of type `${type.description}'. Definition values:${show wrong}"
        else type.merge { inherit at resolve show; } chosen;
    };

  evaluateOption = at: option: definitions:
    let
      default = lib.optional (option ? default)
        { file = "the default"; value = lib.mkOverride 1500 option.default; };
      resolved = resolve at (option.type or lib.types.anything) (default ++ definitions);
    in
    (option.apply or lib.id) resolved.value;

  evaluate = at: options: definitions:
    if isOption options then evaluateOption at options definitions
    else
      let
        byName = builtins.zipAttrsWith (_: found: found)
          (map (d: builtins.mapAttrs (_: value: { inherit (d) file; inherit value; }) d.value)
            (builtins.concatMap push definitions));
        unknown = builtins.removeAttrs byName (builtins.attrNames options);
        first = builtins.head (builtins.attrNames unknown);
      in
      if unknown != { }
      then throw "The option `${join at first}' does not exist. Definition values:${show unknown.${first}}"
      else builtins.mapAttrs (name: option: evaluate (join at name) option (byName.${name} or [ ])) options;

  # Each option with its value, for those who ask `options.a.b.value`.
  withValues = at: config: builtins.mapAttrs (name: option:
    if isOption option
    then option // { value = config.${name}; loc = at ++ [ name ]; }
    else withValues (at ++ [ name ]) config.${name} option);
in
{
  imap1 = f: list: builtins.genList (i: f (i + 1) (builtins.elemAt list i)) (builtins.length list);

  evalModules = { modules, specialArgs ? { }, prefix ? "" }:
    let
      args = { inherit lib config; options = shownOptions; inherit specialArgs; } // specialArgs;
      all = collect args ([ ownModule ] ++ modules);
      options = mergeOptions prefix (map (module: module.options) all);
      config = evaluate prefix options (map (module: { inherit (module) file; value = module.config; }) all);
      shownOptions = withValues [ ] config options;
      ownModule.options._module.args = lib.mkOption { type = lib.types.lazyAttrsOf lib.types.raw; default = { }; };
    in
    { inherit config; options = shownOptions; };

  mkOption = option: option // { _type = "option"; };
  mkEnableOption = what: lib.mkOption {
    type = lib.types.bool;
    default = false;
    description = "Whether to enable ${what}.";
  };
  mkPackageOption = pkgs: name: _: lib.mkOption { type = lib.types.package; default = pkgs.${name}; };
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkOrder = order: content: { _type = "order"; inherit order content; };
  mkOptionDefault = lib.mkOverride 1500;
  mkDefault = lib.mkOverride 1000;
  mkForce = lib.mkOverride 50;
  mkBefore = lib.mkOrder 500;
  mkAfter = lib.mkOrder 1500;
}
