/** Server-sent events out of bytes that arrive in any pieces. The frames, one after the other, are the bytes that went in. */

import { PurserError } from './errors.ts'
import type { Frame } from './wire.ts'

export type FrameLimits = {
  /** Bytes of one line, without its end. */
  readonly line: number
  /** Bytes of one frame, its blank line included. */
  readonly frame: number
}

export const frameLimits: FrameLimits = { line: 1 << 20, frame: 4 << 20 }

export interface Framer {
  /** The frames that these bytes complete. Throws `provider_malformed` beyond a limit. */
  push(chunk: Uint8Array): Frame[]
  /** What is left when the stream has ended without a blank line, read as if it had one; null where nothing is. */
  end(): Frame | null
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = [0xef, 0xbb, 0xbf] as const

/**
 * A frame ends with its blank line, and is given at once. So where a CR ends both a frame and a chunk, the LF that may follow is
 * counted to the next frame. A frame that lies in one chunk is a view of it; only one that spans chunks is copied.
 */
export function createFramer(limits: FrameLimits = frameLimits): Framer {
  let pieces: Buffer[] = []
  let held = 0
  let lineLength = 0
  let afterReturn = false
  /** Bytes of a byte order mark seen at the start of the stream; `markDone` once there can be none. */
  let mark = 0

  const frameOf = (last: Buffer): Frame => {
    const bytes = pieces.length === 0 ? last : Buffer.concat([...pieces, last], held + last.length)
    const skipped = mark === byteOrderMark.length ? mark : 0
    pieces = []
    held = 0
    mark = markDone
    return readFrame(bytes, skipped)
  }

  const push = (chunk: Uint8Array): Frame[] => {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const frames: Frame[] = []
    let frameStart = 0
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]!
      if (mark < byteOrderMark.length) {
        if (byte === byteOrderMark[mark]) {
          mark += 1
          continue
        }
        lineLength += mark
        mark = markDone
      }
      if (byte !== lineFeed && byte !== carriageReturn) {
        lineLength += 1
        afterReturn = false
        continue
      }
      const closesPair = byte === lineFeed && afterReturn
      afterReturn = byte === carriageReturn
      if (closesPair) continue
      if (lineLength > limits.line) throw tooLong('a line', limits.line)
      const blank = lineLength === 0
      lineLength = 0
      if (!blank) continue
      if (afterReturn && bytes[at + 1] === lineFeed) {
        afterReturn = false
        at += 1
      }
      if (held + at + 1 - frameStart > limits.frame) throw tooLong('an event', limits.frame)
      frames.push(frameOf(bytes.subarray(frameStart, at + 1)))
      frameStart = at + 1
    }
    if (lineLength > limits.line) throw tooLong('a line', limits.line)
    if (frameStart < bytes.length) {
      held += bytes.length - frameStart
      if (held > limits.frame) throw tooLong('an event', limits.frame)
      pieces.push(bytes.subarray(frameStart))
    }
    return frames
  }

  return { push, end: () => (held === 0 ? null : frameOf(Buffer.alloc(0))) }
}

const markDone = byteOrderMark.length + 1

/** What one frame says: its last `event` field, its `data` fields joined by line feeds. Comments, `id` and `retry` say nothing here. */
function readFrame(bytes: Buffer, start: number): Frame {
  let event = ''
  let data = ''
  let hasData = false
  let at = start
  while (at < bytes.length) {
    let lineEnd = at
    while (lineEnd < bytes.length && bytes[lineEnd] !== lineFeed && bytes[lineEnd] !== carriageReturn) lineEnd += 1
    if (fieldIs(bytes, at, lineEnd, 'data')) {
      const value = fieldValue(bytes, at + 4, lineEnd)
      data = hasData ? `${data}\n${value}` : value
      hasData = true
    } else if (fieldIs(bytes, at, lineEnd, 'event')) {
      event = fieldValue(bytes, at + 5, lineEnd)
    }
    at = lineEnd + 1
  }
  return { event, data, bytes }
}

/** Whether the line is that field: its name and then a colon or the line's end. */
function fieldIs(bytes: Buffer, start: number, end: number, name: string): boolean {
  const nameEnd = start + name.length
  if (nameEnd > end || (nameEnd < end && bytes[nameEnd] !== 0x3a)) return false
  for (let index = 0; index < name.length; index += 1) if (bytes[start + index] !== name.charCodeAt(index)) return false
  return true
}

/** What follows the colon, without the one space that may stand there. */
function fieldValue(bytes: Buffer, colon: number, end: number): string {
  const start = bytes[colon + 1] === 0x20 ? colon + 2 : colon + 1
  return start >= end ? '' : bytes.toString('utf8', start, end)
}

function tooLong(what: string, limit: number): PurserError {
  return new PurserError('provider_malformed', `The provider's stream holds ${what} of more than ${limit} bytes.`, { code: 'stream_limit' })
}
