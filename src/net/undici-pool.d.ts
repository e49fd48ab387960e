/** The type of undici's pool where it is loaded by its own file. */

declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export default Pool
}
