/** Looks for secrets in bytes, in every spelling that a leak may take. */

export type Found = { readonly secret: string; readonly spelling: string; readonly at: number }
export type Wanted = { readonly name: string; readonly value: string }

type Needle = { readonly secret: string; readonly spelling: string; readonly bytes: Buffer }

/** The spellings of a value. Base64 depends on what stands before it, so there are three, without the letters that its neighbours share. */
export function spellingsOf(value: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(value)
  const aligned = (shift: number): string => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    return text.slice(shift === 0 ? 0 : shift + 1, -2)
  }
  const unicode = [...value].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  return {
    raw: value,
    json: JSON.stringify(value).slice(1, -1),
    'json in json': JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
    unicode,
    url: encodeURIComponent(value),
    'url in url': encodeURIComponent(encodeURIComponent(value)),
    'base64 at 0': aligned(0),
    'base64 at 1': aligned(1),
    'base64 at 2': aligned(2),
    base64url: aligned(0).replaceAll('+', '-').replaceAll('/', '_'),
    hex: bytes.toString('hex'),
    'hex in capitals': bytes.toString('hex').toUpperCase(),
    reversed: [...value].reverse().join(''),
    'UTF-16': bytes.toString('latin1').replaceAll(/(.)/gs, '$1\0'),
  }
}

/** What a value that was broken over lines, strings or events is put together by: what stands between two pieces is taken out. */
const between = /[\s"'+,\\]|\\n|data:|\{|\}|\[|\]/g

export function createScanner(wanted: readonly Wanted[]): (bytes: Buffer) => readonly Found[] {
  const needles: Needle[] = wanted.flatMap(({ name, value }) =>
    [...new Map(Object.entries(spellingsOf(value)).map(([spelling, text]) => [text, spelling]))].map(([text, spelling]) => ({
      secret: name,
      spelling,
      bytes: Buffer.from(text, 'latin1'),
    })),
  )
  const joined = wanted.map(({ name, value }) => ({ secret: name, spelling: 'split', bytes: Buffer.from(value.replaceAll(between, '')) }))
  return (bytes) => {
    const whole = Buffer.from(bytes.toString('latin1').replaceAll(between, ''), 'latin1')
    return [...hits(bytes, needles), ...hits(whole, joined)]
  }
}

function hits(bytes: Buffer, needles: readonly Needle[]): Found[] {
  return needles.flatMap(({ secret, spelling, bytes: needle }) => {
    const at = bytes.indexOf(needle)
    return at < 0 ? [] : [{ secret, spelling, at }]
  })
}
