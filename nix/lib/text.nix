# The few functions on strings that the library needs. Builtins only, as everything here.
rec {
  hasSuffix =
    suffix: text:
    let
      extra = builtins.stringLength text - builtins.stringLength suffix;
    in
    extra >= 0 && builtins.substring extra (builtins.stringLength suffix) text == suffix;

  # Without its last `count` characters.
  chop = count: text: builtins.substring 0 (builtins.stringLength text - count) text;

  # Whether a POSIX expression is found anywhere. `split` stays safe on long texts, where `match`
  # with leading `.*` runs out of stack.
  contains = expression: text: builtins.length (builtins.split expression text) > 1;
}
