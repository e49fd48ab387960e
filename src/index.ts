/** The library's face: what a program that embeds Purser may rely on. */

export { type RunningServer, type ServerOptions, startServer } from './app.ts'
export { type ErrorKind, PurserError } from './core/errors.ts'
