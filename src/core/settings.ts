/** The settings that a database can hold, each with what it takes and what it is without being set. What is not in this table is no setting. */

import { z } from 'zod'
import { PurserError } from './errors.ts'
import { isObject, type Json } from './json.ts'
import { nearest } from './nearest.ts'
import { modelName } from './nouns.ts'

type Known = { readonly value: z.ZodType<Json>; readonly usual: Json; readonly is: string }

export const settings = {
  'manifest.apply': {
    value: z.enum(['auto', 'manual']),
    usual: 'auto',
    is: 'Whether the safe part of a newer shipped manifest is merged at the start (auto), or waits for "purser manifest apply" (manual).',
  },
  default_profile: {
    value: modelName.nullable(),
    usual: null,
    is: 'The profile or route that answers where a key has no default of its own and its caller asks for a name that nobody has. Null: such a call is refused.',
  },
} as const satisfies Readonly<Record<string, Known>>

export type SettingName = keyof typeof settings
type SettingValue<N extends SettingName> = z.output<(typeof settings)[N]['value']>

/** A row of the table, as far as its value goes. */
type SettingRow = { readonly name: string; readonly value: Json }

export const settingNames = Object.keys(settings) as SettingName[]

/** What holds: the row's value, or the usual one where there is no row, or one that does not read. */
export function settingOf<N extends SettingName>(rows: readonly SettingRow[], setting: N): SettingValue<N> {
  const row = rows.find((each) => each.name === setting)
  const read = row === undefined ? undefined : settings[setting].value.safeParse(row.value)
  return (read?.success ? read.data : settings[setting].usual) as SettingValue<N>
}

/** The name as one of the table's, or `not_found` with the nearest. */
export function settingNamed(typed: string): SettingName {
  const found = settingNames.find((each) => each === typed)
  if (found !== undefined) return found
  const meant = nearest(typed, settingNames)
  throw new PurserError('not_found', `No setting is named "${typed}".${meant === undefined ? '' : ` Did you mean "${meant}"?`}`, {
    hint: 'See what there is:  purser settings list',
    details: { setting: typed },
  })
}

/** The value as the setting takes it, or `invalid_request`. */
export function readSetting(setting: SettingName, value: Json): Json {
  const read = (settings[setting].value as z.ZodType<Json>).safeParse(value)
  if (read.success) return read.data
  const { issues } = read.error
  const choices = issues.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values.map(String) : []))
  const wanted = choices.length > 0 ? `one of ${choices.join(', ')}` : 'the name of a profile or route, or null'
  const shown = isObject(value) || Array.isArray(value) ? 'what was given' : JSON.stringify(value)
  throw new PurserError('invalid_request', `"${setting}" takes ${wanted}, and not ${shown}.`, { field: 'value' })
}
