/** Which methods a path of the admin port answers: what stands in `allow` when it was asked by another. */

import type { Route } from '../control/routes.ts'

/** Empty where there is no such path. `open` are those that stand beside the operations. Whoever may GET may HEAD. */
export function allowedAt(routes: readonly Route[], open: readonly string[], path: string): readonly string[] {
  const found = routes.filter((route) => fits(route.path, path)).map(({ method }) => method)
  const methods = new Set<string>(open.includes(path) ? ['GET', ...found] : found)
  return methods.has('GET') ? ['GET', 'HEAD', ...[...methods].filter((method) => method !== 'GET')] : [...methods]
}

/** Step by step, so that no text of a path is read as a pattern. */
function fits(pattern: string, path: string): boolean {
  const steps = path.split('/')
  const wanted = pattern.split('/')
  return (
    wanted.length === steps.length && wanted.every((step, place) => (step.startsWith('{') ? steps[place] !== '' : step === steps[place]))
  )
}
