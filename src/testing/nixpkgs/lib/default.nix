# The part of nixpkgs' `lib` that fleets use, written anew.
let
  fix = f: let x = f x; in x;

  extends = overlay: f: final: let prev = f final; in prev // overlay final prev;

  # One overlay that does what each of the list does, in order.
  composeManyExtensions = overlays: final: prev:
    builtins.foldl' (sofar: overlay: sofar // overlay final (prev // sofar)) { } overlays;

  # A set with `extend`, which makes a set like it with more in it.
  makeExtensible = f: fix f // {
    extend = overlay: makeExtensible (extends overlay f);
  };

  library = final: {
    inherit fix extends composeManyExtensions makeExtensible;
    inherit (builtins)
      all any attrNames attrValues concatLists concatMap concatStringsSep elem elemAt filter foldl'
      fromJSON functionArgs getAttr hasAttr head intersectAttrs isAttrs isBool isFunction isInt
      isList isPath isString length listToAttrs mapAttrs match pathExists readDir readFile
      removeAttrs replaceStrings sort split stringLength substring tail toJSON trace zipAttrsWith;

    # Sets
    genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
    nameValuePair = name: value: { inherit name value; };
    mapAttrs' = f: set: builtins.listToAttrs (map (name: f name set.${name}) (builtins.attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    filterAttrs = keep: set:
      builtins.removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));
    optionalAttrs = condition: set: if condition then set else { };
    attrByPath = path: default: set:
      if path == [ ] then set
      else if builtins.isAttrs set && set ? ${builtins.head path}
      then final.attrByPath (builtins.tail path) default set.${builtins.head path}
      else default;
    recursiveUpdate = left: right: left // builtins.mapAttrs
      (name: value:
        if builtins.isAttrs value && builtins.isAttrs (left.${name} or null)
        then final.recursiveUpdate left.${name} value
        else value)
      right;
    isDerivation = value: builtins.isAttrs value && value.type or null == "derivation";

    # Lists
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    flatten = value: if builtins.isList value then builtins.concatMap final.flatten value else [ value ];
    unique = builtins.foldl' (sofar: value: if builtins.elem value sofar then sofar else sofar ++ [ value ]) [ ];
    singleton = value: [ value ];
    last = list: builtins.elemAt list (builtins.length list - 1);

    # Strings
    optionalString = condition: text: if condition then text else "";
    concatMapStringsSep = separator: f: list: builtins.concatStringsSep separator (map f list);
    concatStrings = builtins.concatStringsSep "";
    concatLines = lines: builtins.concatStringsSep "\n" lines + "\n";
    splitString = separator: text:
      builtins.filter builtins.isString (builtins.split (final.escapeRegex separator) text);
    escapeRegex = builtins.replaceStrings
      [ "\\" "." "*" "+" "?" "(" ")" "[" "]" "{" "}" "^" "$" "|" ]
      [ "\\\\" "\\." "\\*" "\\+" "\\?" "\\(" "\\)" "\\[" "\\]" "\\{" "\\}" "\\^" "\\$" "\\|" ];
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    hasSuffix = suffix: text:
      let extra = builtins.stringLength text - builtins.stringLength suffix;
      in extra >= 0 && builtins.substring extra (builtins.stringLength suffix) text == suffix;
    removePrefix = prefix: text:
      if final.hasPrefix prefix text
      then builtins.substring (builtins.stringLength prefix) (builtins.stringLength text) text
      else text;
    removeSuffix = suffix: text:
      if final.hasSuffix suffix text
      then builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text
      else text;
    escapeShellArg = value: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString value)}'";
    boolToString = value: if value then "true" else "false";

    # Functions and packages
    id = value: value;
    getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname or package.name}";
    getExe' = package: program: "${package}/bin/${program}";
    licenses = { mit = { free = true; }; gpl3Plus = { free = true; }; unfree = { free = false; }; };
    platforms = {
      linux = [ "x86_64-linux" "aarch64-linux" ];
      unix = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
    };
    types = import ./types.nix final;
  } // import ./modules.nix final;
in
makeExtensible library
