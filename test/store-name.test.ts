import { expect, test } from "vitest";
import { compareVersions, parseName, storeName } from "../src/nix/store-name.ts";

test.each([
  ["glibc-2.40-66", "glibc", "2.40-66", ""],
  ["glibc-2.40-66-bin", "glibc", "2.40-66", "bin"],
  ["gcc-15.2.0-lib", "gcc", "15.2.0", "lib"],
  ["linux-6.6.30-modules", "linux", "6.6.30", "modules"],
  ["initrd-linux-6.18.10", "initrd-linux", "6.18.10", ""],
  ["zfs-kernel-2.2.7-6.6.68", "zfs-kernel", "2.2.7-6.6.68", ""],
  ["foo-unstable-2021-01-01", "foo", "unstable-2021-01-01", ""],
  ["libiff-0-unstable-2024-03-02", "libiff", "0-unstable-2024-03-02", ""],
  ["qtbase-6.8.1-unstable-2024", "qtbase", "6.8.1-unstable-2024", ""],
  ["nixos-system-fern-25.05.20250731.abcdef0", "nixos-system-fern", "25.05.20250731.abcdef0", ""],
  ["unit-nginx.service", "unit-nginx.service", "", ""],
  ["user-units", "user-units", "", ""],
  ["X-Restart-Triggers-sshd", "X-Restart-Triggers-sshd", "", ""],
  ["0001-fix.patch", "0001-fix.patch", "", ""],
  ["openssh-9.9p2", "openssh", "9.9p2", ""],
  ["gtk+3-3.24.43-dev", "gtk+3", "3.24.43", "dev"],
  ["python3-3.12.8-env", "python3", "3.12.8", "env"],
  ["python3.13-pycairo-1.28.0", "python3.13-pycairo", "1.28.0", ""],
  ["perl5.40.0-URI-5.21", "perl5.40.0-URI", "5.21", ""],
  ["font-awesome-6.x-otf", "font-awesome", "6.x-otf", ""],
  ["7zz-24.09", "7zz", "24.09", ""],
  ["k3s-1.31.3+k3s1", "k3s", "1.31.3+k3s1", ""],
  ["nss-cacert-3.107-p11kit", "nss-cacert", "3.107", "p11kit"],
  ["btop-1.4.6-fish-completions", "btop", "1.4.6", "fish-completions"],
  ["ghc-9.10.3_fish-completions", "ghc", "9.10.3", "fish-completions"],
  ["fish_patched-completion-generator", "fish_patched-completion-generator", "", ""],
  ["twolame-2017-09-27", "twolame", "2017-09-27", ""],
  ["mobile-broadband-provider-info-20240407", "mobile-broadband-provider-info", "20240407", ""],
  ["texlive-bin-big-2025-luahbtex", "texlive-bin-big", "2025-luahbtex", ""],
  ["linux-firmware-20250109-zstd", "linux-firmware", "20250109-zstd", ""],
  ["hello-2.12.1.drv", "hello", "2.12.1", ""],
])("%s is read as name, version and output", (text, name, version, output) => {
  const path = `/nix/store/40rblgdsha8p7d0clzwbvx0dysccaqdw-${text}`;
  expect(parseName(path)).toEqual({ name, version, output });
  expect(parseName(text)).toEqual({ name, version, output });
});

test("a name without its folder and hash is what people call it", () => {
  expect(storeName("/nix/store/40rblgdsha8p7d0clzwbvx0dysccaqdw-hello-2.12.1")).toBe(
    "hello-2.12.1",
  );
});

const ascending = [
  ["1.0", "2.3"],
  ["2.1", "2.3"],
  ["2.3", "2.3.1"],
  ["2.5", "2.5.1"],
  ["2.3pre1", "2.3"],
  ["2.3a", "2.3c"],
  ["2.3pre3", "2.3pre12"],
  ["2.3pre1", "2.3c"],
  ["2.3pre1", "2.3q"],
  ["2.3a", "2.3.1"],
  ["9.9p1", "9.9p2"],
  ["6.6.9", "6.6.30"],
  ["9", "20240407123456"],
] as const;

test.each(ascending)("%s is lower than %s, and the other way round higher", (low, high) => {
  expect(compareVersions(low, high)).toBe(-1);
  expect(compareVersions(high, low)).toBe(1);
  expect(compareVersions(low, low)).toBe(0);
});
