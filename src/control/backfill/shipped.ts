/** Names under which the source shipped profiles of its own. */

export const shippedNames: ReadonlySet<string> = new Set(['balanced', 'quality-optimized', 'cost-optimized'])
