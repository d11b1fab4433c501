import type { Emit } from "../event/event.ts";
import type { World } from "../world/world.ts";
import type { Control } from "./control.ts";

/** One run on its way: who carries it out, on what, and whom to tell. */
export interface Errand {
  /** The run's id: lower-case letters and digits. Hosts keep it. */
  readonly run: string;
  /** `user@machine`, as others see who holds a host. */
  readonly owner: string;
  readonly reason: string;
  readonly world: World;
  readonly emit: Emit;
  readonly control: Control;
}
