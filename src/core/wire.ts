/** HTTP messages as the house passes them on: plain values, bodies as bytes. */

import type { Scan } from './scan.ts'

/** Lower-case names to values. A repeated header is joined with a comma and a space. */
export type Headers = Readonly<Record<string, string>>

/** A caller's request, not yet decoded. `scan` is one pass over the body. */
export type WireRequest = {
  readonly method: string
  /** Without the query, and without a mount prefix. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: Uint8Array
  readonly scan: Scan
}

/** An answer that says what went wrong, in some contract's shape. */
export type Fault = { readonly status: number; readonly headers: Headers; readonly body: Uint8Array }

/** One event of a stream. `bytes` is the event as it came, its blank line included; `event` and `data` are what it says. */
export type Frame = { readonly event: string; readonly data: string; readonly bytes: Uint8Array }
