# An overlay from any of the forms people write: `final: prev: { }`, `_: final: prev: { }`,
# `{ inputs, … }: final: prev: { }`, `lib: { }`, `{ }`. `args` is what named arguments may ask for.
args: written: final: prev:
let
  wanted = builtins.functionArgs written;
  called = written (if wanted == { } then args else builtins.intersectAttrs wanted args);
  one = written final;
  two = one prev;
  finish = value: if builtins.isFunction value then value final prev else value;
in
if !(builtins.isFunction written) then
  written
else if wanted != { } then
  finish called
else if !(builtins.isFunction one) then
  one
else if builtins.isFunction two then
  finish called
else
  two
