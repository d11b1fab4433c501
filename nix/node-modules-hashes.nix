# What `npm ci --ignore-scripts` makes of package-lock.json, by platform. After a change of the lock
# file: node scripts/nix-hashes.mjs
{
  aarch64-darwin = "sha256-xVh810kVnMwZgb7J01st0nTLyUFlgQompctAff1/lRo=";
  aarch64-linux = "sha256-a28bTs0fBmCmDifM5saLxpi7o6MiBNz+0F11x3J7RvU=";
  x86_64-darwin = "sha256-yE7e6hMhs3TjmGYrS0+cOoYJfu/bDw2GiU23yDtSgDI=";
  x86_64-linux = "sha256-u+KH9IyvjqhiyYGWN0JqeFwKHm5bsypx9whH/8g1C5Y=";
}
