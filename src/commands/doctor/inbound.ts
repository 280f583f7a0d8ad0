/** Can we listen, on TCP and UDP, at the port that an audit would take? And, when asked, will the router lead there? */
import type { Family } from "../../evidence.ts"
import type { Network } from "../../network.ts"
import type { Facts } from "./facts.ts"
import { mapPort } from "./mapping.ts"
import type { Router } from "./router.ts"

export async function examineInbound(
  network: Network,
  families: readonly Family[],
  given: number | null,
  router: Router | null,
): Promise<Facts["inbound"]> {
  const door = await network.listen(given ?? 0, (connection) =>
    connection.close({ code: "aborted", detail: null }),
  )
  const port = door.ok ? door.value.port : given
  const ignore = () => {}
  const family = families[0] ?? "ipv4"
  const socket = await network.datagrams(family, ignore, ignore, port === null ? {} : { port })
  try {
    return {
      given: given !== null,
      port,
      tcp: door.ok ? null : door.failure,
      udp: socket.ok ? null : socket.failure,
      mapping: router && port !== null ? await mapPort(router, port, ["tcp", "udp"]) : null,
    }
  } finally {
    if (door.ok) door.value.close()
    if (socket.ok) socket.value.close()
  }
}
