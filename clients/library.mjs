/** Where the SDKs of this folder call: a server, or with PURSER_LIBRARY a Purser of this very process, which no socket leads to. */

const home = process.env.PURSER_LIBRARY
const purser = home && (await (await import('../src/index.ts')).createPurser({ home, simulated: true }))

/** Options for an SDK's client. */
export const inside = purser ? { fetch: purser.fetch } : {}

export async function end() {
  await purser?.close()
}
