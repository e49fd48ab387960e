/** Where each operation stands on the admin API: method and path, read off its name. */

import { type Operation, reaches } from './operation.ts'
import { refuseUnscoped } from './scopes.ts'

export const apiPrefix = '/api/v1'

/** `path` has its parameters in braces, as OpenAPI writes them. `status` is that of an answer when all went well. */
export type Route = {
  readonly operation: Operation
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly status: 200 | 201
}

const verbs: Readonly<Record<string, Route['method']>> = { list: 'GET', get: 'GET', create: 'POST', update: 'PATCH', remove: 'DELETE' }

/** `list get create update remove` are the methods of the noun's own path; every other verb is a path of its own below it. */
export function routeOf(operation: Operation): Route {
  const [noun, verb] = operation.name.split('.') as [string, string | undefined]
  const plain = verb !== undefined && verb in verbs
  const method = plain ? verbs[verb]! : operation.effect === 'read' && !operation.takesDocument ? 'GET' : 'POST'
  const steps = [
    noun,
    ...(verb === undefined || plain ? [] : [verb]),
    ...(operation.slashes ? [] : operation.positional.filter((field) => isRequired(operation, field)).map((field) => `{${field}}`)),
  ]
  return { operation, method, path: `${apiPrefix}/${steps.join('/')}`, status: verb === 'create' ? 201 : 200 }
}

/** Fixed paths before those with a parameter in the same place, so that the first match is the right one. */
export function routesOf(operations: readonly Operation[]): readonly Route[] {
  operations.forEach(refuseUnscoped)
  const routes = operations.filter((operation) => reaches(operation, 'http')).map(routeOf)
  return routes.toSorted((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')))
}

function isRequired(operation: Operation, field: string): boolean {
  return operation.input.shape[field]?.safeParse(undefined).success === false
}
