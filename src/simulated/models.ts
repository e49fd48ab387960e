/** The models of the built-in provider: each is a knob for one behaviour, good or bad. The documentation lists this very table. */

export type Behaviour =
  | { readonly type: 'answer' }
  | { readonly type: 'cached' }
  | { readonly type: 'tools' }
  | { readonly type: 'no-usage' }
  | { readonly type: 'long' }
  | { readonly type: 'slow' }
  | { readonly type: 'cut' }
  | { readonly type: 'error'; readonly status: number; readonly retryAfter?: number }
  | { readonly type: 'error-first' }
  | { readonly type: 'error-mid' }
  | { readonly type: 'garbage' }
  | { readonly type: 'hang' }
  | { readonly type: 'redirect' }
  | { readonly type: 'endless-line' }

export type Model = { readonly behaviour: Behaviour; readonly does: string }

const error = (status: number, does: string, retryAfter?: number): Model => ({
  behaviour: { type: 'error', status, ...(retryAfter === undefined ? {} : { retryAfter }) },
  does,
})

export const models = {
  'simulated-1': { behaviour: { type: 'answer' }, does: 'Echoes the last user text or tool result, within the output cap.' },
  'simulated-cached': {
    behaviour: { type: 'cached' },
    does: 'The same, and reports half of the input as read from a cache and a quarter as written to it.',
  },
  'simulated-tools': { behaviour: { type: 'tools' }, does: 'Calls the first tool it is offered, then echoes the result of the tool.' },
  'simulated-no-usage': { behaviour: { type: 'no-usage' }, does: 'Echoes, and reports no usage.' },
  'simulated-long': {
    behaviour: { type: 'long' },
    does: 'Repeats the text until the output cap, or 500 tokens without one, in many small pieces.',
  },
  'simulated-slow': { behaviour: { type: 'slow' }, does: 'Echoes after two seconds, and waits 200 ms between pieces.' },
  'simulated-cut': { behaviour: { type: 'cut' }, does: 'A stream ends without its last event; a plain answer breaks off half way.' },
  'simulated-error-400': error(400, 'Refuses the request as invalid.'),
  'simulated-error-401': error(401, 'Refuses the key.'),
  'simulated-error-403': error(403, 'Refuses the account.'),
  'simulated-error-404': error(404, 'Knows no such model.'),
  'simulated-error-408': error(408, 'Waited too long for the request.'),
  'simulated-error-413': error(413, 'Finds the request too large.'),
  'simulated-error-422': error(422, 'Cannot process the request.'),
  'simulated-error-429': error(429, 'Limits the rate, with retry-after: 1.', 1),
  'simulated-error-500': error(500, 'Fails inside.'),
  'simulated-error-502': error(502, 'Fails at a gateway of its own.'),
  'simulated-error-503': error(503, 'Is overloaded, with retry-after: 1.', 1),
  'simulated-error-529': error(529, 'Is overloaded, with the status that Anthropic uses.'),
  'simulated-error-first': { behaviour: { type: 'error-first' }, does: 'Answers 200, and the first thing it then says is an error.' },
  'simulated-error-mid': {
    behaviour: { type: 'error-mid' },
    does: 'Streams half of the answer, then an error event; a plain call fails with 500.',
  },
  'simulated-garbage': { behaviour: { type: 'garbage' }, does: 'Answers 200 with something that is no JSON.' },
  'simulated-hang': { behaviour: { type: 'hang' }, does: 'Takes the request and never answers.' },
  'simulated-redirect': { behaviour: { type: 'redirect' }, does: 'Answers 307 with a location.' },
  'simulated-endless-line': { behaviour: { type: 'endless-line' }, does: 'Streams one line that never ends.' },
} as const satisfies Record<string, Model>

export function modelNamed(name: string): Model | undefined {
  return Object.hasOwn(models, name) ? models[name as keyof typeof models] : undefined
}
