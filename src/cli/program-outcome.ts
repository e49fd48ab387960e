/** What a command says beyond its output: the code to exit with. */

export type Outcome = { exitCode: number }
