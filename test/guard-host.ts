import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { planText } from "../src/nix/guard.ts";
import { guardScript } from "../src/nix/guard-script.ts";
import { type Ended, parseOutcome, parseWord } from "../src/nix/parse-outcome.ts";
import type { Order } from "../src/plan/plan.ts";

/** What a system of a stand-in host does when it is switched to, as lines of shell. */
export interface Behaviour {
  readonly test?: string;
  readonly boot?: string;
}

/**
 * A folder that looks like a NixOS host to the guard: the real script under the real `sh`, with
 * stand-ins for what it calls. Time stands still until a test lets it pass.
 */
export class GuardHost {
  readonly root: string = mkdtempSync(join(tmpdir(), "flurry-guard-"));
  readonly script: string = join(this.root, "guard");
  readonly run = "r1";

  constructor() {
    for (const folder of [
      "run/nixos",
      "units",
      "units-begun",
      "proc/sys/kernel/random",
      "etc/systemd",
      "boot/loader/entries",
    ]) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    mkdirSync(join(this.root, "nix/store"), { recursive: true });
    mkdirSync(join(this.root, "nix/var/nix/profiles"), { recursive: true });
    this.write("guard", guardScript);
    this.write("proc/uptime", "1000.00 1.00\n");
    this.write("proc/loadavg", "0.10 0.20 0.30 1/2 3\n");
    this.write("proc/sys/kernel/hostname", "h1\n");
    this.write("proc/sys/kernel/random/boot_id", "boot-1\n");
    this.write("proc/sys/kernel/random/uuid", "11111111-2222-3333-4444-555555555555\n");
    this.write("failed", "");
    this.stubs();
    this.system("old");
    this.system("new");
    this.system("theirs");
    symlinkSync(this.path("old"), join(this.root, "run/current-system"));
    symlinkSync(this.path("old"), join(this.root, "run/booted-system"));
    this.setProfile("old");
    this.switchProgram("old", "boot");
  }

  get env(): NodeJS.ProcessEnv {
    return {
      PATH: `${this.root}/stubs:${process.env["PATH"]}`,
      FLURRY_ROOT: this.root,
      LC_ALL: "C",
    };
  }

  path(name: string): string {
    const hash = `${name}0123456789abcdfghijklmnpqrsvwxyz`.slice(0, 32);
    return `${this.root}/nix/store/${hash.replaceAll(/[etou]/g, "x")}-nixos-system-${name}`;
  }

  /** A system; `behaviour` is what it does instead of, or before, succeeding. */
  system(name: string, behaviour: Behaviour = {}): void {
    const path = this.path(name);
    this.program(
      `${path.slice(this.root.length + 1)}/bin/switch-to-configuration`,
      `# INSTALL_BOOTLOADER=install-systemd-boot.sh
root=${this.root} path=${path}
echo "${name} $1" >>"$root/switched"
case $1 in
test)
  ${behaviour.test ?? ":"}
  echo "activating the configuration..."
  ln -sfn "$path" "$root/run/current-system"
  ;;
boot)
  ${behaviour.boot ?? ":"}
  for link in "$root"/nix/var/nix/profiles/system-*-link; do
    n=\${link%-link} && n=\${n##*-}
    echo "options init=$(readlink "$link")/init quiet" >"$root/boot/loader/entries/nixos-generation-$n.conf"
    [ "$(readlink "$link")" != "$path" ] || echo "default nixos-generation-$n.conf" >"$root/boot/loader/loader.conf"
  done
  ;;
esac`,
    );
  }

  switchProgram(name: string, action: string): void {
    spawnSync(`${this.path(name)}/bin/switch-to-configuration`, [action], { env: this.env });
    rmSync(join(this.root, "switched"), { force: true });
  }

  setProfile(name: string): void {
    spawnSync("nix-env", ["--profile", this.profile, "--set", this.path(name)], { env: this.env });
  }

  get profile(): string {
    return `${this.root}/nix/var/nix/profiles/system`;
  }

  order(order: Partial<Order> = {}): Order {
    return {
      to: this.path("new"),
      as: this.path("new"),
      from: this.path("old"),
      link: "system-1-link",
      default: this.path("old"),
      goal: "switch",
      generation: null,
      silentSeconds: 100,
      hardSeconds: 1000,
      confirmSeconds: 30,
      confirm: true,
      fallback: true,
      units: {},
      revision: "abc123",
      dirty: false,
      reason: "because",
      ...order,
    };
  }

  /** Calls the guard as the controller would. */
  guard(words: readonly string[], input = ""): SpawnSyncReturns<string> {
    const options = { env: this.env, input, encoding: "utf8", timeout: 30_000 } as const;
    return spawnSync("sh", [this.script, ...words], options);
  }

  take(run: string = this.run): number | null {
    return this.guard(["take", run, "ada@laptop deploys", "90"]).status;
  }

  arm(order: Partial<Order> = {}): SpawnSyncReturns<string> {
    return this.guard(["arm", this.run], planText(this.order(order)));
  }

  /** Takes, arms and activates; gives the phase that the guard comes to. */
  activated(order: Partial<Order> = {}): string {
    this.take();
    const armed = this.arm(order);
    if (armed.status !== 0) return armed.stderr;
    const activated = this.guard(["activate", this.run]);
    if (activated.status !== 0) return activated.stderr;
    return this.settles(["armed", "activating"]);
  }

  confirm(): number | null {
    const word = parseWord(this.guard(["challenge", this.run]).stdout);
    return this.guard(["confirm", this.run], `${word}\n`).status;
  }

  outcome(): Ended & { readonly exit: number | null } {
    let told = this.guard(["outcome", this.run]);
    until("the run settles", () => {
      if (told.status === 30) told = this.guard(["outcome", this.run]);
      return told.status !== 30;
    });
    return { ...parseOutcome(told.stdout), exit: told.status };
  }

  /** Waits until the run has left these phases. */
  settles(phases: readonly string[]): string {
    until(`the run leaves ${phases.join(", ")}`, () => !phases.includes(this.fact("phase")));
    return this.fact("phase");
  }

  fact(name: string): string {
    const file = join(this.root, "nix/var/flurry/runs", this.run, name);
    return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  }

  /** Lets time pass on the host's only clock. */
  pass(seconds: number): void {
    const [now = "0"] = readFileSync(join(this.root, "proc/uptime"), "utf8").split(" ");
    this.write("proc/uptime", `${Number(now) + seconds}.00 1.00\n`);
  }

  /** The power goes: all processes end, what runs is what boots; then the boot-time unit. */
  reboot(): void {
    this.stopAll();
    const boots = this.state().boots;
    for (const link of ["current-system", "booted-system"])
      this.link(`run/${link}`, this.path(boots));
    rmSync(join(this.root, `run/flurry-${this.run}.log`), { force: true });
    this.write("proc/sys/kernel/random/boot_id", "boot-2\n");
    this.write("proc/uptime", "5.00 1.00\n");
    if (existsSync(join(this.root, "nix/var/flurry/open"))) this.guard(["recover"]);
  }

  /** A unit of systemd-run dies, with all below it. */
  kill(unit: string): void {
    const file = join(this.root, "units", unit);
    // It may end by itself at any moment, and take its file along.
    const group = Number(spawnSync("cat", [file], { encoding: "utf8" }).stdout);
    if (group > 1) spawnSync("kill", ["-s", "KILL", "--", `-${group}`]);
    rmSync(file, { force: true });
  }

  /** Names of what runs, boots and is the profile, and the generations there are. */
  state(): { runs: string; boots: string; profile: string; generations: string } {
    const conf = readFileSync(join(this.root, "boot/loader/loader.conf"), "utf8");
    const entry = /default (\S+)/.exec(conf)?.[1] ?? "";
    const options = readFileSync(join(this.root, "boot/loader/entries", entry), "utf8");
    const profiles = join(this.root, "nix/var/nix/profiles");
    return {
      runs: nameOf(readlinkSync(join(this.root, "run/current-system"))),
      boots: nameOf(/init=(\S+)\/init/.exec(options)?.[1] ?? ""),
      profile: nameOf(readlinkSync(join(profiles, readlinkSync(this.profile)))),
      generations: readdirSync(profiles)
        .filter((name) => name !== "system")
        .toSorted()
        .map((name) => name.replaceAll(/\D/g, ""))
        .join(" "),
    };
  }

  /** What of ours is on the host, besides runs and scripts. */
  leftovers(): readonly string[] {
    return [
      "nix/var/flurry/open",
      "nix/var/flurry/lease",
      "etc/systemd/system.control/flurry-recover.service",
      "etc/systemd/system.control/multi-user.target.wants/flurry-recover.service",
      ...readdirSync(join(this.root, "nix/var/nix/gcroots/flurry/runs")).map(
        (name) => `root ${name}`,
      ),
    ].filter((path) => path.startsWith("root ") || existsSync(join(this.root, path)));
  }

  /** Each call of a switch program, as `new test`. */
  switched(): readonly string[] {
    const file = join(this.root, "switched");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    // Whole or not at all: the guard reads the clock at any time.
    writeFileSync(`${file}.draft`, text);
    renameSync(`${file}.draft`, file);
  }

  link(path: string, target: string): void {
    rmSync(join(this.root, path), { force: true });
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(target, join(this.root, path));
  }

  program(path: string, text: string): void {
    this.write(path, `#!/bin/sh\n${text}\n`);
    chmodSync(join(this.root, path), 0o755);
  }

  edit(path: string, change: (text: string) => string): void {
    const file = join(this.root, path);
    writeFileSync(file, change(readFileSync(file, "utf8")));
  }

  stopAll(): void {
    const units = readdirSync(join(this.root, "units")).filter((name) => !name.endsWith(".new"));
    for (const unit of units) this.kill(unit);
  }

  close(): void {
    this.stopAll();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** What a NixOS host has, in as few lines as stand for it. */
  private stubs(): void {
    const { root } = this;
    this.program("stubs/sleep", "exec /bin/sleep 0.03");
    // The guard's nap, which ends early if its bell rings.
    this.program(
      "stubs/timeout",
      '[ "$1" != 1 ] || { shift; set -- 0.05 "$@"; }; exec /usr/bin/timeout "$@"',
    );
    symlinkSync("/bin/true", join(root, "stubs/sync"));
    this.program("stubs/bootctl", "exit 1");
    this.program("stubs/journalctl", `cat "${root}/journal" 2>/dev/null`);
    this.program("stubs/nix-store", '[ "$1" != --check-validity ] || [ -e "$2/bin" ]');
    this.program(
      "stubs/nix-env",
      `[ ! -e ${root}/profile-breaks ] || exit 1
profile=$2
case $3 in
--set)
  n=1
  for link in "$profile"-*-link; do
    m=\${link%-link} && m=\${m##*-}
    [ ! -L "$link" ] || [ "$m" -lt "$n" ] || n=$((m + 1))
  done
  # What the newest holds already gets no new number.
  [ "$(readlink "$profile-$((n - 1))-link")" != "$4" ] || n=$((n - 1))
  ln -sfn "$4" "$profile-$n-link" ;;
--switch-generation) n=$4 && [ -L "$profile-$n-link" ] || exit 1 ;;
esac
ln -sfn "system-$n-link" "$profile"`,
    );
    this.program(
      "stubs/systemctl",
      `case $1 in
is-active) [ -e "${root}/units/\${3%.service}" ] ;;
list-units) while read -r unit; do echo "$unit loaded failed failed"; done <${root}/failed ;;
stop)
  unit=\${2%.service}
  group=$(cat "${root}/units/$unit" 2>/dev/null) || exit 0
  kill -s KILL -- "-$group"
  rm -f "${root}/units/$unit" ;;
reboot) echo yes >${root}/rebooted ;;
esac`,
    );
    this.program(
      "stubs/systemd-run",
      `unit=
for word in "$@"; do case $word in --unit=*) unit=\${word#--unit=} ;; --on-active=*) timer=yes ;; esac; done
echo "$*" >>${root}/units-started
[ -z "\${timer-}" ] || exit 0
until [ "$1" = -- ]; do shift; done; shift
rm -f "${root}/units-begun/$unit"
setsid sh -c 'echo $$ >"$0.new"; mv "$0.new" "$0"; touch "$1"; shift; "$@" >/dev/null 2>&1; rm -f "$0"' \
  "${root}/units/$unit" "${root}/units-begun/$unit" "$@" 9>&- >/dev/null 2>&1 </dev/null &
until [ -e "${root}/units-begun/$unit" ]; do /bin/sleep 0.01; done`,
    );
    if (process.getuid?.() !== 0) {
      // The guard wants its folder to be root's; here it is ours.
      this.program(
        "stubs/stat",
        `exec env PATH="\${PATH#*:}" stat "$@" | sed 's/^${process.getuid?.()}700/0700/'`,
      );
    }
  }
}

function nameOf(path: string): string {
  return path.replace(/.*-nixos-system-/, "");
}

/** A limit, not an expectation: it fails aloud where a host would wait for ever. */
export function until(what: string, isSo: () => boolean): void {
  const giveUpAt = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > giveUpAt) throw new Error(`waited too long until ${what}`);
    spawnSync("sleep", ["0.02"]);
  }
}

/** Where a host is that went back, or was never changed. */
export const old = { runs: "old", boots: "old", profile: "old", generations: "1" };
/** Where a host is that has kept the new system. */
export const kept = { runs: "new", boots: "new", profile: "new", generations: "1 2" };
