/** The words of a run that the command line offers, and what else parts agree on, apart from the validators: help needs these alone, and at once. */
export const depths = ["scrape", "discover", "handshake", "sample", "full"] as const
export type Depth = (typeof depths)[number]

/** The others ask sources alone. */
export const contactsPeers = (depth: Depth): boolean => depth !== "scrape" && depth !== "discover"

/** Whether peers are dialled encrypted (MSE): when plaintext fails, always, never. */
export const encryptions = ["prefer", "require", "off"] as const
export type EncryptionPolicy = (typeof encryptions)[number]

/** Detail of a `timeout` that is not the other side's: we received others' long replies first. */
export const waitedForOthers = "its long reply waited for others"
