/** The house stands as ARCHITECTURE.md draws it: imports go down, and there is no circle. */

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

type Rooms = ReadonlyMap<string, ReadonlySet<string>>
type Arrow = { readonly from: string; readonly to: string }

/** The table of rooms, as the page has it. "all above" means every room of the rows before. */
function roomsOf(page: string): Rooms {
  const rooms = new Map<string, Set<string>>()
  for (const line of page.split('\n')) {
    const [, names, imports] = /^\| (`.+?`) \| (.+?) \|/.exec(line) ?? []
    if (!names || !imports) continue
    const allowed = imports === 'all above' ? [...rooms.keys()] : words(imports)
    for (const room of words(names)) rooms.set(room, new Set([...allowed, ...words(names)]))
  }
  return rooms
}

function words(cell: string): string[] {
  return [...cell.matchAll(/`(.+?)`/g)].map(([, word]) => word!)
}

/** `src/gateway/relay.ts` lives in `gateway`, `src/app.ts` in `app.ts`. */
function roomOf(path: string): string {
  return path.split('/')[1]!
}

function arrowsOf(path: string, text: string): Arrow[] {
  const found = text.replaceAll(/`[^`]*`/g, '').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)
  return [...found].map(([, target]) => ({ from: path, to: normalize(join(dirname(path), target!)) }))
}

function violations(rooms: Rooms, arrows: readonly Arrow[]): string[] {
  return arrows
    .filter(({ from, to }) => roomOf(from) !== roomOf(to) && !rooms.get(roomOf(from))?.has(roomOf(to)))
    .map(({ from, to }) => `${from} -> ${to}`)
}

function circleIn(arrows: readonly Arrow[]): string[] | undefined {
  const next = Map.groupBy(arrows, (arrow) => arrow.from)
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const { to } of next.get(path) ?? []) {
      const circle = walk(to, [...trail, path])
      if (circle) return circle
    }
    done.add(path)
    return undefined
  }
  for (const path of next.keys()) {
    const circle = walk(path, [])
    if (circle) return circle
  }
  return undefined
}

const rooms = roomsOf(readFileSync('ARCHITECTURE.md', 'utf8'))
const files = globSync('src/**/*.ts')
const arrows = files.flatMap((path) => arrowsOf(path, readFileSync(path, 'utf8')))

test('every import in src goes down the table of rooms', () => {
  assert.deepEqual(violations(rooms, arrows), [])
})

test('every file in src lives in a room of the table', () => {
  assert.deepEqual(
    files.filter((path) => !rooms.has(roomOf(path))),
    [],
  )
})

test('no circle of imports', () => {
  assert.equal(circleIn(arrows), undefined)
})

test('a planted upward import and a planted circle are seen', () => {
  const up = arrowsOf('src/core/planted.ts', "import { x } from '../gateway/gateway.ts'")
  assert.deepEqual(violations(rooms, up), ['src/core/planted.ts -> src/gateway/gateway.ts'])
  const sideways = arrowsOf('src/control/planted.ts', "const { x } = await import('../gateway/gateway.ts')")
  assert.equal(violations(rooms, sideways).length, 1)
  assert.ok(circleIn([...arrowsOf('src/core/a.ts', "import './b.ts'"), ...arrowsOf('src/core/b.ts', "import './a.ts'")]))
})
