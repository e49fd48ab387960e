/** Plausible arguments for a tool, made from its JSON schema: the same schema gives the same arguments. */

import { at, isObject, type Json, type JsonObject } from '../core/json.ts'

const deepest = 8

export function argumentsFor(schema: Json): JsonObject {
  const made = valueFor(schema, schema, 0)
  return isObject(made) ? made : {}
}

function valueFor(schema: Json, root: Json, depth: number): Json {
  if (!isObject(schema) || depth > deepest) return null
  const given = schema.const ?? schema.default ?? firstOf(schema.enum) ?? firstOf(schema.examples)
  if (given !== undefined) return given
  if (typeof schema.$ref === 'string')
    return valueFor(at(root, schema.$ref.replace(/^#\//, '').replaceAll('/', '.')) ?? null, root, depth + 1)
  const choice = firstOf(schema.anyOf) ?? firstOf(schema.oneOf) ?? firstOf(schema.allOf)
  if (choice !== undefined && schema.type === undefined) return valueFor(choice, root, depth + 1)
  const type = Array.isArray(schema.type) ? (schema.type[0] as Json) : schema.type
  return makers[String(type ?? (schema.properties === undefined ? 'string' : 'object'))]?.(schema, root, depth) ?? null
}

const makers: Readonly<Record<string, (schema: JsonObject, root: Json, depth: number) => Json>> = {
  object(schema, root, depth) {
    const properties = isObject(schema.properties) ? schema.properties : {}
    const names = Array.isArray(schema.required) ? schema.required.map(String) : Object.keys(properties)
    return Object.fromEntries(
      names.map((name) => [name, valueFor(Object.hasOwn(properties, name) ? properties[name]! : {}, root, depth + 1)]),
    )
  },
  array: (schema, root, depth) =>
    schema.maxItems === 0 ? [] : Array<Json>(Math.max(1, numberOf(schema.minItems, 1))).fill(valueFor(schema.items ?? {}, root, depth + 1)),
  string: (schema) =>
    (strings[String(schema.format)] ?? 'simulated')
      .padEnd(numberOf(schema.minLength, 0), 'x')
      .slice(0, numberOf(schema.maxLength, Number.MAX_SAFE_INTEGER)),
  integer: (schema) => Math.ceil(lowest(schema)),
  number: (schema) => lowest(schema),
  boolean: () => true,
  null: () => null,
}

const strings: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function lowest(schema: JsonObject): number {
  const floor = numberOf(schema.minimum, numberOf(schema.exclusiveMinimum, 0) + 1)
  return Math.min(floor, numberOf(schema.maximum, numberOf(schema.exclusiveMaximum, floor + 1) - 1))
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

function firstOf(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? (value[0] as Json | undefined) : undefined
}
