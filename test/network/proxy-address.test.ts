import { describe, expect, test } from "vitest"
import { InputError } from "../../src/failure.ts"
import { parseProxy, type Proxy } from "../../src/network.ts"

const login = (user: string, password: string) => ({ user, password })
const right: [string, Proxy][] = [
  ["socks5://192.0.2.1:9050", { host: "192.0.2.1", port: 9050, login: null }],
  ["socks5h://Proxy.Example.org", { host: "proxy.example.org", port: 1080, login: null }],
  ["socks5://[2001:db8::1]:80/", { host: "2001:db8::1", port: 80, login: null }],
  ["SOCKS5://joe@host", { host: "host", port: 1080, login: login("joe", "") }],
  ["socks5://joe:p%40ss%2F%3A@host:1", { host: "host", port: 1, login: login("joe", "p@ss/:") }],
]
const secret = "s3cret"
const wrong: [string, RegExp][] = [
  [`socks4://joe:${secret}@host:1080`, /SOCKS4/],
  [`socks4a://joe:${secret}@host:1080`, /SOCKS4/],
  [`http://joe:${secret}@host:1080`, /not a socks5/],
  [`host:1080`, /not a socks5/],
  [`joe:${secret}@host:1080`, /not a socks5/],
  ["socks5://", /no host/],
  [`socks5://joe:${secret}@host:0`, /port 0/],
  [`socks5://joe:${secret}@host:99999`, /not a socks5/],
  [`socks5://joe:${secret}/x@host:1080`, /not a socks5|follows|no host/],
  [`socks5://joe:${secret}@host:1080/path`, /follows/],
  [`socks5://joe:${secret}%@host:1080`, /%/],
  [`socks5://:${secret}@host`, /without a user/],
  [`socks5://joe:${secret.repeat(50)}@host`, /more than 255 bytes/],
]

describe("--proxy", () => {
  test.each(right)("%s", (text, proxy) => {
    expect(parseProxy(text)).toEqual(proxy)
  })

  test.each(wrong)("%s is refused, and its password not repeated", (text, why) => {
    const thrown = (() => {
      try {
        return parseProxy(text)
      } catch (error) {
        return error
      }
    })()
    if (!(thrown instanceof InputError)) throw new TypeError("accepted")
    expect(thrown.code).toBe("bad-value")
    expect(thrown.message).toMatch(why)
    expect(`${thrown.message} ${thrown.hint}`).not.toContain(secret)
  })
})
