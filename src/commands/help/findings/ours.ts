import type { FindingHelps } from "./text.ts"

export const ownFindings: FindingHelps = {
  "self-offline": {
    means:
      "Nothing at all answered: no tracker, no DHT node, no peer. When everything fails at once, it is us.",
    tested: "Not a single sign of life of anybody who was asked.",
    spares: "Everybody: nobody is accused of anything in such a run, and its verdict is UNKNOWN.",
    advice: "Run `torrent-audit doctor`; check the network, UDP and the firewall of this machine.",
  },
  "shared-uplink": {
    means: "Several peers divide one uplink among themselves: fewer sources than they look like.",
    tested: "Neighbours are measured alone and together; what they give together is counted once.",
    spares: "Never an accusation: a household and a seedbox are both honest.",
    advice: "None needed. The time of a full copy has it already.",
  },
  "local-bottleneck": {
    means:
      "Peers slowed each other in the same trial although they have nothing in common: our own link, or this machine, was full.",
    tested: "Rates alone beside rates together. Those that we held down are lower bounds, printed with ≥.",
    spares: "Always inconclusive: it says more about us than about the peers.",
    advice: "Audit from a faster link, or with nothing else on this one.",
  },
  "budget-hit": {
    means:
      "A limit of ours cut the audit short: --timeout, --max-peers, --max-download, or a cap on what is kept.",
    tested: "Every cap that dropped something is recorded, with how much.",
    spares: "It is no defect of the swarm, and does not change the exit status by itself.",
    advice: "Raise the limit that is named to see more.",
  },
}
