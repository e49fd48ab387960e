/** The library's face: what a program that embeds Purser may rely on. */

export { type ErrorKind, PurserError } from './core/errors.ts'
export { createPurser, type Purser, type PurserOptions } from './library.ts'
export { type RunningServer, type ServerOptions, startServer } from './server.ts'
