/** How much of anything a provider may make us hold. */

export const limits = {
  /** Connections, and so calls under way, of one connection row to one origin. */
  connections: 1_024,
  /** Calls that wait for one of them. */
  waiting: 1_024,
  waitMs: 10_000,
  headerBytes: 32_768,
  headerLines: 100,
  informational: 5,
  bodyBytes: 64 * 1024 * 1024,
} as const
