/** Rows as JSON can carry them: small counts of the tables (bigint there) as numbers. */

type Plain<Value> = Value extends bigint ? number : Value

/** For columns whose values are small by nature: numbers of attempts, revisions, milliseconds. Quantities and money are text instead. */
export function plainNumbers<Fields extends object>(row: Fields): { [Name in keyof Fields]: Plain<Fields[Name]> } {
  const entries = Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value])
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Plain<Fields[Name]> }
}
