/** Media inside a URL: `data:image/png;base64,…`. */

import type { Media } from '../core/call.ts'

/** Only the head is searched: the data may be of many megabytes. */
const longestHead = 256
const head = /^data:([^,;]*)(?:;[^,;]*)*;base64,/i

/** The media that a URL holds, or the URL itself. */
export function mediaOf(url: string): Media {
  const found = head.exec(url.slice(0, longestHead))
  if (!found) return { type: 'url', url }
  return { type: 'base64', mediaType: found[1] || 'application/octet-stream', data: url.slice(found[0].length) }
}

export function dataUri(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`
}
