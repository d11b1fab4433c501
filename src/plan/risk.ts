/** Something about a change that a person wants to know before they say yes. */
export interface Risk {
  /** A word that machines can go by. */
  readonly kind: RiskKind;
  /** Half a sentence that stands behind the host's name: `sshd restarts`. */
  readonly message: string;
}

export type RiskKind =
  | "kernel"
  | "ssh"
  | "network"
  | "downgrade"
  | "unit-removed"
  | "space"
  | "secret"
  | "drift"
  | "switchers"
  | "signatures"
  | "boot-default"
  | "other";
