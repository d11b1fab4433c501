import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import bootDefault from "../src/nix/scripts/boot-default.sh";
import common from "../src/nix/scripts/common.sh";

// Claim: what boots next is read from the files of every loader; what cannot be read is "unknown".
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "flurry-boot-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const options = (name: string): string => `title NixOS\noptions init=STORE/${name}/init quiet\n`;

interface Row {
  readonly of: string;
  readonly files: Readonly<Record<string, string>>;
  /** What the profile's switch program names as its loader. */
  readonly installs?: string;
  readonly bootctl?: string;
  readonly boots: string;
}

const rows: readonly Row[] = [
  {
    of: "a default by name",
    files: {
      "boot/loader/loader.conf": "timeout 3\ndefault nixos-generation-2.conf\n",
      "boot/loader/entries/nixos-generation-1.conf": options("a"),
      "boot/loader/entries/nixos-generation-2.conf": options("b"),
    },
    boots: "b",
  },
  {
    of: "what is preferred before the default, hashed names, a boot counter",
    files: {
      "boot/loader/loader.conf": "preferred nixos-abc123.conf\ndefault nixos-*\n",
      "boot/loader/entries/nixos-abc123+3.conf": options("new"),
      "boot/loader/entries/nixos-def456.conf": options("old"),
    },
    boots: "new",
  },
  {
    of: "a counter that has moved",
    files: {
      "boot/loader/loader.conf": "preferred nixos-abc123\ndefault nixos-*\n",
      "boot/loader/entries/nixos-abc123+2-1.conf": options("new"),
      "boot/loader/entries/nixos-def456.conf": options("old"),
    },
    boots: "new",
  },
  {
    of: "what is preferred, but failed to boot: the default",
    files: {
      "boot/loader/loader.conf": "preferred nixos-abc123.conf\ndefault nixos-def456.conf\n",
      "boot/loader/entries/nixos-abc123+0-3.conf": options("new"),
      "boot/loader/entries/nixos-def456.conf": options("old"),
    },
    boots: "old",
  },
  {
    of: "what is preferred, but is not there: the default",
    files: {
      "boot/loader/loader.conf": "default nixos-def456.conf\npreferred nixos-gone.conf\n",
      "boot/loader/entries/nixos-def456.conf": options("old"),
    },
    boots: "old",
  },
  {
    of: "a glob that fits several systems",
    files: {
      "boot/loader/loader.conf": "default nixos-*\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
      "boot/loader/entries/nixos-2.conf": options("b"),
    },
    boots: "unknown",
  },
  {
    of: "a glob that fits two entries of one system",
    files: {
      "boot/loader/loader.conf": "default nixos-*\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
      "boot/loader/entries/nixos-1+3.conf": options("a"),
    },
    boots: "a",
  },
  {
    of: "a saved default",
    files: {
      "boot/loader/loader.conf": "default @saved\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
    },
    boots: "unknown",
  },
  {
    of: "an entry that is a unified image",
    files: {
      "boot/loader/loader.conf": "default nixos-1.efi\n",
      "boot/EFI/Linux/nixos-1.efi": "MZ",
    },
    boots: "unknown",
  },
  {
    of: "the system partition at /efi, entries at /boot",
    files: {
      "efi/loader/loader.conf": "default nixos-1.conf\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
    },
    boots: "a",
  },
  {
    of: "the system partition at /boot/efi",
    files: {
      "boot/efi/loader/loader.conf": "default nixos-1.conf\n",
      "boot/efi/loader/entries/nixos-1.conf": options("a"),
    },
    boots: "a",
  },
  {
    of: "bootctl, before the files: it knows the firmware's own choice",
    files: {
      "boot/loader/loader.conf": "default nixos-1.conf\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
    },
    bootctl:
      '[{"type":"type1","id":"nixos-1.conf","options":"init=STORE/a/init quiet","isReported":true,"isDefault":false},' +
      '{"type":"type1","id":"nixos-2.conf","options":"init=STORE/b/init quiet","addons":[{"x":1}],"isReported":true,"isDefault":true,"isSelected":false},' +
      '{"type":"auto","id":"auto-firmware","isDefault":false}]',
    boots: "b",
  },
  {
    of: "bootctl whose default names no system",
    files: {
      "boot/loader/loader.conf": "default nixos-1.conf\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
    },
    bootctl: '[{"type":"type2","id":"nixos-1.efi","isDefault":true}]',
    boots: "unknown",
  },
  {
    of: "bootctl that knows no entry: the files",
    files: {
      "boot/loader/loader.conf": "default nixos-1.conf\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
    },
    bootctl: "[]",
    boots: "a",
  },
  {
    of: "GRUB: the first entry",
    files: {
      "boot/grub/grub.cfg": `if [ "\${next_entry}" ]; then
  set default="\${next_entry}"
else
  set default="0"
fi
menuentry "NixOS - Default" --unrestricted {
  linux /kernels/x init=STORE/new/init loglevel=4
}
submenu "NixOS - All" {
menuentry "NixOS - 1" { linux /kernels/x init=STORE/old/init }
}`,
    },
    boots: "new",
  },
  {
    of: "GRUB with a saved default",
    files: {
      "boot/grub/grub.cfg": 'set default="saved"\nmenuentry x { linux k init=STORE/a/init }\n',
    },
    boots: "unknown",
  },
  {
    of: "extlinux",
    files: {
      "boot/extlinux/extlinux.conf": `TIMEOUT 50
DEFAULT nixos-default
LABEL other
  APPEND init=STORE/old/init loglevel=4
LABEL nixos-default
  MENU LABEL NixOS - Default
  APPEND init=STORE/new/init loglevel=4
LABEL nixos-1
  APPEND init=STORE/old/init loglevel=4`,
    },
    boots: "new",
  },
  {
    of: "a machine that now has GRUB, and the files of systemd-boot from before",
    files: {
      "boot/loader/loader.conf": "default nixos-1.conf\n",
      "boot/loader/entries/nixos-1.conf": options("stale"),
      "boot/grub/grub.cfg": "menuentry x { linux k init=STORE/a/init }\n",
    },
    installs: "export INSTALL_BOOTLOADER='/nix/store/x-install-grub.sh'",
    boots: "a",
  },
  {
    of: "a machine that now has systemd-boot, and the files of GRUB from before",
    files: {
      "boot/loader/loader.conf": "default nixos-1.conf\n",
      "boot/loader/entries/nixos-1.conf": options("a"),
      "boot/grub/grub.cfg": "menuentry x { linux k init=STORE/stale/init }\n",
    },
    installs: "export INSTALL_BOOTLOADER='/nix/store/x-install-systemd-boot.sh'",
    boots: "a",
  },
  {
    of: "a loader that we do not know",
    files: { "boot/grub/grub.cfg": "menuentry x { linux k init=STORE/stale/init }\n" },
    installs: "export INSTALL_BOOTLOADER='/nix/store/x-limine-install'",
    boots: "unknown",
  },
  { of: "nothing at all", files: {}, boots: "unknown" },
  {
    of: "an entry whose system is not in the store",
    files: {
      "boot/loader/loader.conf": "default x.conf\n",
      "boot/loader/entries/x.conf": "options init=/sbin/init\n",
    },
    boots: "unknown",
  },
];

test.for(rows)("of $of", ({ files, installs, bootctl, boots }) => {
  const store = `${root}/nix/store`;
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll("STORE", store), { mode });
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  write("bootctl.json", bootctl ?? "");
  write(
    "stubs/bootctl",
    bootctl === undefined ? "#!/bin/sh\nexit 1\n" : `#!/bin/sh\ncat ${root}/bootctl.json\n`,
    0o755,
  );
  if (installs !== undefined) {
    write(
      "nix/var/nix/profiles/system/bin/switch-to-configuration",
      `#!/bin/sh\n${installs}\n`,
      0o755,
    );
  }
  const { stdout, stderr } = spawnSync("sh", ["-s"], {
    env: { PATH: `${root}/stubs:${process.env["PATH"]}`, FLURRY_ROOT: root },
    input: `${common}\n${bootDefault}\ndefault\n`,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.trim().replace(`${store}/`, "")).toBe(boots);
});
