import { coresHere } from "../world/cores.ts";
import type { Call } from "./command.ts";
import { checkSigsFlag } from "./flags.ts";
import type { OpenFleet } from "./open-fleet.ts";
import { openSession, seenIn, type Session, type SessionWish } from "./session.ts";
import { openWorkshop, type RealWorkshop, type WorkshopOptions } from "./workshop.ts";

/** What a run with Nix at hand is about; `title` is the verb alone. */
export type WorkshopWish = Omit<SessionWish, "hosts"> & Partial<Pick<WorkshopOptions, "compares">>;

/** Does something as a run over all hosts of the call, with Nix at hand, and puts both away after it. */
export async function withWorkshop(
  call: Call,
  opened: OpenFleet,
  wish: WorkshopWish,
  act: (session: Session, workshop: RealWorkshop) => Promise<number>,
): Promise<number> {
  const names = opened.hosts.map(({ name }) => name);
  const whom = names.length === 1 ? names[0] : `${names.length} hosts`;
  const session = await openSession(call, {
    ...wish,
    title: `${wish.title} ${whom}`,
    hosts: names,
  });
  const workshop = await openWorkshop(opened, session.errand, {
    cores: coresHere(),
    checkSignatures: call.spec.flags.includes(checkSigsFlag) && call.flag(checkSigsFlag),
    compares: wish.compares ?? false,
    isLooking: () => isLooking(session),
    seen: seenIn(session),
  });
  try {
    return await act(session, workshop);
  } finally {
    await workshop.close();
    session.close();
  }
}

function isLooking(session: Session): boolean {
  const steps = [...session.state().lanes.values()].flatMap((lane) => lane.steps);
  return steps.some(
    ({ kind, status }) => kind === "look" && (status === "waiting" || status === "running"),
  );
}
