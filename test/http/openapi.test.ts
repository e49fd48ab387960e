import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { fieldsOf } from '../../src/control/fields.ts'
import { reaches } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { routesOf } from '../../src/control/routes.ts'
import { openApi } from '../../src/http/openapi.ts'

type Parameter = { readonly name: string; readonly in: string; readonly required: boolean }
type Described = {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: { readonly properties: object } } } }
}

const document = openApi(operations, '1.2.3') as { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> }

test('a validator of others accepts the API document', async () => {
  const found = await new Validator().validate(structuredClone(document))
  assert.deepEqual(found.errors, undefined)
  assert.equal(found.valid, true)
})

test('every reference in the document leads somewhere inside it', () => {
  for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
    const steps = reference!.split('/').slice(1)
    const found = steps.reduce<unknown>((here, step) => (here as Record<string, unknown>)?.[step], document)
    assert.ok(reference!.startsWith('#/') && found !== undefined, reference)
  }
})

test('every operation that HTTP reaches is in the document with all of its input, once', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => ({ path, method, each })),
  )
  for (const operation of operations.filter((each) => reaches(each, 'http'))) {
    const found = described.filter(({ each }) => each.operationId === operation.name)
    assert.equal(found.length, 1, operation.name)
    const { each, path } = found[0]!
    const inBody = Object.keys(each.requestBody?.content['application/json'].schema.properties ?? {})
    const named = [...(each.parameters ?? []).map((parameter) => parameter.name), ...inBody]
    assert.deepEqual(
      named.toSorted(),
      fieldsOf(operation)
        .map((field) => field.name)
        .toSorted(),
      operation.name,
    )
    for (const place of path.matchAll(/\{(\w+)\}/g))
      assert.ok(each.parameters?.some((parameter) => parameter.name === place[1] && parameter.in === 'path' && parameter.required))
  }
})

test('no two operations stand on one route', () => {
  const routes = routesOf(operations).map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
  assert.equal(new Set(routes).size, routes.length)
})
